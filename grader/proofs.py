"""A reference proven right by other means than its own formulas.

Gradients by complex step; all other answers by the functions of solutions/<slug>/proof.py, which
the author writes by another way (loops, fractions, whatever is slow and plain).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grader.exercise import Exercise
from grader.measurement import Bench
from grader.model import Part, Quantity
from grader.probe import copies

if TYPE_CHECKING:
    from grader.model import Array, Arrays

PROOF = 1e-12
"""The largest relative error of a reference's answer against its proof."""

COMPLEX_STEP = 1e-30


@dataclass(frozen=True)
class Proven:
    """How many arrays were proven, in all cases together, to which relative error at worst."""

    gradients: int
    values: int
    error: float
    failures: tuple[str, ...]


@dataclass(frozen=True)
class _Compared:
    what: Quantity
    case: str
    error: float

    @property
    def failure(self) -> str:
        off = f"off by {self.error:.1e}" if np.isfinite(self.error) else "not even of the shape"
        return f"{self.what} in case {self.case} is {off} of what its proof gives."


def of_reference(e: Exercise, bench: Bench) -> Proven:
    """Hold every answer of the reference, in every case that is not timed, against its proof."""
    failures = list(_unproven(e))
    gradients = list(_gradients(e, bench, failures))
    values = list(_values(e, bench, failures))
    every = gradients + values
    failures += [c.failure for c in every if not c.error <= PROOF]
    worst = max((c.error for c in every), default=0.0)
    return Proven(len(gradients), len(values), worst, tuple(failures))


def complex_step(e: Exercise, given: Arrays, part: Part, name: str) -> Array:
    """∂F/∂p of the reference's forward for input `name`: Im F(p + ih) / h, entry by entry.

    Exact to rounding, since nothing is subtracted (Squire & Trapp, "Using complex variables to
    estimate derivatives of real functions", SIAM Review 40, 1998).
    """
    p = given[name]
    gradient = np.zeros(p.shape)
    forward = getattr(e.probe.module, part.forward)
    for index in np.ndindex(p.shape):
        a = copies(given)
        moved = p.astype(complex)
        moved[index] += 1j * COMPLEX_STEP
        a[name] = moved
        outputs = forward(e.reference, a)
        total = sum(float((given[f"d{y}"] * value.imag).sum()) for y, value in outputs.items())
        gradient[index] = total / COMPLEX_STEP
    return gradient


def _gradients(e: Exercise, bench: Bench, failures: list[str]) -> Iterator[_Compared]:
    for part in e.assignment.parts:
        for case in bench.cases:
            answer = bench.expected.get((case, part.backward))
            if answer is None or case in bench.timed:
                continue
            if answer.failure is not None:
                failures.append(f"{part.backward} raises {answer.failure.type} in case {case}.")
                continue
            for name, got in answer.arrays.items():
                want = complex_step(e, bench.inputs[case], part, name)
                scale = float(np.linalg.norm(bench.inputs[case][name]))
                error = _error(got, want, 1e-14 * max(scale, 1.0))
                yield _Compared(Quantity(part.backward, name), case, error)


def _values(exercise: Exercise, bench: Bench, failures: list[str]) -> Iterator[_Compared]:
    for (case, call), answer in bench.expected.items():
        proof = getattr(exercise.proof, call, None)
        if proof is None or case in bench.timed:
            continue
        try:
            wanted = proof(copies(bench.inputs[case]))
        except Exception as e:
            failures.append(f"proof.{call} raises {type(e).__name__} in case {case}: {e}.")
            continue
        for name, want in wanted.items():
            got = answer.arrays.get(name)
            error = float("inf") if got is None else _error(got, np.asarray(want), 0.0)
            yield _Compared(Quantity(call, name), case, error)


def _unproven(e: Exercise) -> Iterator[str]:
    matched = {q.call for c in e.assignment.checks if c.kind == "matches" for q in c.quantities}
    for call in sorted(matched):
        if not hasattr(e.proof, call):
            yield (
                f"{call} has no proof. Add a function of that name to "
                f"solutions/{e.assignment.slug}/proof.py."
            )


def _error(got: Array, want: Array, nothing: float) -> float:
    """The relative error; zero for a difference below `nothing`, which is rounding."""
    if got.shape != want.shape:
        return float("inf")
    error = float(np.linalg.norm(got.astype(float) - want.astype(float)))
    if error <= nothing:
        return 0.0
    return error / max(float(np.linalg.norm(want.astype(float))), 1e-30)
