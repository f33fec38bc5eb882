"""What the results of a class say, exercise by exercise: pure functions, exact until shown."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from grader.model import Assignment
from grader.report.example import Example
from grader.verdict import Diagnosis, Result, ScoredCheck

STEPS = 10
"""Into how many bars the scores below full marks are divided; full marks have one of their own."""


@dataclass(frozen=True)
class Bar:
    """How many scores are from `low` to below `high` percent; equal for the bar of full marks."""

    low: int
    high: int
    count: int
    share_of_tallest: Fraction


@dataclass(frozen=True)
class CheckSummary:
    """How a class did in one check. `earned` is the share of its points earned, from 0 to 1."""

    id: str
    title: str
    points: Fraction
    full: int
    part: int
    none: int
    earned: Fraction


@dataclass(frozen=True)
class MistakeSummary:
    """A mistake, or several that cannot be told apart, with all who made it.

    `example` is the diagnosis of the first of `students`; `quantities` is where it showed; `line`
    is one of a student's that reads like it.
    """

    example: Diagnosis
    quantities: tuple[str, ...]
    students: tuple[str, ...]
    line: Example | None = None


@dataclass(frozen=True)
class ExerciseSummary:
    """One exercise. Figures are of all that was handed in; `mean` and `median` are None if nothing.

    What could not be graded counts 0; `missing` is apart, and in no figure of points.
    """

    assignment: Assignment
    results: tuple[Result, ...]
    graded: int
    full: int
    late: int
    missing: int
    mean: Fraction | None
    median: Fraction | None
    bars: tuple[Bar, ...]
    checks: tuple[CheckSummary, ...]
    mistakes: tuple[MistakeSummary, ...]
    problems: tuple[Result, ...]


def summarise(
    assignment: Assignment, results: Iterable[Result], students: int | None = None
) -> ExerciseSummary:
    """The figures of `assignment` in a class of `students`, of whom some may have nothing in it.

    Results of the same score keep their order.
    """
    ranked = sorted(results, key=lambda r: -r.score)
    graded = [r for r in ranked if is_graded(r)]
    scores = [r.score for r in ranked]
    return ExerciseSummary(
        assignment=assignment,
        results=tuple(ranked),
        graded=len(graded),
        full=sum(r.score == r.max_score for r in graded),
        late=sum(r.is_late for r in ranked),
        missing=max(students - len(ranked), 0) if students and ranked else 0,
        mean=statistics.mean(scores) if scores else None,
        median=statistics.median(scores) if scores else None,
        bars=bars(r.score / r.max_score if r.max_score else Fraction(1) for r in ranked),
        checks=_hardest_first(assignment, ranked),
        mistakes=_mistakes(graded),
        problems=tuple(r for r in ranked if r.problem or not is_graded(r)),
    )


def is_graded(result: Result) -> bool:
    """Whether the submission was run at all; if not, it counts 0 like one that does nothing."""
    return result.status != "ungraded"


def bars(shares: Iterable[Fraction]) -> tuple[Bar, ...]:
    """The distribution of shares from 0 to 1."""
    counts = [0] * (STEPS + 1)
    for share in shares:
        counts[min(int(STEPS * share), STEPS)] += 1
    width, tallest = 100 // STEPS, max(counts) or 1
    return tuple(
        Bar(i * width, min((i + 1) * width, 100), count, Fraction(count, tallest))
        for i, count in enumerate(counts)
    )


def _hardest_first(assignment: Assignment, results: Sequence[Result]) -> tuple[CheckSummary, ...]:
    scored: dict[str, list[ScoredCheck]] = {c.id: [] for c in assignment.checks}
    for r in results:
        for c in r.checks:
            scored.setdefault(c.result.id, []).append(c)
    summaries = [_check(id, of_class) for id, of_class in scored.items() if of_class]
    return tuple(sorted(summaries, key=lambda s: s.earned))


def _check(id: str, scored: Sequence[ScoredCheck]) -> CheckSummary:
    full = sum(c.points == c.max_points for c in scored)
    none = sum(c.points == 0 < c.max_points for c in scored)
    possible = sum((c.max_points for c in scored), Fraction(0))
    earned = sum((c.points for c in scored), Fraction(0))
    return CheckSummary(
        id=id,
        title=scored[0].title,
        points=scored[0].max_points,
        full=full,
        part=len(scored) - full - none,
        none=none,
        earned=earned / possible if possible else Fraction(1),
    )


def _mistakes(results: Iterable[Result]) -> tuple[MistakeSummary, ...]:
    """Every mistake that was recognised, the most frequent first. One student counts once."""
    example: dict[tuple[str, ...], Diagnosis] = {}
    students: dict[tuple[str, ...], list[str]] = {}
    quantities: dict[tuple[str, ...], list[str]] = {}
    for r in results:
        for names, found in diagnoses_of(r).items():
            example.setdefault(names, found[0])
            students.setdefault(names, []).append(r.student)
            quantities.setdefault(names, []).extend(d.quantity for d in found)
    return tuple(
        MistakeSummary(
            example[names], tuple(sorted(set(quantities[names]))), tuple(students[names])
        )
        for names in sorted(example, key=lambda names: (-len(students[names]), names))
    )


def diagnoses_of(result: Result) -> dict[tuple[str, ...], list[Diagnosis]]:
    """The distinct diagnoses of one submission by the names of their mistakes, in rubric order.

    "One of several" is dropped where one of the several is certain from another quantity.
    """
    found: dict[tuple[str, ...], list[Diagnosis]] = {}
    for c in result.checks:
        for d in c.result.diagnosis:
            same = found.setdefault(tuple(m.name for m in d.mistakes), [])
            if d not in same:
                same.append(d)
    certain = {names[0] for names in found if len(names) == 1}
    return {names: d for names, d in found.items() if len(names) == 1 or not certain & set(names)}
