"""Which row of another system's file is whose: by ids, then by name, and never by guessing.

Whatever is not certain is refused, with all that is wrong at once.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from grader.errors import UsageError
from grader.messages import plain
from grader.roster import folded


class Refused(UsageError):
    """Nothing is written, for each of the reasons in `lines`; `advice` says what to do."""

    def __init__(self, lines: Sequence[str], advice: str) -> None:
        self.lines = tuple(lines)
        self.advice = advice
        super().__init__("Nothing is written.\n" + "\n".join([*lines, advice]))


@dataclass(frozen=True)
class Who:
    """One of our students and what is known of them. Keys of `ids` are lower case, as `sis_id`."""

    student: str
    name: str = ""
    email: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Field:
    """A column that identifies a person: what it is called, and which of a roster's are the same.

    An e-mail address is the same as a column that has `email` among its `keys`.
    """

    label: str
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """A row: where it is, the name in it ("" if hidden), and what identifies it, by field."""

    row: int
    line: int
    name: str
    ids: Mapping[str, str]

    def __str__(self) -> str:
        """How messages call it."""
        ids = [f"{plain(label, 40)} {plain(x, 40)}" for label, x in self.ids.items() if x][:3]
        told = ", ".join([*([plain(self.name, 40)] if self.name else []), *ids])
        return f"line {self.line} ({told})" if told else f"line {self.line}"


@dataclass(frozen=True)
class Matched:
    """Whose row is which; `strangers` are ours without a row, `others` the rows of nobody here."""

    rows: Mapping[str, Entry]
    strangers: tuple[str, ...]
    others: tuple[Entry, ...]


def match(people: Iterable[Who], entries: Sequence[Entry], fields: Sequence[Field]) -> Matched:
    """Each student's row. Raises Refused with every student and row that fits several.

    What a roster says of a column counts first; then our own name of a student in any of the
    columns; then the person's name.
    """
    index = _Index(entries, fields)
    found: dict[str, Entry] = {}
    strangers: list[str] = []
    wrong: list[str] = []
    for who in people:
        rows = index.rows_of(who)
        if len(rows) > 1:
            told = "; ".join(map(str, rows))
            wrong.append(f"{plain(who.student, 60)} fits {len(rows)} rows: {told}.")
        elif rows:
            found[who.student] = rows[0]
        else:
            strangers.append(who.student)
    whose: dict[int, list[str]] = {}
    for student, entry in found.items():
        whose.setdefault(entry.row, []).append(student)
    by_row = {e.row: e for e in entries}
    for row, students in whose.items():
        if len(students) > 1:
            told = ", ".join(plain(s, 60) for s in students)
            wrong.append(f"{by_row[row]} fits {len(students)} students: {told}.")
    if wrong:
        raise Refused(wrong, "Say who is who in a roster: --roster CSV.")
    others = tuple(e for e in entries if e.row not in whose)
    return Matched(found, tuple(strangers), others)


class _Index:
    """The rows by everything they may be found by."""

    def __init__(self, entries: Sequence[Entry], fields: Sequence[Field]) -> None:
        self.fields = fields
        self.ids: dict[str, dict[str, list[Entry]]] = {f.label: {} for f in fields}
        self.names: dict[str, list[Entry]] = {}
        self.squashed: dict[str, list[Entry]] = {}
        for e in entries:
            for label, text in e.ids.items():
                if text.strip():
                    self.ids[label].setdefault(folded(text), []).append(e)
            for name in _names(e.name):
                self.names.setdefault(name, []).append(e)
            if e.name:
                self.squashed.setdefault(_squashed(e.name), []).append(e)

    def rows_of(self, who: Who) -> list[Entry]:
        """The rows that fit in the first way that any fits in, without repeats."""
        told = {**who.ids, **({"email": who.email} if who.email else {})}
        by_roster = [
            e
            for f in self.fields
            for key in f.keys
            if told.get(key, "").strip()
            for e in self.ids[f.label].get(folded(told[key]), ())
        ]
        by_student = [e for of in self.ids.values() for e in of.get(folded(who.student), ())]
        by_name = [e for name in _names(who.name) for e in self.names.get(name, ())]
        by_own_name = list(self.names.get(folded(who.student), ()))
        squashed = list(self.squashed.get(folded(who.student), ()))
        for rows in (by_roster, by_student, by_name, by_own_name, squashed):
            if rows:
                return sorted({e.row: e for e in rows}.values(), key=lambda e: e.row)
        return []


def _names(name: str) -> list[str]:
    """A name, and with the last name first turned round: `Doe, Jane` is Jane Doe."""
    last, comma, first = name.partition(",")
    forms = [name, f"{first} {last}"] if comma else [name]
    return list(dict.fromkeys(f for f in map(folded, forms) if f))


def _squashed(name: str) -> str:
    """A name as the file names of Canvas have it: `Doe, Jane` is doejane."""
    return re.sub(r"\W", "", unicodedata.normalize("NFKC", name)).casefold()
