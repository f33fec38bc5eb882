"""The class in a terminal, and the bar above it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import click
import pytest

from grader.class_table import class_table, entry
from grader.model import Attempt, Check
from grader.progress import _pace, bar
from grader.verdict import CheckResult, Result, ScoredCheck, Status

SLUGS = ("rnn_unit", "gradient_clipping", "recursive_node")
CHECK = Check("a-check", "A check", "matches", Fraction(100))


def row(student: str, slug: str, score: int = 100, problem: str = "") -> Result:
    status = Status.PASSED if score == 100 else Status.FAILED
    check = ScoredCheck(CheckResult("a-check", status), "A check", Fraction(score), Fraction(100))
    graded = "ungraded" if problem else "failed"
    points = Fraction(score)
    return Result(student, slug, (check,), points, Fraction(100), graded, problem)


def table(*rows: Result, width: int | None) -> list[str]:
    totals = {r.student: Fraction(2, 3) for r in rows}
    return [
        click.unstyle(line) for line in class_table([entry(r) for r in rows], SLUGS, totals, width)
    ]


CLASS = [
    row(student, slug, score, problem)
    for student, score, problem in (
        ("ada", 100, ""),
        ("a.student.with.a.name.that.is.long", 40, ""),
        ("yusuf", 0, "There is no file rnn_unit.py, only rnn.py. Rename it to rnn_unit.py."),
    )
    for slug in SLUGS
]


@pytest.mark.parametrize("width", [80, 100, 120])
def test_no_line_is_wider_than_the_terminal_and_no_number_is_cut(width: int) -> None:
    lines = table(*CLASS, width=width)
    assert all(len(line) <= width for line in lines)
    (of_long,) = [line for line in lines if line.startswith("a.student")]
    assert of_long.split()[1:5] == ["40", "40", "40", "66.67"]


def test_remarks_are_shortened_to_the_room_there_is() -> None:
    narrow, wide = table(*CLASS, width=100), table(*CLASS, width=None)
    (short,) = [line for line in narrow if line.startswith("yusuf")]
    (long,) = [line for line in wide if line.startswith("yusuf")]
    assert short.endswith("…")
    assert "only rnn.py" not in short
    assert "only rnn.py" in long


def test_what_could_not_be_graded_counts_0_and_what_is_missing_is_apart() -> None:
    gone = Result("bo", "rnn_unit", (), Fraction(0), Fraction(100), "missing", attempt=Attempt(0))
    rows = [row("ada", "rnn_unit"), row("cy", "rnn_unit", 0, "There is no file."), gone]
    line = table(*rows, width=None)[-1]
    assert line.startswith("rnn_unit: 2 submissions, mean 50.0, median 50.0")
    assert line.endswith("1 not graded, counted as 0, 1 missing")
    alone = table(replace(rows[0], assignment="rnn_unit"), width=100)
    assert "not graded" not in alone[-1]


def test_the_pace_is_of_what_had_to_be_worked_on() -> None:
    assert _pace(10, 5.0, 20) == "2.0/s, 0:00:10 left"
    assert list(bar([1, 2, 3], 3, worked=lambda n: n > 1)) == [1, 2, 3]
