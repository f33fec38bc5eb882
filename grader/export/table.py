"""Results as CSV for people and spreadsheets: long, a row a student and exercise, or wide.

It is quoted properly, and no cell is a formula for a spreadsheet.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from grader.counting import MISSING
from grader.export.matching import Who
from grader.results import csv_cell, number
from grader.verdict import Result

LONG = (
    "student",
    "name",
    "email",
    "assignment",
    "score",
    "max_score",
    "status",
    "attempt",
    "submitted",
    "minutes_late",
    "penalty_percent",
    "total",
)


def long(
    results: Iterable[Result], totals: Mapping[str, Fraction | None], people: Sequence[Who]
) -> bytes:
    """A row for each student and exercise. `total` is the student's course total, out of 100."""
    known = {who.student: who for who in people}
    return _csv(LONG, (_long_row(r, totals, known[r.student]) for r in results))


def wide(
    results: Sequence[Result], totals: Mapping[str, Fraction | None], people: Sequence[Who]
) -> bytes:
    """A row for each student with a column for each exercise; missing work is an empty cell."""
    slugs = list(dict.fromkeys(r.assignment for r in results))
    scores = {(r.student, r.assignment): r for r in results if r.status != MISSING}
    header = ("student", "name", "email", *slugs, "total")
    rows = (
        (
            who.student,
            who.name,
            who.email,
            *(
                number(scores[who.student, slug].score) if (who.student, slug) in scores else ""
                for slug in slugs
            ),
            _total(totals.get(who.student)),
        )
        for who in people
    )
    return _csv(header, rows)


def _long_row(r: Result, totals: Mapping[str, Fraction | None], who: Who) -> Sequence[Any]:
    late = r.lateness
    return (
        r.student,
        who.name,
        who.email,
        r.assignment,
        number(r.score),
        number(r.max_score),
        r.status,
        r.attempt.number or "",
        r.came.isoformat() if r.came else "",
        late.minutes if late else "",
        number(100 * late.penalty) if late else "",
        _total(totals.get(r.student)),
    )


def _total(share: Fraction | None) -> object:
    return "" if share is None else number(100 * share)


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([csv_cell(h) for h in header])
    for row in rows:
        writer.writerow([csv_cell(cell) for cell in row])
    return out.getvalue().encode("utf-8", errors="replace")
