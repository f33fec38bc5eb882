"""The nouns of the grader, as frozen data. No behaviour beyond what a noun knows of itself.

Data flows one way: Course → Assignment → Submission → Measurement → CheckResult → Result.
`Measurement` is the trust boundary: what is left of it was claimed by a student's process, and
what is right of it is computed by the judge from arrays alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from grader.policy import Policy

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    Array = NDArray[Any]
    Arrays = Mapping[str, Array]

COMMON = "common"
"""The regime of a case or check that names none."""

Kind = Literal["matches", "gradient", "shaped", "unchanged", "same", "cost", "manual"]


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
