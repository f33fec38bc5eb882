"""From stored attempts to the rows of a gradebook: lateness, which attempt counts, what is missing.

Pure, and exact: a changed policy or rubric is applied by counting again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import groupby

from grader.model import Assignment, Attempt
from grader.policy import Policy, weighted, which_counts
from grader.score import score
from grader.store import Row, Store
from grader.verdict import Result

MISSING = "missing"
"""The status of work that was not handed in."""


def results(
    rows: Iterable[Row], assignments: Mapping[str, Assignment], policy: Policy
) -> list[Result]:
    """One result a student and assignment, by assignment and then student.

    It is that of the attempt that counts, with all `attempts` in it. Whoever has handed in
    something, but not what somebody else has, gets a result of 0 that is missing.
    """
    rows = sorted(rows, key=lambda r: (r.assignment, r.student, r.attempt.number))
    whose = [(r.student, r.assignment) for r in rows]
    return list(each(rows, whose, assignments, policy))


def each(
    rows: Iterable[Row],
    whose: Iterable[tuple[str, str]],
    assignments: Mapping[str, Assignment],
    policy: Policy,
) -> Iterator[Result]:
    """The same one by one, out of rows in the order of the store; never more than one student's.

    `whose` are the (student, assignment) that there are rows of.
    """
    whose = list(whose)
    students = sorted({student for student, _ in whose})
    groups = groupby(rows, key=lambda r: (r.assignment, r.student))
    group = next(groups, None)
    for slug in sorted({slug for _, slug in whose}):
        for student in students:
            while group is not None and group[0] < (slug, student):
                group = next(groups, None)  # somebody whom another run has added meanwhile
            if group is not None and group[0] == (slug, student):
                yield _counted([scored(r, assignments[slug], policy) for r in group[1]], policy)
                group = next(groups, None)
            else:
                yield _missing(student, assignments[slug])


def of_store(
    store: Store,
    assignments: Mapping[str, Assignment],
    policy: Policy,
    wanted: Callable[[str, str], bool] = lambda student, slug: True,
) -> Iterator[Result]:
    """The same of what is stored about `assignments`: read, counted and let go one by one.

    Of (student, assignment) that are `wanted`.
    """

    def counts(student: str, slug: str) -> bool:
        return slug in assignments and wanted(student, slug)

    whose = [one for one in store.whose() if counts(*one)]
    return each(store.attempts(counts), whose, assignments, policy)


def scored(row: Row, assignment: Assignment, policy: Policy) -> Result:
    """One attempt with its points, what lateness costs taken off."""
    result = score(row.student, assignment, row.judgement, row.marked)
    certain = row.attempt.time_from != "file"
    submitted = row.attempt.submitted
    late = policy.lateness(row.student, row.assignment, submitted, certain=certain)
    submitted = row.attempt.submitted and row.attempt.submitted.astimezone(policy.zone)
    return replace(
        result,
        attempt=replace(row.attempt, submitted=submitted),
        lateness=late,
        score=result.score * (1 - late.penalty) if late else result.score,
    )


def totals(results: Iterable[Result], policy: Policy) -> dict[str, Fraction | None]:
    """The share of the course that each student has earned, from 0 to 1, by the weights.

    Of the assignments in `results`; None if all of these weigh nothing.
    """
    shares: dict[str, dict[str, Fraction]] = {}
    for r in results:
        share = r.score / r.max_score if r.max_score else Fraction(1)
        shares.setdefault(r.student, {})[r.assignment] = share
    return {student: weighted(shares[student], policy) for student in sorted(shares)}


def strangers(results: Iterable[Result], policy: Policy) -> Iterator[str]:
    """A line for each student with an extension of whom there is no work: perhaps a wrong name."""
    students = {r.student for r in results}
    for name in dict.fromkeys(e.student for e in policy.extensions):
        if name not in students:
            yield f"extensions.yaml names {name}, of whom nothing is graded. Check the name."


def waiting(results: Iterable[Result]) -> Iterator[str]:
    """A line for each manual check with those whose work no person has marked yet."""
    return waiting_lines(
        (r.student, r.assignment, c.result.id) for r in results for c in r.checks if c.waiting
    )


def waiting_lines(checks: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """The same of (student, assignment, check id)."""
    whose: dict[tuple[str, str], list[str]] = {}
    for student, slug, check in checks:
        whose.setdefault((slug, check), []).append(student)
    for (slug, check), students in whose.items():
        yield f"{slug}, {check}: not marked yet: {', '.join(students)}."


def _counted(attempts: list[Result], policy: Policy) -> Result:
    number = which_counts(
        [(r.score, r.status != "ungraded") for r in attempts],
        [r.lateness is None or not r.lateness.refused for r in attempts],
        policy.counts,
    )
    return replace(attempts[number], attempts=tuple(attempts))


def _missing(student: str, assignment: Assignment) -> Result:
    return Result(
        student, assignment.slug, (), Fraction(0), assignment.points, MISSING, attempt=Attempt(0)
    )
