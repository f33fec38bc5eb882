"""What a submission is measured on, and what it answered, as frozen data.

`Measurement` is the trust boundary: what is in it was claimed by a student's process, and
whatever is made of it is computed by the judge from arrays alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grader.model import Case, Check

if TYPE_CHECKING:
    from grader.model import Array, Arrays


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
