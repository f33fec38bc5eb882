"""What was handed in, and each submission, read when it is asked for, with its time.

The time is the manifest's, else what the system says that it was downloaded from, else that of
`timestamp.txt` beside the file (as nbgrader writes it), else the file's own, which a checkout or an
unpacked archive often sets to now. A time that cannot be read is reported, and the next source is
asked. What Canvas or Moodle pack has no time but the download's, which is nobody's.

Where both a module and a notebook could be meant, the one counts in which something was done. If
both were changed it is the module, and a line says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from grader import manifest, times
from grader.errors import SubmissionError
from grader.intake import recognise
from grader.intake.claims import People
from grader.intake.handed import Search
from grader.intake.names import text
from grader.intake.place import MANIFEST, Found, Place
from grader.intake.tree import Folder
from grader.manifest import Manifest
from grader.messages import plain
from grader.model import Assignment, Attempt, Submission, SubmissionProblem
from grader.policy import Policy
from grader.roster import Roster
from grader.submission import checked, limit, read_file

TIMESTAMP = "timestamp.txt"
MAX_TIMESTAMP = 1 << 10
MOST_LINES = 10
ORDERED_BY = ("manifest", TIMESTAMP, "gradescope", "commit")
"""Whose times say in which order attempts came."""


@dataclass(frozen=True)
class Work:
    """What one student has handed in for one assignment: a place and a time for each attempt.

    The times are the manifest's, None where it says none.
    """

    student: str
    assignment: str
    places: tuple[Place, ...]
    said: tuple[datetime | None, ...]


@dataclass
class Collected:
    """What there is, found and not yet read, by student; and lines on what is wrong.

    `recognised` has lines on the layouts, and on files that were taken though their name is
    another. `missing` are the ids of those on the roster who have handed in nothing at all.
    """

    zone: tzinfo = UTC
    works: list[Work] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    recognised: list[str] = field(default_factory=list)
    missing: tuple[str, ...] = ()

    def read(self, work: Work) -> list[Submission]:
        """The attempts, in order: by time if it is known, else by name."""
        attempts = [
            _read(place, said, self.zone, self)
            for place, said in zip(work.places, work.said, strict=True)
        ]
        if all(s.attempt.time_from in ORDERED_BY for s in attempts):
            attempts.sort(key=lambda s: s.attempt.submitted or datetime.max.replace(tzinfo=UTC))
        return [
            replace(s, attempt=replace(s.attempt, number=n))
            for n, s in enumerate(attempts, start=1)
        ]

    def absent(self) -> list[str]:
        """A line on those who have handed in nothing, if there is anybody."""
        if not self.missing:
            return []
        names = ", ".join(self.missing[:MOST_LINES])
        more = f" and {len(self.missing) - MOST_LINES} more" if self.missing[MOST_LINES:] else ""
        return [f"Nothing by {len(self.missing)} on the roster: {names}{more}"]

    def submissions(self) -> list[Submission]:
        """All attempts of all works."""
        return [s for work in self.works for s in self.read(work)]


def collect(
    paths: Sequence[Path],
    assignments: Sequence[Assignment],
    student: str | None = None,
    zone: tzinfo = UTC,
    given: Path | None = None,
    roster: Roster | None = None,
    work: Path | None = None,
    policy: Policy | None = None,
) -> Collected:
    """The work at all of `paths`. Times without an offset are of `zone`.

    `given` is the course's folder `assignments`, which has the files that students started from.
    `roster` says who they are whom a system knows by other names. `work` is a folder for temporary
    files. `policy` says until when commits count.

    Work of one student for one assignment in several places is several attempts. Raises
    UsageError for a path with nothing at it, or a file that no assignment can claim.
    """
    collected = Collected(zone)
    people = People(roster)
    search = Search(tuple(assignments), people, zone, policy or Policy(zone), work)
    found = Found()
    for path in paths:
        found.add(recognise.find(path, search, student))
    collected.problems += [*found.strays, *people.problems]
    collected.recognised += [*found.recognised, *_few(found.taken, "files of other names")]
    works: dict[tuple[str, str], dict[Path, Place]] = {}
    for place in _told_apart(found.places, collected):
        works.setdefault((place.student, place.assignment.slug), {}).setdefault(place.path, place)
    manifests = _Manifests(zone)
    late: list[str] = []
    timeless = 0
    for (who, slug), places_by_path in works.items():
        places = [_chosen(place, given, collected) for place in places_by_path.values()]
        said = manifests.said(places)
        unsaid = [p for p, t in zip(places, said, strict=True) if (t or p.submitted) is None]
        late += [who for p in unsaid if p.late]
        if search.policy.of(slug).due is not None:
            timeless += sum(p.undated and not p.late for p in unsaid)
        collected.works.append(Work(who, slug, tuple(_distinct(places)), said))
    slugs = {a.slug for a in assignments}
    whole = {path.resolve() for path in paths}
    for top, told in manifests.loaded.items():
        unused = told.unused(slugs) if top in whole else ()
        collected.problems += _few([*told.problems, *unused], MANIFEST)
    if late:
        names = ", ".join(sorted(set(late))[:MOST_LINES])
        collected.problems.append(
            f"{len(late)} late by Canvas, which does not say by how much: {names}. Nothing is "
            f"taken off until {MANIFEST} says when they came."
        )
    if timeless:
        collected.recognised.append(
            f"{timeless} submissions came at times that the system does not say, and count as in "
            f"time. Give them in {MANIFEST}."
        )
    if roster is not None:
        here = {work.student for work in collected.works}
        collected.missing = tuple(p.id for p in roster.people if p.id not in here)
    return collected


class _Manifests:
    """The manifests of the folders in which work was found."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self.loaded: dict[Path, Manifest] = {}

    def said(self, places: Sequence[Place]) -> tuple[datetime | None, ...]:
        """What the manifests say of each of one student's attempts at an assignment."""
        here = [self._of(place) for place in places]
        said: list[datetime | None] = [None] * len(places)
        for folder in {f.path: f for f in here}.values():
            at = [i for i, f in enumerate(here) if f.path == folder.path]
            told = self.loaded[folder.path].submitted([places[i] for i in at], folder.path)
            for i, when in zip(at, told, strict=True):
                said[i] = when
        return tuple(said)

    def _of(self, place: Place) -> Folder:
        """The nearest folder around a place that has a manifest, or the class's own."""
        for folder in (place.top, *place.above):
            if folder.path not in self.loaded:
                self.loaded[folder.path] = manifest.load(folder, self._zone)
            if self.loaded[folder.path].there:
                return folder
        return place.top


