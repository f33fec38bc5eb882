"""Every answer held against the reference's: one `Finding` per case and quantity. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from grader import compare
from grader.measurement import Answer, Bench, Failure, Measurement
from grader.model import Check, Quantity
from grader.verdict import Diagnosis

if TYPE_CHECKING:
    from grader.model import Array


NOTHING = 1e-12
"""An entry below this is rounding."""


@dataclass(frozen=True)
class Finding:
    """How one quantity of one case came out.

    `what` is "right", or what is wrong in a word: "wrong", "shape", "dtype", "returned",
    "not_finite", or "failure" when the call itself failed.
    """

    case: str
    quantity: Quantity
    what: str
    error: float = 0.0
    tolerance: float = 0.0
    got: Array | None = None
    want: Array | None = None
    returned: str = ""
    failure: Failure | None = None

    @property
    def right(self) -> bool:
        return self.what == "right"

    @property
    def well_shaped(self) -> bool:
        """A finite array of the right shape: its values can be looked at."""
        return self.what in ("right", "wrong")

    @property
    def empty(self) -> bool:
        """Zero throughout where the reference is not: an answer that answers nothing.

        A reference of nothing but rounding (1 − h² of a saturated unit is 0 or 2e-16) is zero.
        """
        if not self.well_shaped or self.want is None or np.any(self.got):
            return False
        return bool(np.max(np.abs(self.want), initial=0.0) > NOTHING)


Findings = Mapping[tuple[str, str, str], Finding]
"""By (case id, call, output name)."""


@dataclass(frozen=True)
class Evidence:
    """All that a check may look at."""

    bench: Bench
    measurement: Measurement
    findings: Findings
    precision: Mapping[str, np.dtype[Any]]
    named: Mapping[tuple[str, str], Diagnosis] | None = None
    """What known mistakes explain, by (call, output name); None: not asked yet."""

    @property
    def known(self) -> frozenset[str]:
        """The calls with wrong answers, all of which known mistakes explain."""
        wrong = {
            (call, name)
            for (case, call, name), f in self.findings.items()
            if case not in self.bench.timed and not f.right
        }
        named = self.named or {}
        return frozenset({call for call, _ in wrong} - {k[0] for k in wrong if k not in named})

    def of(self, check: Check, quantities: Iterable[Quantity]) -> list[Finding]:
        """The findings on `quantities` in the cases of the check's regime, in case order."""
        found = []
        for case in self.bench.of(check):
            for q in quantities:
                names = [q.name] if q.name else self.bench.expected[case, q.call].arrays
                found += [self.findings[case, q.call, name] for name in names]
        return found


def evidence(bench: Bench, measurement: Measurement) -> Evidence:
    """Compare every answer with the reference's; a question without an answer ran out of time."""
    precision = {case: _precision(case, measurement) for case in bench.cases}
    found: dict[tuple[str, str, str], Finding] = {}
    for (case, call), want in bench.expected.items():
        got = measurement.answers.get((case, call))
        found |= _of_answer(case, call, got, want, precision[case])
    return Evidence(bench, measurement, found, precision)


def with_answers(
    e: Evidence, measurement: Measurement, new: Mapping[tuple[str, str], Answer]
) -> Evidence:
    """`e` with `measurement`, which differs from before in the answers `new`."""
    found, precision = dict(e.findings), dict(e.precision)
    for (case, call), got in new.items():
        precision[case] = _precision(case, measurement)
        want = e.bench.expected[case, call]
        found |= _of_answer(case, call, got, want, precision[case])
    return replace(e, measurement=measurement, findings=found, precision=precision)


def _of_answer(
    case: str, call: str, got: Answer | None, want: Answer, dtype: np.dtype[Any]
) -> dict[tuple[str, str, str], Finding]:
    return {
        (case, call, name): finding(case, Quantity(call, name), got, array, dtype)
        for name, array in want.arrays.items()
    }


def finding(
    case: str, quantity: Quantity, answer: Answer | None, want: Array, dtype: np.dtype[Any]
) -> Finding:
    """How the array that `answer` gives for `quantity` compares with `want`."""
    if answer is None or answer.failure is not None:
        failure = answer.failure if answer else Failure("timeout")
        return Finding(case, quantity, "failure", failure=failure, want=want)
    name = str(quantity.name)
    got = answer.arrays.get(name)
    if got is None:
        returned = answer.returned.get(name, "nothing")
        return Finding(case, quantity, "returned", returned=returned, want=want)
    what, error, tolerance = _compare(got, want, dtype)
    return Finding(case, quantity, what, error, tolerance, got, want)


def _compare(got: Array, want: Array, dtype: np.dtype[Any]) -> tuple[str, float, float]:
    """`Finding.what`, the relative error, and the one that would be tolerated."""
    if got.shape != want.shape:
        return "shape", float("inf"), 0.0
    if want.dtype.kind != "f":
        same = got.dtype.kind == want.dtype.kind and np.array_equal(got, want)
        return ("right", 0.0, 0.0) if same else ("wrong", 1.0, 0.0)
    if got.dtype.kind != "f":
        return "dtype", float("inf"), 0.0
    error, tolerance = compare.relative_error(got, want), compare.TOLERANCE[dtype]
    if error == float("inf") and not np.isfinite(got).all():
        return "not_finite", error, 0.0
    return "right" if error <= tolerance else "wrong", error, tolerance


def _precision(case: str, m: Measurement) -> np.dtype[Any]:
    """That of forward and backward of any part; where there is none, that of all answers."""
    answers = {call: a for (c, call), a in m.answers.items() if c == case}
    telling = [a for call, a in answers.items() if call.endswith(("forward", "backward"))]
    return compare.precision(x for a in telling or answers.values() for x in a.arrays.values())
