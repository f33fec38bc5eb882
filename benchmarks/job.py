"""The job that the hidden tests of a notebook do on a submission, and `loop.py` does bare.

For each case: the forward pass against the reference's, and for each of the inputs the gradient
that `backward` claims against the full numerical one, every entry by central differences. The
large case that only measures cost is compared once, forward and backward, without differences.

This file, the exercise's probe.py, its reference and cases.json lie side by side in a folder of
support files, wherever the job is done. It needs numpy only.
"""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import probe
import reference

Arrays = dict[str, np.ndarray]

STEP = 1e-5
TOLERANCE = 1e-6
INPUTS = ("x", "h_prev", "Wx", "Wh", "b")
CHECKS = ("forward", *INPUTS)
"""What is marked, one point each; in a notebook, one test cell each."""

TIMED = ("cost", "many-weights")

_CASES = [
    (probe.inputs(np.random.default_rng(i), **case["sizes"]), case["regime"] in TIMED)
    for i, case in enumerate(json.loads((Path(__file__).parent / "cases.json").read_text()))
]


def check(name: str, unit: type) -> None:
    """Mark one of CHECKS for the class `unit`. Raises AssertionError if it does not hold."""
    module = SimpleNamespace(RNNUnit=unit)
    for a, large in _CASES:
        if name == "forward":
            _same(probe.forward(module, a), probe.forward(reference, a))
        elif not large:
            _same({name: probe.backward(module, a)[name]}, {name: numerical(module, a, name)})
        elif name == INPUTS[0]:  # one backward pass gives all gradients
            _same(probe.backward(module, a), probe.backward(reference, a))


def numerical(module: object, a: Arrays, name: str) -> np.ndarray:
    """d(sum of outputs * upstream gradients) / d(a[name]), entry by entry."""
    gradient = np.empty_like(a[name])
    for at in np.ndindex(a[name].shape):
        here = a[name][at]
        a[name][at] = here + STEP
        above = _loss(module, a)
        a[name][at] = here - STEP
        below = _loss(module, a)
        a[name][at] = here
        gradient[at] = (above - below) / (2 * STEP)
    return gradient


def _loss(module: object, a: Arrays) -> float:
    return sum(float(np.sum(y * a[f"d{name}"])) for name, y in probe.forward(module, a).items())


def _same(got: Arrays, want: Arrays) -> None:
    for name, expected in want.items():
        assert got[name].shape == expected.shape, f"{name} has the wrong shape"
        error = float(np.linalg.norm(got[name] - expected))
        size = max(float(np.linalg.norm(expected)), 1e-3)
        assert error <= TOLERANCE * size, f"{name} is off by {error}"
