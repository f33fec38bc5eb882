"""submissions.csv: when what was handed in, as the instructor or an LMS says.

Columns `student`, `assignment`, `submitted`, and where there are several attempts `attempt` (the
name of its folder) or `file` (its path, or the end of it); others are passed over. It is
somebody's file, so whatever is wrong with it costs a line and nothing else.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path

from grader import times
from grader.errors import SubmissionError
from grader.intake.place import MANIFEST, Place
from grader.intake.tree import Folder
from grader.messages import plain, say

MAX_BYTES = 4 << 20
NEEDED = ("student", "assignment", "submitted")


@dataclass(frozen=True)
class Entry:
    """One line of the manifest. `attempt` and `file` are "" if it does not say."""

    line: int
    student: str
    assignment: str
    attempt: str
    file: str
    submitted: datetime


@dataclass
class Manifest:
    """The manifest of a folder of students. `problems` are lines for the instructor."""

    there: bool = False
    problems: list[str] = field(default_factory=list)
    _entries: dict[tuple[str, str], list[Entry]] = field(default_factory=dict)
    _used: set[int] = field(default_factory=set)

    def submitted(self, places: list[Place], at: Path) -> list[datetime | None]:
        """When each of one student's attempts of one assignment came, if the manifest in the
        folder `at` says."""
        student, slug = places[0].student, places[0].assignment.slug
        entries = self._entries.get((_folded(student), slug), [])
        said: list[datetime | None] = [None] * len(places)
        for entry in entries:
            self._used.add(entry.line)
            meant = [i for i, place in enumerate(places) if _means(entry, place, at)]
            if len(meant) != 1:
                names = ", ".join(p.name for p in places if p.name) or "one without a name"
                which = "no such attempt" if not meant else "more than one such attempt"
                self._wrong(entry.line, f"{student} has {which} of {slug}. There are: {names}.")
            elif said[meant[0]] is not None:
                self._wrong(entry.line, f"{student}, {slug}, is given twice. The first holds.")
            else:
                said[meant[0]] = entry.submitted
        return said

    def unused(self, slugs: set[str]) -> Iterator[str]:
        """A line for each entry that was of no submission of these assignments."""
        for (_, slug), entries in self._entries.items():
            for e in entries:
                if e.line not in self._used and slug in slugs:
                    yield f"{MANIFEST}:{e.line}: there is no submission of {slug} by {e.student}."

    def _wrong(self, line: int, message: str) -> None:
        self.problems.append(f"{MANIFEST}:{line}: {plain(message, 200)}")


def load(top: Folder, zone: tzinfo) -> Manifest:
    """The manifest in folder `top`, if there is one. Times without an offset are of `zone`."""
    manifest = Manifest()
    try:
        content, _ = top.read(MANIFEST, MAX_BYTES)
    except SubmissionError as e:
        if e.code != "missing":
            manifest.problems.append(say(f"submission.{e.code}", **e.details))
        return manifest
    manifest.there = True
    try:
        _read(manifest, content.decode("utf-8-sig"), zone)
    except UnicodeDecodeError as e:
        manifest._wrong(1 + content[: e.start].count(b"\n"), "this is not UTF-8. Save it as UTF-8.")
    return manifest


def _read(manifest: Manifest, text: str, zone: tzinfo) -> None:
    head = text.partition("\n")[0]
    rows = _rows(manifest, text, max(",;\t", key=head.count))
    columns = {name.strip().casefold(): i for i, name in enumerate(next(rows, (1, []))[1])}
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        manifest._wrong(1, f"there is no column {', '.join(missing)}. Add it.")
        return
    for line, row in rows:
        _add(manifest, line, {n: row[i].strip() for n, i in columns.items() if i < len(row)}, zone)


def _rows(manifest: Manifest, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows with the numbers of their lines. Where quotes do not add up, each line is a row."""
    try:
        whole = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        yield from [(whole.line_num, row) for row in whole]
        return
    except csv.Error:
        pass  # or one quote too many would swallow all lines after it
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        try:
            yield from (
                (number, row) for row in csv.reader([line], delimiter=delimiter, strict=True)
            )
        except csv.Error as e:
            manifest._wrong(number, f"this is not CSV ({e}). It is passed over.")


def _add(manifest: Manifest, line: int, cells: dict[str, str], zone: tzinfo) -> None:
    student, slug, submitted = (cells.get(name, "") for name in NEEDED)
    if not submitted:
        return  # an LMS lists those who handed in nothing, too
    try:
        when = times.submission_time(submitted, zone)
    except ValueError as e:
        manifest._wrong(line, f"{plain(submitted, 40)!r} is no time: {e}.")
        return
    file = cells.get("file", "").replace("\\", "/")
    entry = Entry(line, student, slug, cells.get("attempt", ""), file, when)
    manifest._entries.setdefault((_folded(student), slug), []).append(entry)


def _means(entry: Entry, place: Place, at: Path) -> bool:
    named = not entry.attempt or _folded(entry.attempt) == _folded(place.name)
    path = f"/{place.path.relative_to(at).as_posix()}"
    return named and (not entry.file or path.endswith(f"/{entry.file.lstrip('/')}"))


def _folded(name: str) -> str:
    """A name as it is compared: one system's é is another's e with an accent."""
    return unicodedata.normalize("NFC", name.strip())
