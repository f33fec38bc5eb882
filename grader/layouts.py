"""Where submissions are in what the instructor named. Files are found here, and not yet read.

Layouts: a file; a student's folder; a folder of students, each with `<slug>/<module>.py`,
`<slug>/<attempt>/<module>.py`, `<module>.py`, or just `<student>.py`. Each may be a notebook as
well, `<module>.ipynb` or `<slug>.ipynb`. What should be there and is not becomes a place with the
reason; no folder stops the others.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from grader.errors import UsageError
from grader.model import Assignment, SubmissionProblem
from grader.submission import NOTEBOOK, file_names

MANIFEST = "submissions.csv"
MAX_NAME = 200
MAX_ATTEMPTS = 50
_SUFFIXES = (".py", NOTEBOOK)
_IGNORED = frozenset({"__pycache__", "__MACOSX"})


@dataclass(frozen=True)
class Place:
    """Where one submission is, or should be: `file` in `folder`.

    `name` is that of the attempt, "" if it has no folder of its own. `top` is the folder of all
    students' folders. A `loose` file shares its folder with those of others. `beside` are the names
    of other files in `folder` that could be meant just as well.
    """

    student: str
    assignment: Assignment
    folder: Path
    file: str
    top: Path
    name: str = ""
    loose: bool = False
    problem: SubmissionProblem | None = None
    beside: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        return self.folder / self.file


@dataclass
class Found:
    """The places of submissions, in order of names, and a line for each thing that is none."""

    places: list[Place] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)


def find(path: Path, assignments: Sequence[Assignment], student: str | None) -> Found:
    """The submissions at `path`; of `student`, if that is given.

    Raises UsageError if there is nothing, or a file that no assignment can claim.
    """
    if not path.exists():
        raise UsageError(f"There is no file or folder {path}. Check the path.")
    student = student and text(student)
    # Without `..`, but by the name that was typed: a link's own name may be the student's.
    name = path.name if path.name not in ("", "..") else path.resolve().name
    if not path.is_dir():
        if path.is_symlink():
            raise UsageError(f"{path} is a link. Name the file that it leads to.")
        return Found([_single(path.parent.resolve() / path.name, assignments, student)])
    folder = path.resolve()
    try:
        if student is not None or _holds_work(folder, assignments):
            found = Found()
            _add_student(found, folder, student or text(name), assignments)
            return found
        return _of_class(folder, assignments)
    except OSError as e:
        raise UsageError(f"{path} cannot be read ({e.strerror}). Check its permissions.") from None


def text(name: str) -> str:
    """A name out of a file system as text that can be stored and shown, whatever bytes it has."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")[:MAX_NAME]


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """The order of names in which attempt-10 comes after attempt-9."""
    pieces = re.findall(r"([0-9]+)|([^0-9]+)", name)
    return tuple((0, int(number), "") if number else (1, 0, word) for number, word in pieces)


def _of_class(folder: Path, assignments: Sequence[Assignment]) -> Found:
    found = Found()
    entries = _entries(folder)
    names = {e.name for e in entries}
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            try:
                _add_student(found, folder / entry.name, text(entry.name), assignments)
            except OSError as e:
                why = e.strerror or "error"
                found.strays.append(f"{text(entry.name)}: cannot be read ({why}); passed over.")
        elif entry.name.endswith(_SUFFIXES) and len(assignments) == 1:
            who, _, suffix = entry.name.rpartition(".")
            if f".{suffix}" == NOTEBOOK and f"{who}.py" in names:
                continue  # beside the module that comes next
            beside = {f"{who}{NOTEBOOK}"} & names - {entry.name}
            place = Place(text(who), assignments[0], folder, entry.name, folder, loose=True)
            found.places.append(replace(place, beside=tuple(beside)))
        elif entry.name != MANIFEST:
            found.strays.append(f"{text(entry.name)}: not a student's folder; passed over.")
    return found


