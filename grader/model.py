"""The nouns of the grader, as frozen data. No behaviour beyond what a noun knows of itself.

Data flows one way: Course → Assignment → Submission → Measurement → CheckResult → Result.
`Measurement` is the trust boundary: what is left of it was claimed by a student's process, and
what is right of it is computed by the judge from arrays alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from grader.policy import Policy

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from grader.policy import Lateness

    Array = NDArray[Any]
    Arrays = Mapping[str, Array]

COMMON = "common"
"""The regime of a case or check that names none."""

Kind = Literal["matches", "gradient", "shaped", "unchanged", "same", "cost", "manual"]


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
class Quantity:
    """One named array that a probe function returns; `name` is None for all it returns."""

    call: str
    name: str | None = None

    def __str__(self) -> str:
        return self.call if self.name is None else f"{self.call}.{self.name}"


@dataclass(frozen=True)
class Part:
    """Two probe functions that belong together: outputs, and gradients by input name.

    `forward` and `backward` for the part without a name, else `<name>_forward` and so on.
    """

    name: str = ""

    @property
    def forward(self) -> str:
        return f"{self.name}_forward" if self.name else "forward"

    @property
    def backward(self) -> str:
        return f"{self.name}_backward" if self.name else "backward"


@dataclass(frozen=True)
class Check:
    """One line of the rubric. What each field is for: docs/architecture.md, "Check kinds"."""

    id: str
    title: str
    kind: Kind
    points: Fraction
    regime: str = COMMON
    of: tuple[Quantity, ...] = ()
    part: str = ""
    input: str = ""
    builds_on: tuple[str, ...] = ()
    same_as: str = ""
    call: str = ""
    seconds: float = 0.5
    ratio: float = 200.0
    withholds: tuple[str, ...] = ()
    most: int = 0
    hint: str = ""

    @property
    def pair(self) -> Part:
        """The pair of functions whose derivative a gradient check is about."""
        return Part(self.part)

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """What the check looks at: for a gradient, the one array `backward.<input>` of its part."""
        if self.kind == "gradient":
            return (Quantity(self.pair.backward, self.input),)
        return self.of

    def cases(self, cases: Iterable[Case]) -> tuple[str, ...]:
        """The ids of those of `cases` that the check looks at: of its regime, the first `most`."""
        ids = tuple(c.id for c in cases if c.regime == self.regime)
        return ids[: self.most] if self.most else ids

    @property
    def calls(self) -> tuple[str, ...]:
        """The probe functions whose answers the check needs, without repeats."""
        named = [self.pair.forward] if self.kind == "gradient" else []
        named += [q.call for q in self.quantities]
        named += [c for c in (self.same_as, self.call, *self.builds_on) if c]
        return tuple(dict.fromkeys(named))


@dataclass(frozen=True)
class Case:
    """One set of input sizes, or regime, on which a submission is measured."""

    id: str
    sizes: Mapping[str, float | int | str | bool]
    regime: str = COMMON
    why: str = ""


@dataclass(frozen=True)
class Limits:
    """What one submission may use: `seconds` of wall clock in all, `memory_mb` of address space."""

    seconds: float = 10.0
    memory_mb: int = 512


@dataclass(frozen=True)
class Assignment:
    """The public rubric of one exercise (assignment.yaml)."""

    slug: str
    title: str
    module: str
    checks: tuple[Check, ...]
    requires: tuple[str, ...] = ()
    follow_through: Fraction = Fraction(1, 2)
    public: tuple[Case, ...] = ()
    limits: Limits = Limits()

    @property
    def points(self) -> Fraction:
        """The sum of all checks' points."""
        return sum((c.points for c in self.checks), Fraction(0))

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts whose gradients are checked, in rubric order."""
        return tuple(dict.fromkeys(c.pair for c in self.checks if c.kind == "gradient"))

    def timed(self, cases: Iterable[Case]) -> frozenset[str]:
        """The ids of those `cases` that are there to be timed; their values are not compared."""
        regimes = {c.regime for c in self.checks if c.kind == "cost"}
        return frozenset(c.id for c in cases if c.regime in regimes)

    @property
    def file_name(self) -> str:
        """What the student hands in."""
        return f"{self.module}.py"


@dataclass(frozen=True)
class Course:
    """course.yaml: the assignments in order and what applies to all of them."""

    root: Path
    id: str
    title: str
    slugs: tuple[str, ...]
    limits: Limits = Limits()
    policy: Policy = field(default_factory=Policy)


@dataclass(frozen=True)
class Mistake:
    """A known mistake: an edit of the reference's source, and what it must cost.

    A `slow` one gives right values after far too long, so it is never run to diagnose.
    """

    name: str
    when: str
    edits: tuple[tuple[str, str], ...]
    loses: frozenset[str]
    hint: str
    slow: bool = False


@dataclass(frozen=True)
class Attempt:
    """Which of a student's submissions of an assignment one is, from 1, and when it came.

    `name` is what its folder is called, "" if it has none of its own. `submitted` has a time zone;
    `time_from` says who says so: "manifest", "timestamp.txt", "file" (its last change), or "".
    """

    number: int = 1
    name: str = ""
    submitted: datetime | None = None
    time_from: str = ""


@dataclass(frozen=True)
class Submission:
    """The bytes a student handed in, unread: the judge never parses or compiles them."""

    student: str
    assignment: str
    file: str
    source: bytes = b""
    problem: SubmissionProblem | None = None
    attempt: Attempt = Attempt()


@dataclass(frozen=True)
class SubmissionProblem:
    """Why a submission cannot be graded at all: a key of the message catalogue and its details."""

    code: str
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """Why a call gave no arrays.

    `kind`: "exception" (raised in the student's code or the probe's call of it), "returned"
    (something that is no array came back), "timeout", "died" (the process ended), "refused"
    (a module that may not be imported), "notebook" (one that cannot be read; `type` says why).
    `line` and `code` are the student's own line, 0 and "" if it was not in the student's file; of a
    notebook it is the line in `cell`, from 1. All text is the student's: sanitise before showing.
    """

    kind: str
    type: str = ""
    message: str = ""
    line: int = 0
    code: str = ""
    cell: int = 0

    @property
    def not_implemented(self) -> bool:
        return self.type == "NotImplementedError"


@dataclass(frozen=True)
class Answer:
    """What one call of a probe function returned, or why it did not.

    `returned` describes, by output name, what came back that is no array the judge can read.
    `seconds` is by the judge's clock.
    """

    arrays: Mapping[str, Array] = field(default_factory=dict)
    returned: Mapping[str, str] = field(default_factory=dict)
    failure: Failure | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Bench:
    """What submissions are measured on: the cases, their inputs, and the reference's answers.

    `inputs` is by case id, `expected` by (case id, probe function). Both stay in the judge,
    but for the inputs of a case the child is asked about. `timed` are the ids of the cases that
    are only timed. `directions` seeds the directions of numerical derivatives, which nobody may
    foresee: a multiple of the direction has the right slope along it, and is no gradient.
    """

    cases: Mapping[str, Case]
    inputs: Mapping[str, Arrays]
    expected: Mapping[tuple[str, str], Answer]
    timed: frozenset[str] = frozenset()
    directions: int = 0

    def of(self, check: Check) -> tuple[str, ...]:
        """The ids of the cases that `check` looks at, in order."""
        return check.cases(self.cases.values())


@dataclass(frozen=True)
class Measurement:
    """All that a submission answered, by (case id, probe function), and what it printed.

    `slopes` are the numerical derivatives of the student's own forward, by (case id, part, input
    name), and `own` is the same entry by entry, by part. `rebuilt` is what the reference answers
    with the student's own functions in it, by (case id, probe function); None if that cannot be
    had. `too_easy` are those of the functions that ignore what the reference's depend on. These
    are filled where the judge asked for them.
    """

    answers: Mapping[tuple[str, str], Answer]
    slopes: Mapping[tuple[str, str, str], Derivative] = field(default_factory=dict)
    own: Mapping[str, Own] = field(default_factory=dict)
    rebuilt: Mapping[tuple[str, str], Answer] | None = None
    too_easy: frozenset[str] = frozenset()
    printed: str = ""


@dataclass(frozen=True)
class Own:
    """The student's forward differentiated entry by entry in one case.

    Both by input name: `gradient`, and `moves`, whether the outputs depend on an entry at all.
    """

    case: str
    gradient: Arrays = field(default_factory=dict)
    moves: Arrays = field(default_factory=dict)


@dataclass(frozen=True)
class Derivative:
    """A numerical directional derivative and the half-width of its error bar.

    `claimed` is the same derivative from the gradient that `backward` returned; `size` is the
    length of that gradient (or of the reference's, if longer), the scale of all three.
    """

    value: float
    bar: float
    claimed: float
    size: float


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
    attempt: Attempt = Attempt()
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
