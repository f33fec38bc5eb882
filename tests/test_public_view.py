"""What students may be shown of wrong gradients: public cases alone, run once, kept."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from course_kit import Course

from grader.exercise import Exercise
from grader.launcher import Isolation
from grader.model import Attempt, Limits
from grader.public_view import FILE, Views, failed_gradients, look
from grader.store import Row
from grader.verdict import CheckResult, Judgement, Status
from grader.worker import Worker

RIGHT = """
def forward(x, W, b):
    return x @ W + b


def backward(x, W, b, dy):
    return dy @ W.T, x.T @ dy, dy.sum(axis=0)
"""
GRADIENTS = ("grad-x", "grad-W", "grad-b")


def row(source: str, *failed: str, student: str = "ada") -> Row:
    checks = tuple(
        CheckResult(id, Status.FAILED if id in failed else Status.PASSED) for id in GRADIENTS
    )
    judged = Judgement(checks)
    return Row(student, "affine", Attempt(), "key", "affine.py", source.encode(), judged)


@pytest.fixture
def affine(course: Course) -> Exercise:
    return course.exercise()


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    limits = Limits(5, 512)
    with Worker(limits, Isolation(strict=False) if sys.platform != "linux" else Isolation()) as w:
        yield w


def seen(worker: Worker, e: Exercise, source: str, *failed: str) -> dict[str, str]:
    given = row(source, *failed)
    maps = look(worker, e, e.public_bench(), given, failed_gradients(e, given))
    return {m.check: m.outcome for m in maps}


def test_a_wrong_gradient_is_held_against_the_slope_of_the_forward(
    worker: Worker, affine: Exercise
) -> None:
    given = row(RIGHT.replace("x.T @ dy", "2 * (x.T @ dy)"), "grad-W")
    (m,) = look(worker, affine, affine.public_bench(), given, failed_gradients(affine, given))
    analytic, numeric = m.arrays
    assert (m.check, m.what, m.outcome, m.case) == ("grad-W", "dW", "differs", "public-typical")
    assert analytic.shape == (4, 2)
    assert abs(analytic - 2 * numeric).max() < 1e-3
    (entry, got, want), *_ = m.worst()
    assert entry.startswith("dW[")
    assert abs(got - 2 * want) < 1e-3


def test_a_gradient_that_is_right_in_public_cases_is_said_to_be(
    worker: Worker, affine: Exercise
) -> None:
    assert seen(worker, affine, RIGHT, "grad-W", "grad-x") == {"grad-x": "right", "grad-W": "right"}


def test_a_gradient_of_a_wrong_forward_is_told_apart(worker: Worker, affine: Exercise) -> None:
    source = RIGHT.replace("x @ W + b", "x @ W * 3 + b").replace("x.T @ dy", "3 * (x.T @ dy)")
    assert seen(worker, affine, source, "grad-W") == {"grad-W": "forward"}


@pytest.mark.parametrize(
    "source",
    [
        "raise SystemExit",
        "def forward(x, W, b): return None",
        RIGHT.replace("x.T @ dy", "None"),
        RIGHT.replace("x.T @ dy", "dy"),
        RIGHT.replace("x @ W + b", "x @ W + b + float('nan')"),
        "import os; os._exit(0)",
        "def (",
    ],
)
def test_what_cannot_be_compared_shows_nothing(
    source: str, worker: Worker, affine: Exercise
) -> None:
    assert seen(worker, affine, source, "grad-W") == {}


def test_nan_in_a_gradient_is_shown(worker: Worker, affine: Exercise) -> None:
    source = RIGHT.replace("x.T @ dy", "x.T @ dy * float('nan')")
    assert seen(worker, affine, source, "grad-W") == {"grad-W": "differs"}


def test_only_gradients_with_wrong_values_are_run(affine: Exercise, tmp_path: Path) -> None:
    views = Views(tmp_path, {"affine": affine})
    assert views.split([row(RIGHT)]) == ({}, [])


def test_what_was_run_is_kept_and_not_run_again(
    worker: Worker, affine: Exercise, tmp_path: Path
) -> None:
    wrong = row(RIGHT.replace("x.T @ dy", "-(x.T @ dy)"), "grad-W")
    first = Views(tmp_path, {"affine": affine})
    known, left = first.split([wrong])
    assert (known, left) == ({}, [wrong])
    ((_, maps),) = first.run(worker, left)
    first.keep()
    again, nothing = Views(tmp_path, {"affine": affine}).split([wrong])
    assert nothing == []
    assert again == {("ada", "affine"): maps}
    other = row(RIGHT.replace("x.T @ dy", "3 * (x.T @ dy)"), "grad-W")
    assert Views(tmp_path, {"affine": affine}).split([other])[1] == [other]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 1, "views": {"a": [{}]}}'])
def test_a_damaged_file_is_made_anew(text: str, affine: Exercise, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text)
    wrong = row(RIGHT, "grad-W")
    assert Views(tmp_path, {"affine": affine}).split([wrong]) == ({}, [wrong])


def test_the_child_is_given_public_cases_alone(
    worker: Worker, affine: Exercise, tmp_path: Path
) -> None:
    wrong = row(RIGHT.replace("x.T @ dy", "-(x.T @ dy)"), "grad-W")
    views = Views(tmp_path, {"affine": affine})
    list(views.run(worker, [wrong]))
    views.keep()
    told = json.loads((tmp_path / FILE).read_text())
    (maps,) = told["views"].values()
    assert {m["case"] for m in maps} <= {c.id for c in affine.assignment.public}
