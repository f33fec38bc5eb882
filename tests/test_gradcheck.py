"""Numerical derivatives and their error bars, on a vanilla recurrent network.

What must hold: the bar is honest (the error is below it, unless it is so wide that it decides
nothing), a right gradient is never called inconsistent, and a wrong one is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from grader import gradcheck
from grader.compare import FLOAT32, FLOAT64, precision
from grader.gradcheck import STEPS, WIDEST_BAR, Verdict, verdict
from grader.model import Derivative

INPUTS = ("xs", "h0", "Wx", "Wh", "b")
BUFFERS = ("float64", "float32", "float32 returned as float64")


@dataclass(frozen=True)
class Network:
    """h_t = tanh(x_t Wx + h_{t-1} Wh + b) for all t, in buffers of a kind; a: its inputs."""

    a: dict[str, Any]
    buffers: str = "float64"

    def hs(self, **moved: Any) -> Any:
        """All states [B, T, H], with some inputs replaced."""
        a = {**self.a, **moved}
        exact = any(np.iscomplexobj(x) for x in a.values()) or self.buffers == "float64"
        xs, h, Wx, Wh, b = (a[k] if exact else a[k].astype(np.float32) for k in INPUTS)
        states = []
        for t in range(xs.shape[1]):
            h = np.tanh(xs[:, t] @ Wx + h @ Wh + b)
            states.append(h)
        hs = np.stack(states, axis=1)
        return hs.astype(np.float64) if "returned" in self.buffers else hs

    def gradient(self, recurrent: float = 1.0) -> dict[str, Any]:
        """By backpropagation through time in float64; `recurrent` scales what h passes back."""
        xs, Wx, Wh = self.a["xs"], self.a["Wx"], self.a["Wh"]
        hs = [self.a["h0"]]
        for t in range(xs.shape[1]):
            hs.append(np.tanh(xs[:, t] @ Wx + hs[-1] @ Wh + self.a["b"]))
        g = {k: np.zeros_like(self.a[k]) for k in INPUTS}
        dh = np.zeros_like(hs[0])
        for t in reversed(range(xs.shape[1])):
            dz = (self.a["dhs"][:, t] + recurrent * dh) * (1 - hs[t + 1] ** 2)
            g["xs"][:, t] = dz @ Wx.T
            g["Wx"] += xs[:, t].T @ dz
            g["Wh"] += hs[t].T @ dz
            g["b"] += dz.sum(axis=0, keepdims=True)
            dh = dz @ Wh.T
        g["h0"] = dh
        return g

    def slope(self, name: str, v: Any) -> float:
        """The derivative along v by complex step, which has no truncation and no cancellation."""
        hs = self.hs(**{name: self.a[name] + 1e-30j * v})
        return float((self.a["dhs"] * hs).sum().imag * 1e30)

    def measure(self, name: str, g: Any, rng: Any, attempt: int = 0) -> tuple[Derivative, float]:
        """The numerical derivative along a random direction, held to g; and the true one."""
        p = self.a[name]
        v = gradcheck.direction(p.shape, rng)
        dtype = FLOAT64 if self.buffers == "float64" else FLOAT32
        h = STEPS[dtype][attempt]
        hs = np.stack([self.hs(**{name: q}) for q in gradcheck.points(p, v, h)])
        assert precision([hs]) == dtype
        size = float(np.linalg.norm(g))
        claimed = float((g * v).sum())
        d = gradcheck.derivative({"hs": hs}, {"dhs": self.a["dhs"]}, h, dtype, claimed, size)
        return d, self.slope(name, v)

    def judge(self, name: str, g: Any, rng: Any) -> Verdict:
        """As the judge does: another step along another direction if one decides nothing."""
        found = Verdict.INCONCLUSIVE
        for attempt in range(2):
            if found is Verdict.INCONCLUSIVE:
                found = verdict(self.measure(name, g, rng, attempt)[0], self.dtype)
        return found

    @property
    def dtype(self) -> np.dtype[Any]:
        return FLOAT64 if self.buffers == "float64" else FLOAT32


def network(
    rng: Any,
    batch: int = 3,
    features: int = 4,
    hidden: int = 5,
    steps: int = 5,
    scale: float = 0.5,
    drive: float = 1.0,
    buffers: str = "float64",
) -> Network:
    a = {
        "xs": drive * rng.standard_normal((batch, steps, features)),
        "h0": rng.uniform(-0.9, 0.9, (batch, hidden)),
        "Wx": scale * rng.standard_normal((features, hidden)),
        "Wh": scale * rng.standard_normal((hidden, hidden)),
        "b": scale * rng.standard_normal((1, hidden)),
        "dhs": rng.standard_normal((batch, steps, hidden)),
    }
    return Network(a, buffers)


@st.composite
def networks(draw: Any, least_steps: int = 1, least_size: int = 1, least_scale: float = 0.01) -> Any:
    """Networks in regimes that a course would use, and a generator for directions."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sizes = st.integers(least_size, 6)
    made = network(
        rng,
        draw(sizes),
        draw(sizes),
        draw(sizes),
        draw(st.integers(least_steps, 20)),
        draw(st.floats(least_scale, 1.0)),
        draw(st.floats(0.1, 3.0)),
        draw(st.sampled_from(BUFFERS)),
    )
    return made, rng


