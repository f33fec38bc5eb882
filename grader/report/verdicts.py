"""The checks of one submission as a reader wants them: what came out alike stands together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from grader.verdict import CheckResult, ScoredCheck, Status


@dataclass(frozen=True)
class Verdict:
    """Checks of which the same is to be said; `result` is that of the first."""

    result: CheckResult
    checks: tuple[ScoredCheck, ...]

    @property
    def points(self) -> Fraction:
        return sum((c.points for c in self.checks), Fraction(0))

    @property
    def max_points(self) -> Fraction:
        return sum((c.max_points for c in self.checks), Fraction(0))


def verdicts(checks: Iterable[ScoredCheck], *, told: bool) -> tuple[Verdict, ...]:
    """All checks in rubric order, but for those that passed, which come last and as one.

    Apart from these, checks stand together if their status and reason agree, and their details and
    diagnoses, where these are `told`.
    """
    alike: dict[object, list[ScoredCheck]] = {}
    passed: list[ScoredCheck] = []
    for c in checks:
        r = c.result
        more = (r.detail, r.diagnosis) if told else ()
        same = alike.setdefault((r.status, r.reason, more), [])
        (passed if r.status is Status.PASSED else same).append(c)
    groups = [tuple(group) for group in (*alike.values(), passed) if group]
    return tuple(Verdict(group[0].result, group) for group in groups)