def _told_apart(places: Sequence[Place], collected: Collected) -> list[Place]:
    """The places; of students who share a name, but not a system's number, with that number."""
    numbers: dict[str, set[str]] = {}
    for place in places:
        if place.apart:
            numbers.setdefault(place.student, set()).add(place.apart)
    several = {student for student, found in numbers.items() if len(found) > 1}
    for student in sorted(several):
        collected.problems.append(
            f"{student}: {len(numbers[student])} students of this name, told apart by the "
            "system's numbers. A roster says who is who."
        )
    return [
        replace(p, student=f"{p.student} {p.apart}") if p.student in several and p.apart else p
        for p in places
    ]


def _chosen(place: Place, given: Path | None, collected: Collected) -> Place:
    """`place` with the one file that is graded. If it is one of several, a line says so."""
    if not place.beside:
        return place
    names = (place.file, *place.beside)
    changed = [n for n in names if not _untouched(place, n, given)] or [place.file]
    if len(changed) > 1:
        one, *others = map(text, changed)
        collected.problems.append(
            f"{place.student}, {place.assignment.slug}: {one} is graded, and not "
            f"{' or '.join(others)} beside it. Take away what does not count."
        )
    named = place.named if changed[0] == place.file else ""
    return replace(place, file=changed[0], beside=(), named=named)


def _untouched(place: Place, name: str, given: Path | None) -> bool:
    """Whether a file is byte for byte what the student was given."""
    if given is None:
        return False
    try:
        start = read_file(given / place.assignment.slug, name, limit(name))[0]
        return place.folder.read(name, limit(name))[0] == start
    except SubmissionError:
        return False


def _few(lines: Sequence[str], what: str) -> list[str]:
    more = len(lines) - MOST_LINES
    return [*lines] if more <= 0 else [*lines[:MOST_LINES], f"{what}: {more} more such lines."]


def _distinct(places: list[Place]) -> list[Place]:
    """The places under names that tell attempts in several named folders from one another."""
    if len({p.top.path for p in places}) == 1:
        return places
    tops = [text(p.top.path.name) for p in places]
    return [
        replace(p, name=f"{top}/{p.name}" if p.name else top)
        for p, top in zip(places, tops, strict=True)
    ]


def _read(place: Place, said: datetime | None, zone: tzinfo, collected: Collected) -> Submission:
    problem, source, changed = place.problem, b"", None
    if problem is None:
        try:
            name = place.named or place.file
            source, changed = place.folder.read(place.file, limit(name))
            checked(name, source)
        except SubmissionError as e:
            source = b""
            problem = SubmissionProblem(e.code, {k: text(str(v)) for k, v in e.details.items()})
    submitted, time_from = said, "manifest"
    closed = problem is not None and problem.code == "unreadable"
    if submitted is None:
        submitted, time_from = place.submitted, place.time_from
    if submitted is None and not place.loose and not closed:
        submitted, time_from = _timestamp(place, zone, collected), TIMESTAMP
    if submitted is None and changed is not None and not place.undated:
        submitted, time_from = times.file_time(changed), "file"
    return Submission(
        student=place.student,
        assignment=place.assignment.slug,
        file=place.shown,
        source=source,
        problem=problem,
        attempt=Attempt(1, place.name, submitted, time_from if submitted else ""),
    )


def _timestamp(place: Place, zone: tzinfo, collected: Collected) -> datetime | None:
    """What timestamp.txt beside the file says, if it says a time."""
    try:
        content, _ = place.folder.read(TIMESTAMP, MAX_TIMESTAMP)
        return times.submission_time(content.decode("utf-8-sig"), zone)
    except SubmissionError as e:
        if e.code == "missing":
            return None
        why = e.code.replace("_", " ")
    except ValueError as e:
        why = plain(str(e), 100)
    collected.problems.append(
        f"{place.student}, {place.assignment.slug}: {TIMESTAMP} is passed over: {why}."
    )
    return None
