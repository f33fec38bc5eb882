"""Numerical derivatives and their error bars, on a vanilla recurrent network.

What must hold: the bar is honest (the error is below it, unless it is so wide that it decides
nothing), a right gradient is never called inconsistent, and a wrong one is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from grader import gradcheck, judge
from grader.compare import FLOAT32, FLOAT64, TOLERANCE, precision
from grader.gradcheck import STEPS, WIDEST_BAR, Verdict, verdict
from grader.measurement import Answer, Bench, Derivative
from grader.model import Assignment, Case, Check
from grader.worker import Ask

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
        kind = np.float64 if self.buffers == "float64" else np.float32
        if any(np.iscomplexobj(x) for x in moved.values()):
            kind = np.complex128
        xs, h, Wx, Wh, b = (a[k].astype(kind) for k in INPUTS)
        states = []
        for t in range(xs.shape[1]):
            h = np.tanh(xs[:, t] @ Wx + h @ Wh + b)
            states.append(h)
        hs = np.stack(states, axis=1)
        return hs if kind is np.complex128 or "returned" not in self.buffers else hs.astype(float)

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
        """As the judge does: another step along another direction unless the verdict is good."""
        verdicts = []
        for attempt in range(len(STEPS[self.dtype])):
            verdicts.append(verdict(self.measure(name, g, rng, attempt)[0], self.dtype))
            if verdicts[-1] is Verdict.CONSISTENT:
                return Verdict.CONSISTENT
        undecided = Verdict.INCONCLUSIVE in verdicts
        return Verdict.INCONCLUSIVE if undecided else Verdict.INCONSISTENT

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
def networks(
    draw: Any, least_steps: int = 1, least_size: int = 1, least_scale: float = 0.01
) -> Any:
    """Networks in regimes that a course would use, and a generator for directions.

    Larger weights make 20 steps in float32 chaotic now and then; that has a test of its own.
    """
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    buffers = draw(st.sampled_from(BUFFERS))
    most_scale = 1.0 if buffers == "float64" else 0.5
    sizes = st.integers(least_size, 6)
    made = network(
        rng,
        draw(sizes),
        draw(sizes),
        draw(sizes),
        draw(st.integers(least_steps, 20)),
        draw(st.floats(least_scale, most_scale)),
        draw(st.floats(0.1, 3.0)),
        buffers,
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
        # What cancels inside the network is rounded too: a tenth of the tolerance for that.
        assert abs(d.value - true) < d.bar + 0.1 * TOLERANCE[net.dtype] * d.size


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


@pytest.mark.parametrize("buffers", BUFFERS)
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


class Here:
    """A session with networks in this process: right ones, in their own precision."""

    printed = ""

    def __init__(self, nets: dict[str, Network]) -> None:
        self.nets = nets
        self.asked: Sequence[Ask] = ()

    def give(self, cases: Any) -> None:
        """They have their inputs."""

    def put(self, asks: Sequence[Ask]) -> None:
        self.asked = asks

    def get(self, asks: Sequence[Ask]) -> list[Answer]:
        return [self.answer(a) for a in self.asked]

    def ask(self, asks: Sequence[Ask], seconds: float = 0.0) -> list[Answer]:
        return [self.answer(a) for a in asks]

    def answer(self, ask: Ask) -> Answer:
        net = self.nets[ask.case]
        if ask.points is not None:
            return Answer({"hs": np.stack([net.hs(**{ask.input: p}) for p in ask.points])})
        if ask.call == "forward":
            return Answer({"hs": net.hs()})
        kind = np.float32 if net.dtype == FLOAT32 else np.float64
        return Answer({name: g.astype(kind) for name, g in net.gradient().items()})


def test_the_judge_fails_no_right_gradient_in_float32_on_the_border_of_chaos():
    """250 networks x 5 inputs, with all the attempts that the judge makes."""
    regimes = [(16, 1.0, 0.15), (12, 1.5, 0.5), (8, 1.7, 0.1), (20, 1.5, 1.0), (20, 3.0, 1.0)]
    nets = {
        f"{seed}-{steps}-{scale}": network(
            np.random.default_rng(seed),
            steps=steps,
            scale=scale,
            drive=drive,
            buffers="float32",
        )
        for seed in range(25, 75)
        for steps, scale, drive in regimes
    }
    expected = {}
    for case, net in nets.items():
        expected[case, "forward"] = Answer({"hs": Network(net.a).hs()})
        expected[case, "backward"] = Answer(net.gradient())
    bench = Bench({c: Case(c, {}) for c in nets}, {c: n.a for c, n in nets.items()}, expected)
    checks = tuple(Check(i, i, "gradient", Fraction(1), input=i) for i in INPUTS)
    assignment = Assignment("rnn", "RNN", "rnn", checks)
    session: Any = Here(nets)
    found = judge.examine(session, assignment, bench, thorough=True).measurement.slopes
    assert len(found) == 5 * len(nets)
    assert not [k for k, d in found.items() if verdict(d, FLOAT32) is Verdict.INCONSISTENT]


# --- a wrong gradient


def found_out(net: Network, name: str, wrong: Any, rng: Any) -> bool:
    """Whether any of three directions shows that `wrong` is: one may lie across the error.

    Assumes that all three decide, and that what each sees of the error stands out of its bar.
    """
    found = []
    error = np.linalg.norm(wrong - net.gradient()[name])
    for _ in range(3):
        d, _ = net.measure(name, wrong, rng)
        found.append(verdict(d, net.dtype))
        assume(found[-1] is not Verdict.INCONCLUSIVE)
        assume(d.bar < 0.1 * error / np.sqrt(wrong.size))
    return Verdict.INCONSISTENT in found


@settings(max_examples=100)
@given(networks(), st.sampled_from(INPUTS), st.sampled_from([0.95, 1.05, -1.0, 0.5]))
def test_a_gradient_with_a_factor_is_inconsistent(drawn, name, factor):
    net, rng = drawn
    assert found_out(net, name, factor * net.gradient()[name], rng)


@settings(max_examples=100)
@given(networks(), st.sampled_from(INPUTS))
def test_a_gradient_with_five_percent_of_noise_is_inconsistent(drawn, name):
    net, rng = drawn
    g = net.gradient()[name]
    noise = gradcheck.direction(g.shape, rng)
    assert found_out(net, name, g + 0.05 * np.linalg.norm(g) * noise, rng)


@settings(max_examples=50)
@given(networks(least_size=2))
def test_a_transposed_matrix_is_inconsistent(drawn):
    net, rng = drawn
    g = net.gradient()["Wh"]
    assume(np.linalg.norm(g.T - g) > 0.05 * np.linalg.norm(g))
    assert found_out(net, "Wh", g.T, rng)


@settings(max_examples=100)
@given(networks(least_steps=2, least_scale=0.1), st.sampled_from(INPUTS))
def test_a_dropped_recurrent_term_is_inconsistent(drawn, name):
    net, rng = drawn
    right, wrong = net.gradient()[name], net.gradient(recurrent=0.0)[name]
    assume(np.linalg.norm(right - wrong) > 0.05 * np.linalg.norm(right))
    assert found_out(net, name, wrong, rng)


def test_zeros_are_inconsistent_where_there_is_a_slope():
    rng = np.random.default_rng(0)
    net = network(rng)
    for name, g in net.gradient().items():
        assert net.judge(name, np.zeros_like(g), rng) is Verdict.INCONSISTENT


def test_zeros_are_consistent_where_there_is_none():
    """As for Wh at a zero initial state and one step."""
    rng = np.random.default_rng(0)
    net = network(rng, steps=1)
    net.a["h0"][...] = 0.0
    assert net.judge("Wh", np.zeros((5, 5)), rng) is Verdict.CONSISTENT


# --- verdict


SOUND = {"value": 1.0, "bar": 1e-8, "claimed": 1.0, "size": 2.0}


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [FLOAT64, FLOAT32])
@pytest.mark.parametrize("field", ["value", "bar", "claimed"])
def test_what_is_not_finite_is_never_consistent(field, dtype, bad):
    assert verdict(Derivative(**SOUND), dtype) is Verdict.CONSISTENT
    assert verdict(Derivative(**SOUND | {field: bad}), dtype) is Verdict.INCONSISTENT


def test_a_gradient_too_long_to_be_measured_is_not_consistent():
    """The norm of a gradient of 1e300 overflows; its own size must not excuse it."""
    d = Derivative(value=1.0, bar=1e-8, claimed=-1e299, size=float("inf"))
    assert verdict(d, FLOAT64) is not Verdict.CONSISTENT


@given(*[st.floats() for _ in range(4)], st.sampled_from([FLOAT64, FLOAT32]))
def test_a_consistent_claim_is_finite_and_close(value, bar, claimed, size, dtype):
    assume(np.isfinite(size))
    if verdict(Derivative(value, bar, claimed, size), dtype) is Verdict.CONSISTENT:
        assert np.isfinite([value, bar, claimed]).all()
        assert abs(claimed - value) <= bar + 1e-4 * max(size, abs(value))


def test_a_bar_wider_than_the_tolerance_decides_nothing_whatever_is_claimed():
    for claimed in (0.0, 1.0, 1e6):
        d = Derivative(value=1.0, bar=0.1, claimed=claimed, size=2.0)
        assert verdict(d, FLOAT64) is Verdict.INCONCLUSIVE


def test_float32_is_allowed_a_wider_bar_than_float64():
    d = Derivative(value=1.0, bar=1e-2, claimed=1.005, size=1.0)
    assert verdict(d, FLOAT64) is Verdict.INCONCLUSIVE
    assert verdict(d, FLOAT32) is Verdict.CONSISTENT


# --- directions and points


@given(st.integers(0, 2**32 - 1), st.sampled_from([(1,), (3, 4), (1, 5), (2, 3, 4)]))
def test_a_direction_has_unit_length_and_no_zero_entry(seed, shape):
    v = gradcheck.direction(shape, np.random.default_rng(seed))
    assert v.shape == shape
    assert np.linalg.norm(v) == pytest.approx(1)
    assert v.all()


def test_points_lie_in_pairs_around_the_middle():
    rng = np.random.default_rng(0)
    p = rng.standard_normal((3, 4))
    at = gradcheck.points(p, gradcheck.direction(p.shape, rng), 0.1)
    assert at.shape[1:] == p.shape
    np.testing.assert_allclose(at[0::2] + at[1::2], np.broadcast_to(2 * p, at[0::2].shape))
    assert np.linalg.norm(at[0] - p) == pytest.approx(0.1)


def test_several_outputs_are_summed_each_with_its_own_upstream_gradient():
    rng = np.random.default_rng(0)
    p, dy, dz = (rng.standard_normal((2, 3)) for _ in range(3))
    v = gradcheck.direction(p.shape, rng)
    at = gradcheck.points(p, v, 1e-3)
    g = 3 * dy + 2 * p * dz
    d = gradcheck.derivative(
        {"y": 3 * at, "z": at**2}, {"dy": dy, "dz": dz}, 1e-3, FLOAT64, float((g * v).sum()), 1.0
    )
    assert d.value == pytest.approx(float((g * v).sum()), rel=1e-9)
    assert verdict(d, FLOAT64) is Verdict.CONSISTENT


def test_a_single_number_may_be_the_output():
    p = np.array([1.0, 2.0])
    v = np.array([0.6, 0.8])
    at = gradcheck.points(p, v, 1e-3)
    loss = (at**2).sum(axis=1)
    d = gradcheck.derivative({"loss": loss}, {"dloss": np.array(1.0)}, 1e-3, FLOAT64, 4.4, 4.5)
    assert d.value == pytest.approx(4.4, rel=1e-9)


# --- entry by entry


@pytest.mark.parametrize("buffers", BUFFERS)
def test_the_gradient_entry_by_entry_is_the_true_one(buffers):
    net = network(np.random.default_rng(0), buffers=buffers)
    h = 1e-2
    for name, g in net.gradient().items():
        p = net.a[name]
        hs = np.stack([net.hs(**{name: q}) for q in gradcheck.entry_points(p, h)])
        found = gradcheck.entries({"hs": hs}, {"dhs": net.a["dhs"]}, p.shape, h)
        np.testing.assert_allclose(found, g, rtol=0, atol=3e-3 * np.abs(g).max())
        assert gradcheck.depends({"hs": hs}, p.shape, net.dtype).all()


def test_each_entry_is_moved_alone():
    p = np.arange(6.0).reshape(2, 3)
    at = gradcheck.entry_points(p, 0.5)
    assert at.shape == (12, 2, 3)
    moved = (at - p).reshape(12, 6)
    np.testing.assert_array_equal(moved, 0.5 * np.vstack([np.eye(6), -np.eye(6)]))


def moves(forward: Any, p: Any, dtype: np.dtype[Any] = FLOAT64) -> Any:
    y = np.stack([forward(q) for q in gradcheck.entry_points(p, 1e-2)])
    return gradcheck.depends({"y": y}, p.shape, dtype)


P = np.random.default_rng(0).standard_normal((3, 4))


@pytest.mark.parametrize("dtype", [FLOAT64, FLOAT32])
def test_a_constant_depends_on_nothing(dtype):
    for value in (0.0, 1.0, 1e6):
        assert not moves(lambda q, value=value: np.full((2, 2), value), P, dtype).any()


def test_what_is_left_out_does_not_move_the_outputs():
    found = moves(lambda q: np.tanh(q[:, 1:]), P)
    assert not found[:, 0].any()
    assert found[:, 1:].all()


def test_noise_in_the_last_place_is_no_dependence():
    noise = np.random.default_rng(1)
    jitter = lambda q: 1 + 2e-16 * noise.standard_normal(3)  # noqa: E731
    assert not moves(jitter, P).any()


def test_an_effect_that_float32_can_hold_is_a_dependence():
    assert moves(lambda q: np.tanh(q).astype(np.float32), P, FLOAT32).all()


def test_one_output_that_moves_is_enough():
    at = gradcheck.entry_points(P, 1e-2)
    outputs = {"y": np.ones((24, 2)), "z": at}
    assert gradcheck.depends(outputs, P.shape, FLOAT64).all()
