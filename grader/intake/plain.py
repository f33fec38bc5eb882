"""Folders as people and nbgrader arrange them: a student's, or a folder of students'.

A student's folder has `<slug>/<module>.py`, `<slug>/<attempt>/<module>.py` or `<module>.py`; a
class's may have just `<student>.py`. Each may be a notebook as well, `<module>.ipynb` or
`<slug>.ipynb`. What should be there and is not becomes a place with the reason; no folder stops
the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from grader.errors import UsageError
from grader.intake import archive
from grader.intake.handed import (
    MAX_ATTEMPTS,
    Ground,
    Search,
    nothing,
    places_of,
    sort,
    too_many,
    why_none,
)
from grader.intake.names import bare, joined, natural, text
from grader.intake.pieces import SUFFIXES, Match, Piece, Pieces, match
from grader.intake.place import Found, Place
from grader.intake.tree import Disk, Entry, Folder
from grader.model import Assignment, SubmissionProblem
from grader.submission import NOTEBOOK, file_names


def single(path: Path, assignments: Sequence[Assignment], student: str | None) -> Place:
    """The place of a file that was named itself. Raises UsageError if no one can claim it."""
    piece = Piece(Disk(path.parent), path.name, path.name)
    named = [a for a in assignments if path.name in file_names(a)]
    around = (path.parent.name, path.parent.parent.name)
    claims = [a for a in named if a.slug in around] or named
    claims = claims or [a for a in assignments if a.slug == path.parent.name]
    if not claims and len(assignments) == 1:
        claims = list(assignments)
    if not claims and isinstance(fits := match(piece, assignments), Match):
        claims = [fits.assignment]
    if not claims:
        names = ", ".join(a.slug for a in assignments)
        raise UsageError(
            f"{path.name} may belong to any of {names}. Say which with --assignment SLUG."
        )
    a, folder, name = claims[0], path.parent, ""
    loose = path.name not in file_names(a)
    owner = folder.parent if folder.name == a.slug else folder
    if not loose and folder.parent.name == a.slug:
        owner, name = folder.parent.parent, text(folder.name)
    own = loose and bare(path.name)[0] not in (joined(a.module), joined(a.slug))
    who = student or text(path.stem if own else owner.name)
    top = folder if loose else owner.parent
    return Place(who, a, Disk(folder), path.name, Disk(top), name, loose)


def holds_work(folder: Folder, entries: Sequence[Entry], assignments: Sequence[Assignment]) -> bool:
    """Whether `folder` itself is one student's."""
    slugs = {a.slug for a in assignments}
    names = {n for a in assignments for n in file_names(a)}
    return any(e.name in names or (e.is_folder and e.name in slugs) for e in entries)


def loose(
    entries: Sequence[Entry], entry: Entry, ground: Ground, search: Search, student: str
) -> Place | None:
    """The place of `<student>.py`. None for a notebook whose module is there as well."""
    who, _, suffix = entry.name.rpartition(".")
    names = {e.name for e in entries}
    if f".{suffix}" == NOTEBOOK and f"{who}.py" in names:
        return None  # beside the module that comes next
    beside = tuple({f"{who}{NOTEBOOK}"} & names - {entry.name})
    a = search.assignments[0]
    return Place(student, a, ground.top, entry.name, ground.top, loose=True, beside=beside)


def add_student(found: Found, folder: Folder, student: str, ground: Ground, search: Search) -> None:
    """What is in a student's folder. Raises OSError if it cannot be looked into."""
    entries, before = folder.entries(), len(found.places)
    rest: list[Assignment] = []
    used: set[str] = set()
    for a in search.assignments:
        flat = Place(student, a, folder, a.file_name, ground.top, above=ground.above)
        if any(e.name == a.slug and e.is_folder for e in entries):
            used.add(a.slug)
            found.places += _attempts(found, replace(flat, folder=folder.folder(a.slug)), search)
        elif (here := _there(flat)) is not None:
            used.update((here.file, *here.beside))
            found.places.append(here)
        else:
            rest.append(a)
    pieces = Pieces()
    for entry in entries if rest else ():
        if entry.is_folder and entry.name not in used:
            pieces.walk(folder.folder(entry.name), (entry.name,))
        elif entry.name not in used and entry.kind == "file":
            pieces.add(folder, entry.name, entry.name)
    by, reasons = sort(pieces, search.assignments)
    for a in rest:
        found.places += _above(places_of(found, student, a, by.get(a.slug, ()), ground), ground)
    if len(found.places) > before:
        found.strays += [f"{student}: {line}" for line in reasons if "has neither" not in line]
        return
    if len(rest) == 1 and (pieces.refused or any(e.ends(*SUFFIXES) for e in entries)):
        flat = Place(student, rest[0], folder, rest[0].file_name, ground.top, above=ground.above)
        found.places.append(replace(flat, problem=why_none(pieces, rest[0])))
    elif pieces.refused or pieces.files:
        found.strays.append(f"{student}: {nothing(pieces, reasons)}")
    else:
        wanted = " or ".join(f"{a.slug}/{a.file_name}" for a in search.assignments)
        found.strays.append(f"{student}: nothing to grade; expected {wanted}.")


