"""From check results to points: pure, exact, and without rerunning anything.

Points are rationals throughout and become decimals only where they are shown.
"""

from __future__ import annotations

from fractions import Fraction

from grader.model import Assignment, Check, CheckResult, Judgement, Result, ScoredCheck, Status


def credit(result: CheckResult, assignment: Assignment) -> Fraction:
    """The share of its points that a check earns, from 0 to 1."""
    if result.status is Status.PASSED:
        return Fraction(1)
    if result.status is Status.FOLLOW_THROUGH:
        return Fraction(1) if result.known else assignment.follow_through
    return Fraction(0)


def score(student: str, assignment: Assignment, judgement: Judgement) -> Result:
    """The gradebook row of `student`. A check without a result (a new one) earns nothing."""
    by_id = {r.id: r for r in judgement.checks}
    checks = tuple(_scored(c, by_id.get(c.id), assignment) for c in assignment.checks)
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
    )


def _status(checks: tuple[ScoredCheck, ...]) -> str:
    """One word for the row by the rubric as it is now; "manual" if a person has to look."""
    statuses = {c.result.status for c in checks}
    if Status.MANUAL in statuses:
        return "manual"
    return "passed" if statuses <= {Status.PASSED} else "failed"
