"""What was handed in, and each submission, read when it is asked for, with its time.

The time is the manifest's, else that of `timestamp.txt` beside the file (as nbgrader writes it),
else the file's own, which a checkout or an unpacked archive often sets to now. A time that cannot
be read is reported, and the next source is asked.

Where both a module and a notebook could be meant, the one counts in which something was done. If
both were changed it is the module, and a line says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from grader import layouts, manifest, times
from grader.errors import SubmissionError
from grader.layouts import MANIFEST, Place
from grader.manifest import Manifest
from grader.messages import plain
from grader.model import Assignment, Attempt, Submission, SubmissionProblem
from grader.submission import limit, read_file, read_submission

TIMESTAMP = "timestamp.txt"
MAX_TIMESTAMP = 1 << 10
MOST_LINES = 10


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
    """What there is, found and not yet read, by student; lines on what is wrong."""

    zone: tzinfo = UTC
    works: list[Work] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def read(self, work: Work) -> list[Submission]:
        """The attempts, in order: by time if it is known, else by name."""
        attempts = [
            _read(place, said, self.zone, self)
            for place, said in zip(work.places, work.said, strict=True)
        ]
        if all(s.attempt.time_from in ("manifest", TIMESTAMP) for s in attempts):
            attempts.sort(key=lambda s: s.attempt.submitted or datetime.max.replace(tzinfo=UTC))
        return [
            replace(s, attempt=replace(s.attempt, number=n))
            for n, s in enumerate(attempts, start=1)
        ]

    def submissions(self) -> list[Submission]:
        """All attempts of all works."""
        return [s for work in self.works for s in self.read(work)]


def collect(
    paths: Sequence[Path],
    assignments: Sequence[Assignment],
    student: str | None = None,
    zone: tzinfo = UTC,
    given: Path | None = None,
) -> Collected:
    """The work at all of `paths`. Times without an offset are of `zone`.

    `given` is the course's folder `assignments`, which has the files that students started from.

    Work of one student for one assignment in several places is several attempts. Raises
    UsageError for a path with nothing at it, or a file that no assignment can claim.
    """
    collected = Collected(zone)
    works: dict[tuple[str, str], dict[Path, Place]] = {}
    whole: set[Path] = set()
    for path in paths:
        found = layouts.find(path, assignments, student)
        collected.problems += found.strays
        whole |= {p.top for p in found.places if p.top == path.resolve()}
        for place in found.places:
            work = works.setdefault((place.student, place.assignment.slug), {})
            work.setdefault(place.path, place)
    manifests: dict[Path, Manifest] = {}
    for (who, slug), work in works.items():
        places = [_chosen(place, given, collected) for place in work.values()]
        for top in {p.top for p in places} - set(manifests):
            manifests[top] = manifest.load(top, zone)
        said = _said(places, manifests)
        times_said = tuple(said.get(p.path) for p in places)
        collected.works.append(Work(who, slug, tuple(_distinct(places)), times_said))
    slugs = {a.slug for a in assignments}
    for top, told in manifests.items():
        unused = told.unused(slugs) if top in whole else ()
        collected.problems += _few([*told.problems, *unused])
    return collected


def _chosen(place: Place, given: Path | None, collected: Collected) -> Place:
    """`place` with the one file that is graded. If it is one of several, a line says so."""
    if not place.beside:
        return place
    names = (place.file, *place.beside)
    changed = [n for n in names if not _untouched(place, n, given)] or [place.file]
    if len(changed) > 1:
        one, *others = map(layouts.text, changed)
        collected.problems.append(
            f"{place.student}, {place.assignment.slug}: {one} is graded, and not "
            f"{' or '.join(others)} beside it. Take away what does not count."
        )
    return replace(place, file=changed[0], beside=())


def _untouched(place: Place, name: str, given: Path | None) -> bool:
    """Whether a file is byte for byte what the student was given."""
    if given is None:
        return False
    try:
        start = read_file(given / place.assignment.slug, name, limit(name))[0]
        return read_file(place.folder, name, limit(name))[0] == start
    except SubmissionError:
        return False


def _few(lines: list[str]) -> list[str]:
    more = len(lines) - MOST_LINES
    return lines if more <= 0 else [*lines[:MOST_LINES], f"{MANIFEST}: {more} more such lines."]


def _said(places: list[Place], manifests: Mapping[Path, Manifest]) -> dict[Path, datetime | None]:
    """What the manifests say of each place."""
    said: dict[Path, datetime | None] = {}
    for top in dict.fromkeys(p.top for p in places):
        here = [p for p in places if p.top == top]
        said |= dict(zip((p.path for p in here), manifests[top].submitted(here), strict=True))
    return said


def _distinct(places: list[Place]) -> list[Place]:
    """The places under names that tell attempts in several named folders from one another."""
    if len({p.top for p in places}) == 1:
        return places
    tops = [layouts.text(p.top.name) for p in places]
    return [
        replace(p, name=f"{top}/{p.name}" if p.name else top)
        for p, top in zip(places, tops, strict=True)
    ]


def _read(place: Place, said: datetime | None, zone: tzinfo, collected: Collected) -> Submission:
    problem, source, changed = place.problem, b"", None
    if problem is None:
        try:
            source, changed = read_submission(place.folder, place.file)
        except SubmissionError as e:
            problem = SubmissionProblem(e.code, {k: str(v) for k, v in e.details.items()})
    submitted, time_from = said, "manifest"
    closed = problem is not None and problem.code == "unreadable"
    if submitted is None and not place.loose and not closed:
        submitted, time_from = _timestamp(place, zone, collected), TIMESTAMP
    if submitted is None and changed is not None:
        submitted, time_from = times.file_time(changed), "file"
    return Submission(
        student=place.student,
        assignment=place.assignment.slug,
        file=layouts.text(place.file),
        source=source,
        problem=problem,
        attempt=Attempt(1, place.name, submitted, time_from if submitted else ""),
    )


def _timestamp(place: Place, zone: tzinfo, collected: Collected) -> datetime | None:
    """What timestamp.txt beside the file says, if it says a time."""
    try:
        content, _ = read_file(place.folder, TIMESTAMP, MAX_TIMESTAMP)
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
