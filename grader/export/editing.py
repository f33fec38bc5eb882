"""What an edit of another system's file comes to, and the choice of the column to write in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from grader.export.matching import Entry, Matched, Refused
from grader.export.points import Written, read, scaled
from grader.export.sheet import Row
from grader.messages import plain
from grader.model import Assignment
from grader.roster import folded
from grader.verdict import Result


@dataclass(frozen=True)
class Column:
    """A column for the points of an exercise: where it is, from 0, and out of how many."""

    at: int
    name: str
    most: Fraction
    style: Written


@dataclass(frozen=True)
class Change:
    """One cell that is written."""

    line: int
    student: str
    assignment: str
    column: str
    before: str
    after: str


@dataclass(frozen=True)
class Left:
    """One cell that is left as it is although there is a score for it, and why."""

    line: int
    student: str
    assignment: str
    holds: str
    why: str

    def __str__(self) -> str:
        about = f"{plain(self.student, 60)}, {self.assignment}"
        return f"{about}: left alone (line {self.line}): {self.why}."


@dataclass(frozen=True)
class Edit:
    """The file as it should be, and what is different in it.

    `same` counts the cells that had the right points already, `missing` the students who have
    handed in nothing, of an exercise, and whose cells are left as they are.
    """

    data: bytes
    changes: tuple[Change, ...]
    left: tuple[Left, ...]
    same: int
    missing: int
    matched: Matched


@dataclass
class Draft:
    """An edit in the making: texts by (row, column), both from 0."""

    cells: dict[tuple[int, int], str] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    same: int = 0
    missing: int = 0

    def put(self, row: Row, entry: Entry, result: Result, column: Column) -> None:
        """Write a score, unless the cell has that number already."""
        score = scaled(result, column.most)
        before = row.cells[column.at].text
        if read(before) == score:
            self.same += 1
        else:
            self.text(row, entry, result, column.at, column.name, column.style.text(score))

    def text(
        self, row: Row, entry: Entry, result: Result, at: int, column: str, after: str
    ) -> None:
        """Write a text."""
        before = row.cells[at].text
        self.cells[entry.row, at] = after
        about = (row.line, result.student, result.assignment, column)
        self.changes.append(Change(*about, before, after))

    def leave(self, row: Row, result: Result, holds: str, why: str) -> None:
        """Leave a cell alone that there is a score for."""
        self.left.append(Left(row.line, result.student, result.assignment, holds, why))

    def done(self, data: bytes, matched: Matched) -> Edit:
        """The edit. Raises Refused if nobody of ours is in the file."""
        if not matched.rows:
            raise Refused(
                ["None of the students graded here is in the file."],
                "Check that it is this class's, or say who is who in a roster: --roster CSV.",
            )
        changes, left = tuple(self.changes), tuple(self.left)
        return Edit(data, changes, left, self.same, self.missing, matched)


def chosen(
    rubric: Assignment, named: str | None, columns: Mapping[int, Sequence[str]]
) -> tuple[int | None, str]:
    """The column of an exercise and "", or None and what is wrong.

    `columns` has the names of each that may be written, by its place: the header and parts of it.
    `named` is what was said with --column.
    """
    texts = {_key(named)} if named is not None else {_key(rubric.slug), _key(rubric.title)}
    fit = [at for at, names in columns.items() if texts & {_key(n) for n in names}]
    if named is not None:
        exact = [at for at, names in columns.items() if named in names]
        fit = exact or fit
    if len(fit) == 1:
        return fit[0], ""
    about = f"{rubric.slug}: " + (f"--column {plain(named, 80)!r}: " if named is not None else "")
    if fit:
        told = ", ".join(repr(plain(columns[at][0], 80)) for at in fit)
        return None, f"{about}several columns could be it: {told}."
    return None, f"{about}no column is called so."


def _key(name: str) -> str:
    """A title for comparing: `RNN-Unit` is rnn_unit."""
    return re.sub(r"[\W_]+", " ", folded(name)).strip()
