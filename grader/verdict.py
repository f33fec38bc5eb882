"""What a submission comes to, as frozen data: a check's result, a judgement, points, a row.

Data flows one way: Measurement → CheckResult → Judgement → Result.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from grader.model import Attempt

if TYPE_CHECKING:
    from datetime import datetime

    from grader.policy import Lateness


class Status(StrEnum):
    """How a check came out."""

    PASSED = "passed"
    FOLLOW_THROUGH = "follow_through"
    FAILED = "failed"
    ERROR = "error"
    TIMEOUT = "timeout"
    SKIPPED = "skipped"
    MANUAL = "manual"


@dataclass(frozen=True)
class Recognised:
    """A known mistake whose answers equal the student's."""

    name: str
    when: str
    hint: str


@dataclass(frozen=True)
class Diagnosis:
    """What is known of one wrong quantity. Several mistakes: they cannot be told apart."""

    quantity: str
    mistakes: tuple[Recognised, ...]


@dataclass(frozen=True)
class CheckResult:
    """How one check came out, before points.

    `reason` may be shown for a hidden check; `detail` lines hold numbers and the student's own
    text, and are for public checks and the instructor. `error` is the largest relative error
    against the reference, `numeric` the largest against the student's own forward (None: not
    measured). `known`: a follow-through from a known mistake, which earns full marks.
    """

    id: str
    status: Status
    known: bool = False
    reason: str = ""
    detail: tuple[str, ...] = ()
    error: float | None = None
    numeric: float | None = None
    diagnosis: tuple[Diagnosis, ...] = ()
    hint: str = ""


@dataclass(frozen=True)
class Judgement:
    """All check results of one submission, in rubric order. `problem`: it could not be run."""

    checks: tuple[CheckResult, ...]
    problem: str = ""
    printed: str = ""
    isolation: str = ""


@dataclass(frozen=True)
class Marked:
    """What a person has given for a manual check, whichever attempt counts."""

    points: Fraction
    comment: str = ""


@dataclass(frozen=True)
class ScoredCheck:
    """A check result with its points. `waiting`: a person has still to say how many."""

    result: CheckResult
    title: str
    points: Fraction
    max_points: Fraction
    waiting: bool = False


@dataclass(frozen=True)
class Result:
    """One gradebook row with everything behind it.

    `score` is what is left of the checks' points after the penalty for lateness. `attempts` are
    all of the student's submissions of the assignment, this one among them, where there may be
    several: theirs are empty.
    """

    student: str
    assignment: str
    checks: tuple[ScoredCheck, ...]
    score: Fraction
    max_score: Fraction
    status: str
    problem: str = ""
    isolation: str = ""
    attempt: Attempt = field(default_factory=Attempt)
    lateness: Lateness | None = None
    attempts: tuple[Result, ...] = ()

    @property
    def earned(self) -> Fraction:
        """The checks' points, before lateness."""
        return sum((c.points for c in self.checks), Fraction(0))

    @property
    def came(self) -> datetime | None:
        """When it was handed in. A file's own date is told only where a due time asks for it."""
        told = self.lateness is not None or self.attempt.time_from != "file"
        return self.attempt.submitted if told else None

    @property
    def is_late(self) -> bool:
        """Whether it came later than the time of grace allows."""
        return self.lateness is not None and self.lateness.days > 0