# --- a right gradient


@settings(max_examples=200)
@given(networks(), st.sampled_from(INPUTS), st.sampled_from([0, 1]))
def test_the_error_is_below_the_bar_unless_the_bar_decides_nothing(drawn, name, attempt):
    net, rng = drawn
    g = net.gradient()[name]
    d, true = net.measure(name, g, rng, attempt)
    assert d.claimed == pytest.approx(true, rel=1e-7, abs=1e-9 * d.size + 1e-12)
    if verdict(d, net.dtype) is not Verdict.INCONCLUSIVE:
        assert abs(d.value - true) < d.bar


@settings(max_examples=150)
@given(networks(), st.sampled_from(INPUTS))
def test_a_right_gradient_is_never_inconsistent(drawn, name):
    net, rng = drawn
    g = net.gradient()[name]
    if net.dtype == FLOAT32:
        g = g.astype(np.float32)
    assert net.judge(name, g, rng) is not Verdict.INCONSISTENT


@pytest.mark.parametrize("buffers", BUFFERS)
@pytest.mark.parametrize("steps", [1, 2, 5])
def test_in_an_ordinary_regime_a_right_gradient_is_consistent(buffers, steps):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        net = network(rng, steps=steps, buffers=buffers)
        for name, g in net.gradient().items():
            assert net.judge(name, g, rng) is Verdict.CONSISTENT


@pytest.mark.parametrize(
    ("buffers", "steps", "scale", "error", "bar"),
    [
        ("float64", 1, 0.5, 1e-10, 1e-7),
        ("float64", 5, 0.5, 1e-10, 1e-7),
        ("float64", 20, 0.5, 1e-10, 1e-7),
        ("float64", 5, 0.01, 1e-10, 1e-7),
        ("float32", 5, 0.5, 1e-5, 1e-3),
        ("float32 returned as float64", 5, 0.5, 1e-5, 1e-3),
    ],
)
def test_the_figures_of_the_design_hold(buffers, steps, scale, error, bar):
    """40 draws of B3 D4 H5 x 5 inputs: ratio of error to bar at most 0.3, typical error and bar."""
    ratios, errors, bars = [], [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        net = network(rng, steps=steps, scale=scale, buffers=buffers)
        for name, g in net.gradient().items():
            d, true = net.measure(name, g, rng)
            ratios.append(abs(d.value - true) / d.bar)
            errors.append(abs(d.value - true) / d.size)
            bars.append(d.bar / d.size)
    assert max(ratios) <= 0.3
    assert np.median(errors) < error
    assert np.median(bars) < bar


@pytest.mark.parametrize("buffers", ["float64", "float32"])
def test_a_chaotic_regime_fails_nobody(buffers):
    """Weights of scale 3 and 20 steps: inconclusive or right."""
    found = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        net = network(rng, steps=20, scale=3.0, buffers=buffers)
        found += [net.judge(name, g, rng) for name, g in net.gradient().items()]
    assert Verdict.INCONSISTENT not in found


def test_a_chaotic_float32_network_decides_nothing_at_least_sometimes():
    found = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        net = network(rng, steps=20, scale=3.0, buffers="float32")
        for name, g in net.gradient().items():
            d, _ = net.measure(name, g, rng)
            found.append(verdict(d, FLOAT32))
            if found[-1] is Verdict.INCONCLUSIVE:
                assert d.bar > WIDEST_BAR[FLOAT32] * d.size
    assert Verdict.INCONCLUSIVE in found
