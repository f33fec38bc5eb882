"""Numerical derivatives of a forward that is evaluated elsewhere: which, where, how often tried.

The forward is the student's, evaluated by the child, or that of a known mistake, evaluated by the
judge; `gradcheck` has the mathematics.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from grader import gradcheck
from grader.findings import Evidence
from grader.gradcheck import Verdict
from grader.measurement import Answer, Derivative
from grader.model import Assignment, Check, Part
from grader.worker import Ask

SAMPLED = 2

Key = tuple[str, str, str]
"""A case id, the name of a part, and the name of an input."""

Evaluate = Callable[[Sequence[Ask]], Sequence[Answer]]
"""The outputs of a part's forward at the points of each question."""


def wanted(assignment: Assignment, found: Evidence, *, thorough: bool) -> list[Key]:
    """What to differentiate: every case of a gradient check for a wrong forward, else a few.

    A forward that equals the reference's has the reference's derivatives, which are proven; a
    few are reported all the same. `thorough`: all of them in any event.
    """
    keys = []
    for check in assignment.checks:
        if check.kind == "gradient":
            cases = found.bench.of(check)
            right = all(forward_right(found, case, check.pair) for case in cases)
            some = cases[:SAMPLED] if right and not thorough else cases
            usable = (case for case in some if outputs_usable(found, case, check.pair))
            keys += [(case, check.part, check.input) for case in usable]
    return keys


def wanted_of_timed(assignment: Assignment, found: Evidence) -> list[Key]:
    """The gradients of timed cases that a withheld check may earn by following a wrong forward.

    Without a look at them, whoever tries out inputs on small cases could answer anything here.
    """
    by_id = {c.id: c for c in assignment.checks}
    keys = []
    for check in assignment.checks:
        for other in (by_id[name] for name in check.withholds):
            if other.kind == "gradient" and _follows(other, found):
                asked = (c for c in found.bench.of(check) if _asked(other, found, c))
                keys += [(case, other.part, other.input) for case in asked]
    return keys


def _asked(check: Check, found: Evidence, case: str) -> bool:
    """Whether the gradient of `check` was asked for in a case: a timed one has one part's only."""
    return (case, check.pair.backward, check.input) in found.findings


def measure(found: Evidence, keys: Sequence[Key], evaluate: Evaluate) -> dict[Key, Derivative]:
    """The derivative along one direction, by case and input.

    Unless the verdict is good, the next step is tried, along another direction. Inconsistent is
    only what every attempt finds so: noise may deceive one of them.
    """
    slopes: dict[Key, Derivative] = {}
    for attempt in range(max(len(s) for s in gradcheck.STEPS.values())):
        keys = [k for k in keys if attempt < len(gradcheck.STEPS[found.precision[k[0]]])]
        tried = _attempt(found, keys, attempt, evaluate) if keys else {}
        verdicts = {k: gradcheck.verdict(d, found.precision[k[0]]) for k, d in tried.items()}
        slopes |= {
            k: d
            for k, d in tried.items()
            if k not in slopes or verdicts[k] is not Verdict.INCONSISTENT
        }
        keys = [k for k, v in verdicts.items() if v is not Verdict.CONSISTENT]
    return slopes


def forward_right(found: Evidence, case: str, part: Part) -> bool:
    """Whether all outputs of a part in a case equal the reference's."""
    names = found.bench.expected[case, part.forward].arrays
    return all(found.findings[case, part.forward, y].right for y in names)


def outputs_usable(found: Evidence, case: str, part: Part) -> bool:
    """Whether all outputs of a part in a case are finite arrays of the right shape."""
    names = found.bench.expected[case, part.forward].arrays
    return all(found.findings[case, part.forward, y].well_shaped for y in names)


def usable(answer: Answer, shapes: Mapping[str, tuple[int, ...]]) -> bool:
    """Whether `answer` has finite arrays of these shapes."""
    return all(
        y in answer.arrays
        and answer.arrays[y].shape == shape
        and answer.arrays[y].dtype.kind == "f"
        and bool(np.isfinite(answer.arrays[y]).all())
        for y, shape in shapes.items()
    )


def _follows(check: Check, found: Evidence) -> bool:
    """Whether a gradient fits the student's own wrong forward wherever it was differentiated."""
    cases = found.bench.of(check)
    if all(found.findings[case, check.pair.backward, check.input].right for case in cases):
        return False
    slopes = found.measurement.slopes
    every = [(case, check.part, check.input) for case in cases]
    keys = [k for k in every if k in slopes]
    return bool(keys) and all(
        gradcheck.verdict(slopes[k], found.precision[k[0]]) is not Verdict.INCONSISTENT
        for k in keys
    )


def _attempt(
    found: Evidence, keys: Sequence[Key], attempt: int, evaluate: Evaluate
) -> dict[Key, Derivative]:
    asks, along = [], []
    for number, (case, part, name) in enumerate(keys):
        p = found.bench.inputs[case][name]
        h = gradcheck.STEPS[found.precision[case]][attempt]
        # The child cannot know the direction before it has answered for the gradient.
        rng = np.random.default_rng([found.bench.directions, attempt, number])
        v = gradcheck.direction(p.shape, rng)
        asks.append(Ask(case, Part(part).forward, name, gradcheck.points(p, v, h)))
        along.append((v, h))
    outputs: dict[str, set[str]] = {}
    for (_, call), expected in found.bench.expected.items():
        outputs.setdefault(call, set()).update(expected.arrays)
    slopes = {}
    for (case, part, name), (v, h), answer in zip(keys, along, evaluate(asks), strict=True):
        given = found.bench.inputs[case]
        # An upstream gradient has the shape of its output.
        names = outputs[Part(part).forward]
        shapes = {y: (gradcheck.POINTS, *given[f"d{y}"].shape) for y in names}
        if not usable(answer, shapes):
            continue
        got = found.findings[case, Part(part).backward, name].got
        fits = got is not None and got.shape == v.shape and bool(np.isfinite(got).all())
        g = got if fits and got is not None else np.zeros_like(v)
        slopes[case, part, name] = gradcheck.derivative(
            {y: answer.arrays[y] for y in shapes},
            given,
            h,
            found.precision[case],
            claimed=float((g * v).sum()),
            size=float(np.linalg.norm(g)),
        )
    return slopes
