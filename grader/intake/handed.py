"""What a system says was handed in, by whom and when, and the submissions that are in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from pathlib import Path

from grader.errors import SubmissionError
from grader.intake.claims import Claim, People
from grader.intake.names import text
from grader.intake.pieces import Fit, Match, Pieces, best, match
from grader.intake.place import Found, Place
from grader.intake.tree import Folder
from grader.model import Assignment, SubmissionProblem
from grader.policy import Policy
from grader.submission import NOTEBOOK, file_names

MAX_ATTEMPTS = 50


@dataclass(frozen=True)
class Search:
    """What is looked for: work on `assignments` by `people`. `work` is for temporary files."""

    assignments: Sequence[Assignment]
    people: People
    zone: tzinfo
    policy: Policy
    work: Path | None = None


@dataclass(frozen=True)
class Ground:
    """Where a layout was found: the class's folder, and those around it, nearest first."""

    top: Folder
    above: tuple[Folder, ...] = ()


@dataclass
class Handed:
    """One hand-in of one or, as a group's, several people. `late` is what a system says that says
    no times."""

    claims: tuple[Claim, ...]
    pieces: Pieces = field(default_factory=Pieces)
    submitted: datetime | None = None
    time_from: str = ""
    undated: bool = True
    late: bool = False


def place_all(found: Found, everything: Sequence[Handed], ground: Ground, search: Search) -> None:
    """The submissions in a system's download. Where all that can be told is of one exercise, what
    cannot be told is of it as well, and gets a row with the reason; else it gets a line."""
    matched = [sort(handed.pieces, search.assignments) for handed in everything]
    slugs = {slug for by, _ in matched for slug in by}
    home = [a for a in search.assignments if a.slug in slugs] or list(search.assignments)
    again = Counter(c.name for c in {c for h in everything for c in h.claims})
    for handed, (by, reasons) in zip(everything, matched, strict=True):
        claims = [replace(c, name=c.whole) if again[c.name] > 1 else c for c in handed.claims]
        students = [s for c in claims for s in search.people.students(c)]
        apart = handed.claims[0].apart if len(handed.claims) == 1 else ""
        for student in dict.fromkeys(students):
            places = [
                p
                for a in search.assignments
                for p in places_of(found, student, a, by.get(a.slug, ()), ground)
            ]
            if not places and len(home) == 1:
                problem = why_none(handed.pieces, home[0])
                file = str(problem.details.get("file") or home[0].file_name)
                folder = ground.top.folder(student.replace("/", "_"))
                places = [Place(student, home[0], folder, file, ground.top, problem=problem)]
            elif not places:
                found.strays.append(f"{student}: {nothing(handed.pieces, reasons)}")
            found.strays += [f"{student}: {line}" for line in reasons if places]
            found.places += [
                replace(
                    p,
                    above=ground.above,
                    loose=True,
                    submitted=handed.submitted,
                    time_from=handed.time_from,
                    undated=handed.undated,
                    late=handed.late,
                    apart=apart if search.people.roster is None else "",
                )
                for p in places
            ]


def sort(
    pieces: Pieces, assignments: Sequence[Assignment]
) -> tuple[dict[str, list[Match]], list[str]]:
    """A student's files by the exercise's slug; lines on those that are of none, or of several."""
    by: dict[str, list[Match]] = {}
    reasons: list[str] = []
    for piece in pieces.files:
        found = match(piece, assignments)
        if isinstance(found, str):
            reasons.append(found)
        elif found.fit is not Fit.FOLDER:
            by.setdefault(found.assignment.slug, []).append(found)
    reasons += [_line(e) for e in pieces.refused]
    return by, reasons


def places_of(
    found: Found, student: str, a: Assignment, matches: Sequence[Match], ground: Ground
) -> list[Place]:
    """The attempts at one exercise out of a student's files, at most the last 50; a line for each
    that is named otherwise than it should be."""
    if not matches:
        return []
    attempts, others, unclear = best(matches)
    if unclear:
        names = ", ".join(m.piece.shown for m in attempts[:5])
        problem = SubmissionProblem("ambiguous", {"found": names, "want": a.file_name})
        first = attempts[0].piece
        return [Place(student, a, first.folder, first.file, ground.top, problem=problem)]
    if len(attempts) > MAX_ATTEMPTS:
        found.strays.append(too_many(student, a, len(attempts)))
        attempts = attempts[-MAX_ATTEMPTS:]
    beside = {id(m): _notebook_of(m, others) for m in attempts}
    left = [m for m in others if not any(m in b for b in beside.values())]
    if left:
        taken = " and ".join(m.piece.shown for m in attempts[-3:])
        names = " or ".join(m.piece.shown for m in left[:3])
        found.strays.append(
            f"{student}, {a.slug}: {taken} is graded, and not {names}. "
            "Take away what does not count."
        )
    for m in attempts:
        if not m.exact and (len(attempts) == 1 or m.fit is not Fit.NAME):
            found.taken.append(f"{student}, {a.slug}: {m.piece.shown} is graded.")
    return [
        Place(
            student,
            a,
            m.piece.folder,
            m.piece.file,
            ground.top,
            name=_attempt_name(m, attempts),
            named=m.piece.name,
            beside=tuple(o.piece.file for o in beside[id(m)]),
        )
        for m in attempts
    ]


def too_many(student: str, a: Assignment, count: int) -> str:
    return f"{student}: {count} attempts of {a.slug}; only the last {MAX_ATTEMPTS} are graded."


def why_none(pieces: Pieces, a: Assignment) -> SubmissionProblem:
    """Why none of a student's files can be graded as the exercise `a`."""
    if pieces.refused and not pieces.files:
        e = pieces.refused[0]
        return SubmissionProblem(e.code, {k: text(str(v)) for k, v in e.details.items()})
    names = [p.shown for p in pieces.files] or pieces.others
    if names:
        want = file_names(a)[bool(pieces.files) and names[0].lower().endswith(NOTEBOOK)]
        return SubmissionProblem("other_name", {"want": want, "found": ", ".join(names[:3])})
    return SubmissionProblem("missing", {"want": a.file_name})


def nothing(pieces: Pieces, reasons: Sequence[str]) -> str:
    """A line on a student of whom nothing can be graded, and no exercise be told."""
    said = [r.removesuffix(".") for r in reasons[:3]]
    names = [] if said else [p.shown for p in pieces.files] or pieces.others
    said += [f"there is only {', '.join(names[:3])}"] if names else []
    return f"nothing to grade{': ' if said else ''}{'; '.join(said)}."


def _line(e: SubmissionError) -> str:
    file, why = e.details.get("file", ""), e.details.get("why", e.code.replace("_", " "))
    return f"{file} cannot be read: {why}"


def _notebook_of(m: Match, others: Sequence[Match]) -> list[Match]:
    """The notebook beside a module, either of which may be the one that was worked on."""
    return [
        o
        for o in others
        if o.piece.folder == m.piece.folder
        and (o.piece.where, o.number) == (m.piece.where, m.number)
        and o.piece.name.lower().endswith(NOTEBOOK) != m.piece.name.lower().endswith(NOTEBOOK)
        and o.exact == m.exact
    ]


def _attempt_name(m: Match, attempts: Sequence[Match]) -> str:
    if len(attempts) == 1:
        return ""
    if len({a.piece.where for a in attempts}) == len(attempts):
        return text("/".join(m.piece.where))
    return m.piece.shown


def pieces_of(folder: Folder) -> Pieces:
    """All of a student's files in `folder`."""
    pieces = Pieces()
    pieces.walk(folder)
    return pieces
