"""The roster: who is in the class, and by which names and numbers each LMS knows them.

A CSV file with the columns `id`, `name` and `email`, of which only `id` is needed: it is the
student's name in results, extensions and gradebooks. Any further column holds an LMS's identifier,
named as that LMS names it: `canvas_id`, `sis_user_id`, `sis_login_id`, `moodle_id`, `username`,
`gradescope_sid`, `github`. Commas, semicolons or tabs; a byte order mark is passed over.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from grader.errors import ConfigError, Problem

MAX_BYTES = 16 << 20
MAX_CELL = 200
NAMED = ("id", "name", "email")


@dataclass(frozen=True)
class Person:
    """One member of the class. `ids` has the further columns that are filled in, by column."""

    id: str
    name: str = ""
    email: str = ""
    ids: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class Roster:
    """The members of the class, in the order of the file."""

    people: tuple[Person, ...] = ()

    def by(self, column: str, value: str) -> tuple[Person, ...]:
        """Those whose `column` (id, name, email or an LMS's) is `value`; case does not matter."""
        return self._by_column.get((column, folded(value)), ())

    def find(self, value: str) -> tuple[Person, ...]:
        """The one whose id is `value`, or else those of whom any other column says so."""
        return self.by("id", value) or self._by_any.get(folded(value), ())

    @cached_property
    def _by_column(self) -> dict[tuple[str, str], tuple[Person, ...]]:
        found: dict[tuple[str, str], tuple[Person, ...]] = {}
        for person in self.people:
            for column, value in _cells(person):
                key = column, folded(value)
                found[key] = (*found.get(key, ()), person)
        return found

    @cached_property
    def _by_any(self) -> dict[str, tuple[Person, ...]]:
        found: dict[str, tuple[Person, ...]] = {}
        for person in self.people:
            for value in {folded(value) for _, value in _cells(person)}:
                found[value] = (*found.get(value, ()), person)
        return found


def folded(text: str) -> str:
    """A text as it is compared: accents composed, spaces single, without regard to case."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def load(path: Path) -> Roster:
    """The roster in `path`. Raises ConfigError with every problem, at its line and column."""
    try:
        with path.open("rb") as f:
            raw = f.read(MAX_BYTES + 1)
    except OSError as e:
        raise _error(
            path, 0, 0, f"The roster cannot be read ({e.strerror}). Check the path."
        ) from e
    if len(raw) > MAX_BYTES:
        raise _error(path, 0, 0, f"A roster has at most {MAX_BYTES} bytes. Is this the right file?")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line, at = 1 + raw[: e.start].count(b"\n"), e.start - raw.rfind(b"\n", 0, e.start)
        raise _error(path, line, at, "This is not UTF-8. Save the file as CSV UTF-8.") from None
    rows = list(_rows(path, text))
    problems: list[Problem] = []
    head = [_column_name(cell.text) for cell in rows[0]] if rows else []
    if "id" not in head:
        message = (
            "There is no column `id`. Name the column that has the students' names in results."
        )
        raise _error(path, 1, 1, message)
    for at, cell in enumerate(rows[0]):
        if head[at] and head[at] in head[:at]:
            problems.append(
                cell.problem(path, f"The column `{head[at]}` is there twice. Keep one.")
            )
    people = [_person(path, head, row, problems) for row in rows[1:] if any(c.text for c in row)]
    _check_unique(path, head, rows[1:], problems)
    if not people and not problems:
        problems.append(Problem(path, 1, 1, "Nobody is listed. Add a line for each student."))
    if problems:
        raise ConfigError(problems)
    return Roster(tuple(people))


@dataclass(frozen=True)
class _Cell:
    text: str
    line: int
    column: int

    def problem(self, path: Path, message: str) -> Problem:
        return Problem(path, self.line, self.column, message)


def _cells(person: Person) -> Iterator[tuple[str, str]]:
    named = zip(NAMED, (person.id, person.name, person.email), strict=True)
    yield from ((column, value) for column, value in (*named, *person.ids.items()) if value)


def _column_name(text: str) -> str:
    return "_".join(text.casefold().replace("-", " ").split())


def _person(path: Path, head: list[str], row: list[_Cell], problems: list[Problem]) -> Person:
    if len(row) > len(head) and any(c.text for c in row[len(head) :]):
        message = (
            f"There are {len(row)} cells under {len(head)} columns. Quote what has commas in it."
        )
        problems.append(row[len(head)].problem(path, message))
    for cell in row:
        if len(cell.text) > MAX_CELL or not cell.text.isprintable():
            message = f"A cell is one line of at most {MAX_CELL} printable characters. Shorten it."
            problems.append(cell.problem(path, message))
    cells = {name: cell.text for name, cell in zip(head, row, strict=False)}
    if not cells.get("id"):
        at = row[min(head.index("id"), len(row) - 1)]
        problems.append(at.problem(path, "The `id` is empty. Give each student one."))
    ids = {name: text for name, text in cells.items() if name and name not in NAMED and text}
    name, email = cells.get("name", ""), cells.get("email", "")
    return Person(cells.get("id", ""), name, email, MappingProxyType(ids))


def _check_unique(
    path: Path, head: list[str], rows: list[list[_Cell]], problems: list[Problem]
) -> None:
    """Whoever shares an id or an address with another could be taken for the other. (People may
    share a name; sections, teams and the like are no identifiers, and are known by their names.)"""
    for at, name in enumerate(head):
        if name in NAMED[:1] + NAMED[2:] or name.endswith("id") or name in ("username", "github"):
            first: dict[str, int] = {}
            for cell in (row[at] for row in rows if at < len(row) and row[at].text):
                line = first.setdefault(folded(cell.text), cell.line)
                if line != cell.line:
                    message = f"`{cell.text}` is the {name} of line {line} already. Keep one."
                    problems.append(cell.problem(path, message))


def _rows(path: Path, text: str) -> Iterator[list[_Cell]]:
    """The rows with the place of each cell. Raises ConfigError where quotes do not add up."""
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines = text.splitlines(keepends=True)
    line = 1
    try:
        for row in reader:
            raw = "".join(lines[line - 1 : reader.line_num])
            starts = _starts(raw, delimiter)
            yield [
                _Cell(cell.strip(), line + down, column)
                for cell, (down, column) in zip(row, starts, strict=False)
            ]
            line = reader.line_num + 1
    except csv.Error as e:
        raise _error(path, line, 1, f"This is not CSV: {e}. Mend the quotes.") from None


def _starts(raw: str, delimiter: str) -> list[tuple[int, int]]:
    """Where each cell of a row begins: lines below its first, and the column, from 1."""
    starts, quoted, down, column = [(0, 1)], False, 0, 0
    for c in raw:
        column += 1
        if c == '"':
            quoted = not quoted  # a doubled quote closes and opens again
        elif c == "\n":
            down, column = down + 1, 0
        elif c == delimiter and not quoted:
            starts.append((down, column + 1))
    return starts


def _error(path: Path, line: int, column: int, message: str) -> ConfigError:
    return ConfigError([Problem(path, line, column, message)])
