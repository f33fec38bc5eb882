"""When work is due, what lateness costs, and what an exercise weighs: data and pure functions.

A deadline is the due time; the n-th late day ends at the same time of day on the n-th day after
it, by the clock of the course's time zone. Everything is compared as instants in UTC, and what is
taken off is an exact share of what was earned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from fractions import Fraction
from typing import Literal

MINUTE = timedelta(minutes=1)

Counting = Literal["best", "last"]


@dataclass(frozen=True)
class LatePolicy:
    """What lateness costs: a share of the points earned for each day begun.

    Up to `grace_minutes` cost nothing. `floor` is the share that always stays, until work of more
    than `cutoff_days` late days (None: of any number) is refused.
    """

    grace_minutes: int = 0
    penalty_per_day: Fraction = Fraction(0)
    floor: Fraction = Fraction(0)
    cutoff_days: int | None = None

    def penalty(self, days: int) -> Fraction:
        """The share of the points taken off after so many days."""
        return min(days * self.penalty_per_day, 1 - self.floor)


@dataclass(frozen=True)
class Terms:
    """What holds for one assignment. `due` is in the course's time zone."""

    due: datetime | None = None
    weight: Fraction = Fraction(1)
    late: LatePolicy = LatePolicy()


@dataclass(frozen=True)
class Extension:
    """More time for one student: until `due`, or `days` after the due time, at the same hour.

    For all assignments if `assignment` is "".
    """

    student: str
    assignment: str = ""
    due: datetime | None = None
    days: int = 0


@dataclass(frozen=True)
class Lateness:
    """How late one submission is: by full `minutes` after `due`, of which `days` days cost.

    `due` is the student's own due time, `extended` if it is later than the others'. `penalty` is
    the share of the points that is taken off: all of them if the submission is `refused`.
    """

    due: datetime
    extended: bool = False
    minutes: int = 0
    days: int = 0
    penalty: Fraction = Fraction(0)
    refused: bool = False


@dataclass(frozen=True)
class Policy:
    """The rules of a course, applied when results are shown and never when code is run."""

    zone: tzinfo = UTC
    counts: Counting = "best"
    terms: Mapping[str, Terms] = field(default_factory=dict)
    extensions: tuple[Extension, ...] = ()

    def of(self, assignment: str) -> Terms:
        """The terms of `assignment`; without any, there is no due time and the weight is 1."""
        return self.terms.get(assignment, Terms())

    def due_times(self, student: str, assignment: str) -> tuple[datetime, ...]:
        """The due time and those of the student's extensions, of which the latest holds."""
        due = self.of(assignment).due
        if due is None:
            return ()
        own = [
            e for e in self.extensions if e.student == student and e.assignment in ("", assignment)
        ]
        return (due, *(e.due or _later(due, e.days) for e in own))

    def lateness(
        self, student: str, assignment: str, submitted: datetime | None, *, certain: bool = True
    ) -> Lateness | None:
        """How late `submitted` (of any time zone) is. None without a due time, or a time at all.

        A time that is not `certain`, a file's own, refuses nothing: copying a file may change it.
        """
        due_times = self.due_times(student, assignment)
        if not due_times or submitted is None:
            return None
        late = self.of(assignment).late
        found = lateness(submitted, due_times, late)
        if found.refused and not certain:
            return replace(found, refused=False, penalty=late.penalty(late.cutoff_days or 0))
        return found


def lateness(submitted: datetime, due_times: Sequence[datetime], late: LatePolicy) -> Lateness:
    """How late `submitted` is, given the due time and further ones that extensions allow.

    Minutes are full ones: what is due at 23:59 and comes at 23:59:59 is in time. The later
    `submitted`, the higher the penalty; another due time never makes it higher.
    """
    submitted = submitted.astimezone(UTC)
    due = max(due_times, key=_instant)
    minutes = max(0, (submitted - _instant(due)) // MINUTE)
    days = _late_days(submitted, due_times, late.grace_minutes)
    refused = late.cutoff_days is not None and days > late.cutoff_days
    return Lateness(
        due=due,
        extended=_instant(due) > _instant(due_times[0]),
        minutes=minutes,
        days=days,
        penalty=Fraction(1) if refused else late.penalty(days),
        refused=refused,
    )


def instants(local: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """The two instants that the time `local`, without a zone of its own, may mean in `zone`.

    They are the same but where clocks are changed. When they go back, an hour comes twice: the
    first is before the second. When they go forward, an hour is left out: the first is after the
    second, and neither is what the clock said.
    """
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first, second


def which_counts(
    scores: Iterable[tuple[Fraction, bool]], accepted: Sequence[bool], how: Counting
) -> int:
    """Which of a student's submissions counts, from 0.

    `scores` are pairs of points and whether it could be graded at all. The best is the last of
    those with most points; the last is the last that was not refused, if there is one.
    """
    if how == "last":
        taken = [i for i, yes in enumerate(accepted) if yes]
        return taken[-1] if taken else len(accepted) - 1
    ranked = list(scores)
    return max(range(len(ranked)), key=lambda i: (ranked[i], i))


def weighted(shares: Mapping[str, Fraction], policy: Policy) -> Fraction | None:
    """The share of a whole course earned, from 0 to 1, given that of each assignment by slug.

    None if nothing in it has any weight.
    """
    weight = sum((policy.of(slug).weight for slug in shares), Fraction(0))
    if not weight:
        return None
    return sum((policy.of(slug).weight * x for slug, x in shares.items()), Fraction(0)) / weight


def _late_days(submitted: datetime, due_times: Sequence[datetime], grace_minutes: int) -> int:
    """By how many days the due times need to move for no lateness to be left."""

    def late_after(days: int) -> bool:
        end = max(_instant(due, days) for due in due_times)
        return (submitted - end) // MINUTE > grace_minutes

    latest = max(_instant(due) for due in due_times)
    # A day is an hour short or long when clocks are changed, so the search begins one too low.
    days = max(0, (submitted - latest - grace_minutes * MINUTE).days - 1)
    while late_after(days):
        days += 1
    return days


def _instant(due: datetime, days: int = 0) -> datetime:
    return (_later(due, days) if days else due).astimezone(UTC)


def _later(due: datetime, days: int) -> datetime:
    """The same time of day, `days` later; where clocks are changed then, the later reading."""
    local = due.replace(tzinfo=None) + timedelta(days=days)
    assert due.tzinfo is not None
    return max(instants(local, due.tzinfo)).astimezone(due.tzinfo)
