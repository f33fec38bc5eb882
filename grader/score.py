"""From check results to points: pure, exact, and without rerunning anything.

Points are rationals throughout and become decimals only where they are shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from grader.messages import plain
from grader.model import Assignment, Check
from grader.verdict import CheckResult, Judgement, Marked, Result, ScoredCheck, Status

MOST_COMMENT = 2000


def credit(result: CheckResult, assignment: Assignment) -> Fraction:
    """The share of its points that a check earns, from 0 to 1."""
    if result.status is Status.PASSED:
        return Fraction(1)
    if result.status is Status.FOLLOW_THROUGH:
        return Fraction(1) if result.known else assignment.follow_through
    return Fraction(0)


def score(
    student: str,
    assignment: Assignment,
    judgement: Judgement,
    marked: Mapping[str, Marked] | None = None,
) -> Result:
    """The gradebook row of `student`. A check without a result (a new one) earns nothing.

    `marked` is what a person has given for manual checks, by id. It counts for these alone.
    """
    by_id = {r.id: r for r in judgement.checks}
    marked = marked or {}
    checks = tuple(
        _by_hand(c, by_id.get(c.id), marked.get(c.id))
        if c.kind == "manual"
        else _scored(c, by_id.get(c.id), assignment)
        for c in assignment.checks
    )
    return Result(
        student=student,
        assignment=assignment.slug,
        checks=checks,
        score=sum((c.points for c in checks), Fraction(0)),
        max_score=assignment.points,
        status=_status(checks) if judgement.checks else "ungraded",
        problem=judgement.problem,
        isolation=judgement.isolation,
    )


def _scored(check: Check, result: CheckResult | None, assignment: Assignment) -> ScoredCheck:
    result = result or CheckResult(check.id, Status.SKIPPED)
    return ScoredCheck(
        result=result,
        title=check.title,
        points=check.points * credit(result, assignment),
        max_points=check.points,
        waiting=result.status is Status.MANUAL,
    )


def _by_hand(check: Check, result: CheckResult | None, given: Marked | None) -> ScoredCheck:
    """A check that a person judges; nothing else earns its points."""
    result = replace(result or CheckResult(check.id, Status.MANUAL), status=Status.MANUAL)
    if given is None:
        return ScoredCheck(result, check.title, Fraction(0), check.points, waiting=True)
    reason = plain(given.comment, MOST_COMMENT) or result.reason
    return ScoredCheck(
        result=replace(result, reason=reason),
        title=check.title,
        points=min(given.points, check.points),
        max_points=check.points,
    )


def _status(checks: tuple[ScoredCheck, ...]) -> str:
    """One word for the row by the rubric as it is now; "manual" if a person has to look."""
    if any(c.waiting for c in checks):
        return "manual"
    by_hand = {c.points == c.max_points for c in checks if c.result.status is Status.MANUAL}
    statuses = {c.result.status for c in checks} - {Status.MANUAL}
    return "passed" if statuses <= {Status.PASSED} and False not in by_hand else "failed"