def _above(places: Sequence[Place], ground: Ground) -> list[Place]:
    return [replace(p, above=ground.above) for p in places]


def _attempts(found: Found, place: Place, search: Search) -> list[Place]:
    """The file in an assignment's folder or, if it is not there, those in folders of attempts."""
    places, entries = _near(found, place, search)
    if places:
        return places
    below = sorted((e for e in entries if e.is_folder), key=lambda e: (natural(e.name), e.name))
    attempts: list[Place] = []
    for entry in below:
        attempt = replace(place, folder=place.folder.folder(entry.name), name=text(entry.name))
        attempts += _expected(found, attempt, search)
    attempts = [a for a in attempts if not _is_missing(a)]
    if len(attempts) > MAX_ATTEMPTS:
        found.strays.append(too_many(place.student, place.assignment, len(attempts)))
    return attempts[-MAX_ATTEMPTS:] or _expected(found, place, search)


def _near(
    found: Found, place: Place, search: Search, *, deep: bool = False
) -> tuple[list[Place], Sequence[Entry]]:
    """The file in the folder itself, by its name or leniently; or none, and what else is there."""
    if (here := _there(place)) is not None:
        return [here], ()
    try:
        entries = place.folder.entries()
    except OSError as e:
        return [_unreadable(place, e)], ()
    return _lenient(found, place, entries, search, deep=deep), entries


def _there(place: Place) -> Place | None:
    """`place` with the file that is there, and what else could be meant; None if there is none."""
    there = [n for n in file_names(place.assignment) if place.folder.has(n)]
    return replace(place, file=there[0], beside=tuple(there[1:])) if there else None


def _lenient(
    found: Found, place: Place, entries: Sequence[Entry], search: Search, deep: bool = False
) -> list[Place]:
    """Files that are the exercise's by another name; with `deep`, also those in archives."""
    pieces, a = Pieces(), place.assignment
    for entry in entries:
        if entry.kind == "file" and entry.ends(*SUFFIXES, *(archive.SUFFIXES if deep else ())):
            pieces.add(place.folder, entry.name, entry.name, (a.slug,))
    by, _ = sort(pieces, search.assignments)
    if a.slug not in by:
        if deep and pieces.refused and not pieces.files:
            return [replace(place, problem=why_none(pieces, a))]
        return []
    within = [replace(m, piece=replace(m.piece, where=m.piece.where[1:])) for m in by[a.slug]]
    ground = Ground(place.top, place.above)
    return [
        replace(p, name="/".join(filter(None, (place.name, p.name))), above=place.above)
        for p in places_of(found, place.student, a, within, ground)
    ]


def _expected(found: Found, place: Place, search: Search) -> list[Place]:
    """`place` if a file is there, or else with the reason why not."""
    places, entries = _near(found, place, search, deep=True)
    if places:
        return places
    others = [text(e.name) for e in entries if e.ends(*SUFFIXES)]
    if others:
        want = file_names(place.assignment)[others[0].lower().endswith(NOTEBOOK)]
        names = ", ".join(others[:3])
        problem = SubmissionProblem("other_name", {"want": want, "found": names})
        return [replace(place, problem=problem)]
    return [replace(place, problem=SubmissionProblem("missing", {"want": place.file}))]


def _is_missing(place: Place) -> bool:
    return place.problem is not None and place.problem.code == "missing"


def _unreadable(place: Place, e: OSError) -> Place:
    why = e.strerror or "error"
    problem = SubmissionProblem("unreadable", {"file": place.file, "why": why})
    return replace(place, problem=problem)
