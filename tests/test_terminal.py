"""What `grader check` prints: what to do next in full, all else in a line, or all with --all."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import click
import pytest
from course_kit import SLUG, Course, affine
from golden.kit import built, grader

from grader.terminal import WIDTH, check_report, to_do
from grader.verdict import CheckResult, Judgement, Result, ScoredCheck, Status

TWO_CAUSES = affine(dx="-dy @ W.T", dW="-x.T @ dy", db="-dy.sum(axis=0)").replace(
    "def forward(x, W, b):\n", "def forward(x, W, b):\n    x += 0\n"
)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return built(Course(tmp_path))


def result(*statuses: Status, problem: str = "") -> Result:
    checks = tuple(
        ScoredCheck(
            CheckResult(f"c{n}", s, reason=f"Reason {n}." if s is not Status.PASSED else ""),
            f"Title {n}",
            Fraction(s is Status.PASSED),
            Fraction(1),
        )
        for n, s in enumerate(statuses)
    )
    points = sum((c.points for c in checks), Fraction(0))
    return Result("you", SLUG, checks, points, Fraction(len(checks)), "failed", problem)


def shown(result: Result, printed: str = "", *, unfolded: bool = False) -> str:
    judged = Judgement(tuple(c.result for c in result.checks), result.problem, printed)
    lines = check_report(result, "A title", judged, unfolded=unfolded)
    return click.unstyle("\n".join(lines))


def test_what_to_do_next_comes_first_in_full_and_the_rest_is_folded() -> None:
    text = shown(
        result(
            Status.PASSED, Status.SKIPPED, Status.FOLLOW_THROUGH, Status.MANUAL, Status.FAILED,
            Status.ERROR,
        )
    )  # fmt: skip
    order = [text.index(f"Title {n}") for n in (4, 5, 2, 3, 1)]
    assert order == sorted(order)
    assert re.findall(r"Reason \d", text) == ["Reason 4"]
    assert "✓ 1 passed: c0" in text
    assert text.splitlines()[-1] == "With --all every check is shown in full."


def test_unfolded_all_are_in_full_in_rubric_order() -> None:
    text = shown(result(Status.PASSED, Status.SKIPPED, Status.FAILED), unfolded=True)
    order = [text.index(f"Title {n}") for n in (0, 1, 2)]
    assert order == sorted(order)
    assert re.findall(r"Reason \d", text) == ["Reason 1", "Reason 2"]
    assert "--all" not in text


def test_where_nothing_is_folded_nothing_is_said_of_it() -> None:
    assert "--all" not in shown(result(Status.PASSED, Status.FAILED))
    assert "--all" not in shown(result(Status.PASSED, Status.PASSED))
    assert "--all" not in shown(result(Status.ERROR, Status.ERROR, problem="No."))


def test_one_sentence_says_it_where_nothing_ran() -> None:
    text = shown(result(Status.ERROR, Status.ERROR, problem="Nothing is there."))
    assert "Nothing is there." in text
    assert "Title" not in text


@pytest.mark.parametrize("statuses", [(), (Status.PASSED,), (Status.MANUAL, Status.PASSED)])
def test_any_mix_of_outcomes_has_a_screen(statuses: tuple[Status, ...]) -> None:
    text = shown(result(*statuses))
    assert f"{sum(s is Status.PASSED for s in statuses)} of {len(statuses)} points" in text


def test_what_was_printed_stands_with_what_failed_and_before_what_is_folded() -> None:
    text = shown(result(Status.FAILED, Status.FAILED), printed="here\x1b[2J I am")
    assert text.index("Reason 0.") < text.index("here[2J I am") < text.index("Title 1")


def test_checks_that_can_wait_come_last_and_keep_their_order() -> None:
    mixed = result(Status.SKIPPED, Status.FAILED, Status.SKIPPED, Status.TIMEOUT)
    assert [c.result.id for c in to_do(mixed)] == ["c1", "c3", "c0", "c2"]


def test_checks_of_one_cause_are_said_to_be(course: Course) -> None:
    path = course.root / "assignments" / SLUG / f"{SLUG}.py"
    path.write_text(TWO_CAUSES)
    folded = grader("check", SLUG, "--course", course.root).out
    assert folded.count("is what you get when every gradient has the wrong sign.") == 1
    assert re.search(r"✗ The gradient of W +0/30  grad-W \(as grad-x\)", folded)
    unfolded = grader("check", SLUG, "--all", "--course", course.root).out
    assert "dW is not right. The cause is that of grad-x." in unfolded
    assert len(unfolded.splitlines()) > len(folded.splitlines())


def test_no_line_is_wider_than_the_screen_whatever_titles_say(course: Course) -> None:
    long = Result(
        "you", SLUG,
        tuple(
            ScoredCheck(
                CheckResult(f"check-with-a-long-name-{n}", Status.FAILED, reason="Wrong. " * 30),
                "A title that goes on " * 9, Fraction(0), Fraction(1),
            )
            for n in range(3)
        ),
        Fraction(0), Fraction(3), "failed",
    )  # fmt: skip
    lines = shown(long).splitlines()
    folded = [line for line in lines if "name-1" in line or "name-2" in line]
    assert len(folded) == 2
    assert all(len(line) <= WIDTH for line in folded)