def _single(path: Path, assignments: Sequence[Assignment], student: str | None) -> Place:
    """The place of a file that was named itself."""
    named = [a for a in assignments if path.name in file_names(a)]
    around = (path.parent.name, path.parent.parent.name)
    claims = [a for a in named if a.slug in around] or named
    claims = claims or [a for a in assignments if a.slug == path.parent.name]
    if not claims and len(assignments) == 1:
        claims = list(assignments)
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
    who = student or text(path.stem if loose else owner.name)
    top = folder if loose else owner.parent
    return Place(who[:MAX_NAME], a, folder, path.name, top, name, loose)


def _holds_work(folder: Path, assignments: Sequence[Assignment]) -> bool:
    """Whether `folder` itself is one student's."""
    return any(
        (folder / a.slug).is_dir() or any((folder / name).exists() for name in file_names(a))
        for a in assignments
    )


def _add_student(
    found: Found, folder: Path, student: str, assignments: Sequence[Assignment]
) -> None:
    """What is in a student's folder. Raises OSError if it cannot be looked into."""
    entries, before = _entries(folder), len(found.places)
    student = student[:MAX_NAME]
    for a in assignments:
        flat = Place(student, a, folder, a.file_name, folder.parent)
        if any(e.name == a.slug and e.is_dir(follow_symlinks=False) for e in entries):
            found.places += _attempts(found, replace(flat, folder=folder / a.slug))
        elif (here := _there(flat)) is not None:
            found.places.append(here)
        elif len(assignments) == 1 and any(e.name.endswith(_SUFFIXES) for e in entries):
            found.places.append(_expected(flat))
    if len(found.places) == before:
        wanted = " or ".join(f"{a.slug}/{a.file_name}" for a in assignments)
        found.strays.append(f"{student}: nothing to grade; expected {wanted}.")


def _attempts(found: Found, place: Place) -> list[Place]:
    """The file in an assignment's folder or, if it is not there, those in folders of attempts."""
    if (here := _there(place)) is not None:
        return [here]
    try:
        below = [e for e in _entries(place.folder) if e.is_dir(follow_symlinks=False)]
    except OSError as e:
        return [_unreadable(place, e)]
    attempts = [replace(place, folder=Path(e.path), name=text(e.name)) for e in below]
    attempts = [a for a in map(_expected, attempts) if not _is_missing(a)]
    attempts.sort(key=lambda a: (natural(a.folder.name), a.folder.name))
    if len(attempts) > MAX_ATTEMPTS:
        found.strays.append(
            f"{place.student}: {len(attempts)} attempts of {place.assignment.slug}; "
            f"only the last {MAX_ATTEMPTS} are graded."
        )
    return attempts[-MAX_ATTEMPTS:] or [_expected(place)]


def _there(place: Place) -> Place | None:
    """`place` with the file that is there, and what else could be meant; None if there is none."""
    there = [n for n in file_names(place.assignment) if os.path.lexists(place.folder / n)]
    return replace(place, file=there[0], beside=tuple(there[1:])) if there else None


def _expected(place: Place) -> Place:
    """`place` if a file is there, or else with the reason why not."""
    if (here := _there(place)) is not None:
        return here
    try:
        others = [text(e.name) for e in _entries(place.folder) if e.name.endswith(_SUFFIXES)]
    except OSError as e:
        return _unreadable(place, e)
    if others:
        found = ", ".join(others[:3])
        want = file_names(place.assignment)[others[0].endswith(NOTEBOOK)]
        problem = SubmissionProblem("other_name", {"want": want, "found": found})
        return replace(place, problem=problem)
    return replace(place, problem=SubmissionProblem("missing", {"want": place.file}))


def _is_missing(place: Place) -> bool:
    return place.problem is not None and place.problem.code == "missing"


def _unreadable(place: Place, e: OSError) -> Place:
    why = e.strerror or "error"
    problem = SubmissionProblem("unreadable", {"file": place.file, "why": why})
    return replace(place, problem=problem)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What is in `folder`, by name; caches and hidden files left out."""
    with os.scandir(folder) as entries:
        kept = [e for e in entries if e.name not in _IGNORED and not e.name.startswith(".")]
    return sorted(kept, key=lambda e: e.name)
