"""From check results to points: exact, pure, and without rerunning anything."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.model import Assignment, Check
from grader.score import credit, score
from grader.verdict import CheckResult, Judgement, Marked, Status

POINTS = st.fractions(0, 100, max_denominator=1000)
SHARES = st.fractions(0, 1, max_denominator=100)


def assignment(*points: Fraction | int, follow_through: Fraction = Fraction(1, 2)) -> Assignment:
    checks = tuple(
        Check(f"check-{i}", f"Check {i}", "matches", Fraction(p)) for i, p in enumerate(points)
    )
    return Assignment("unit", "Unit", "unit", checks, follow_through=follow_through)


def judgement(*statuses: Status, known: bool = False) -> Judgement:
    return Judgement(
        tuple(CheckResult(f"check-{i}", status, known=known) for i, status in enumerate(statuses))
    )


@st.composite
def graded(draw):
    points = draw(st.lists(POINTS, min_size=1, max_size=12))
    results = tuple(
        CheckResult(f"check-{i}", draw(st.sampled_from(Status)), known=draw(st.booleans()))
        for i in range(len(points))
    )
    return assignment(*points, follow_through=draw(SHARES)), Judgement(results)


@given(graded())
def test_a_score_is_the_exact_sum_of_its_parts(drawn):
    rubric, judged = drawn
    result = score("ada", rubric, judged)
    assert isinstance(result.score, Fraction)
    assert result.score == sum(c.points for c in result.checks)
    assert result.max_score == sum(c.max_points for c in result.checks) == rubric.points
    assert 0 <= result.score <= result.max_score
    for c in result.checks:
        assert c.points == c.max_points * credit(c.result, rubric)


@given(graded(), st.lists(POINTS, min_size=12, max_size=12), SHARES)
def test_rescoring_with_other_points_needs_no_rerun(drawn, points, share):
    rubric, judged = drawn
    other = assignment(*points[: len(rubric.checks)], follow_through=share)
    before, after = score("ada", rubric, judged), score("ada", other, judged)
    assert [c.result for c in after.checks] == [c.result for c in before.checks]
    assert after.max_score == other.points
    assert after.score == sum(c.max_points * credit(c.result, other) for c in after.checks)
    assert score("ada", rubric, judged) == before


@given(graded())
def test_full_marks_are_passed_and_passed_is_full_marks(drawn):
    rubric, judged = drawn
    result = score("ada", rubric, judged)
    assert (result.status == "passed") == all(r.status is Status.PASSED for r in judged.checks)
    if result.status == "passed":
        assert result.score == result.max_score


@pytest.mark.parametrize("status", Status)
def test_only_passed_and_follow_through_earn(status):
    earned = credit(CheckResult("a", status), assignment(1))
    assert earned == {Status.PASSED: 1, Status.FOLLOW_THROUGH: Fraction(1, 2)}.get(status, 0)


@pytest.mark.parametrize("share", [Fraction(0), Fraction(1, 3), Fraction(1)])
def test_a_known_mistake_follows_through_in_full_another_at_the_exercises_share(share):
    rubric = assignment(10, follow_through=share)
    through = judgement(Status.FOLLOW_THROUGH)
    assert score("ada", rubric, through).score == 10 * share
    known = judgement(Status.FOLLOW_THROUGH, known=True)
    assert score("ada", rubric, known).score == 10


@pytest.mark.parametrize("status", [Status.FAILED, Status.ERROR, Status.SKIPPED])
def test_known_earns_nothing_by_itself(status):
    assert score("ada", assignment(10), judgement(status, known=True)).score == 0


def test_thirds_add_up_to_a_whole():
    third = Fraction(100, 3)
    rubric = assignment(third, third, third)
    assert score("ada", rubric, judgement(*[Status.PASSED] * 3)).score == 100


def test_a_check_that_is_no_longer_in_the_rubric_earns_nothing():
    judged = judgement(Status.PASSED, Status.PASSED)
    result = score("ada", assignment(4), judged)
    assert (result.score, result.max_score, len(result.checks)) == (4, 4, 1)


def test_a_check_that_is_new_in_the_rubric_is_skipped_until_the_next_run():
    result = score("ada", assignment(4, 6), judgement(Status.PASSED))
    assert (result.score, result.max_score) == (4, 10)
    assert result.checks[1].result.status is Status.SKIPPED


def test_a_row_with_a_new_check_has_not_passed():
    assert score("ada", assignment(4, 6), judgement(Status.PASSED)).status != "passed"


def test_a_check_dropped_from_the_rubric_holds_no_one_back():
    assert score("ada", assignment(4), judgement(Status.PASSED, Status.FAILED)).status == "passed"


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        ([Status.PASSED, Status.PASSED], "passed"),
        ([Status.PASSED, Status.FAILED], "failed"),
        ([Status.PASSED, Status.FOLLOW_THROUGH], "failed"),
        ([Status.PASSED, Status.MANUAL], "manual"),
        ([Status.FAILED, Status.MANUAL], "manual"),
        ([], "ungraded"),
    ],
)
def test_a_row_has_one_word(statuses, status):
    assert score("ada", assignment(1, 1), judgement(*statuses)).status == status


def test_a_row_says_who_what_and_how_it_was_confined():
    judged = Judgement((), problem="There is no file.", isolation="sandboxed")
    result = score("ada", assignment(1), judged)
    assert (result.student, result.assignment) == ("ada", "unit")
    assert (result.problem, result.isolation) == ("There is no file.", "sandboxed")
    assert result.score == 0


# What a person gives


def by_hand(*points: int) -> Assignment:
    """Some manual checks, after a check of 4 points that is none."""
    checks = [Check("check-0", "Check 0", "matches", Fraction(4))]
    checks += [Check(f"m-{i}", "Why?", "manual", Fraction(p)) for i, p in enumerate(points)]
    return Assignment("unit", "Unit", "unit", tuple(checks))


def test_a_manual_check_waits_for_a_person_whatever_the_judge_said():
    result = score("ada", by_hand(6), judgement(Status.PASSED))
    assert (result.score, result.status) == (4, "manual")
    assert [c.waiting for c in result.checks] == [False, True]


@pytest.mark.parametrize(("given", "word"), [(6, "passed"), (2, "failed"), (0, "failed")])
def test_what_a_person_gives_is_the_score_of_a_manual_check(given, word):
    marked = {"m-0": Marked(Fraction(given), "Well\nput")}
    result = score("ada", by_hand(6), judgement(Status.PASSED), marked)
    assert (result.score, result.status) == (4 + given, word)
    assert (result.checks[1].result.reason, result.checks[1].waiting) == ("Well put", False)


def test_one_of_two_manual_checks_still_waits():
    marked = {"m-0": Marked(Fraction(1))}
    result = score("ada", by_hand(1, 2), judgement(Status.PASSED), marked)
    assert (result.score, result.status) == (5, "manual")


def test_a_person_s_points_count_for_manual_checks_alone_and_up_to_what_they_are_worth():
    marked = {"check-0": Marked(Fraction(3)), "m-0": Marked(Fraction(10))}
    result = score("ada", by_hand(6), judgement(Status.FAILED), marked)
    assert (result.score, result.max_score) == (6, 10)
