"""Type hints, frozen dataclasses for states and caches, and helpers outside of the classes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class State:
    """Hidden state and cell, [B, H] each."""

    h: Array
    c: Array

    @classmethod
    def zeros(cls, rows: int, hidden: int) -> State:
        return cls(np.zeros((rows, hidden)), np.zeros((rows, hidden)))


@dataclass(frozen=True, slots=True)
class Gates:
    i: Array
    f: Array
    g: Array
    o: Array

    def deltas(self, di: Array, df: Array, dg: Array, do: Array) -> Array:
        """The gradients before the gates' functions, side by side."""
        return np.concatenate(
            (
                di * sigmoid_slope(self.i),
                df * sigmoid_slope(self.f),
                dg * (1.0 - self.g) * (1.0 + self.g),
                do * sigmoid_slope(self.o),
            ),
            axis=1,
        )


@dataclass(frozen=True, slots=True)
class Step:
    """What one forward leaves behind for backward."""

    x: Array
    before: State
    gates: Gates
    shown: Array = field(repr=False)


def sigmoid(z: Array) -> Array:
    """Stable: the exponential's argument is never positive."""
    small = np.exp(-np.fabs(z))
    s: Array = np.where(z < 0, small, 1.0) / (1.0 + small)
    return s


def sigmoid_slope(s: Array) -> Array:
    return s * (1.0 - s)


def take(step_input: Array, before: State, params: list[Array]) -> tuple[Step, State]:
    Wx, Wh, b, *peephole = params
    zi, zf, zg, zo = np.array_split(step_input @ Wx + before.h @ Wh + b, 4, axis=1)
    for Vo in peephole:
        zo = zo + before.c @ Vo
    gates = Gates(sigmoid(zi), sigmoid(zf), np.tanh(zg), sigmoid(zo))
    c = gates.i * gates.g + gates.f * before.c
    shown = np.tanh(c)
    return Step(step_input, before, gates, shown), State(gates.o * shown, c)


def untake(step: Step, d: State, params: list[Array]) -> tuple[Array, State, list[Array]]:
    """The gradients of the input, of the state before, and of params."""
    Wx, Wh, _, *peephole = params
    gates, before = step.gates, step.before
    dc = d.c + d.h * gates.o * (1.0 - step.shown**2)
    dz = gates.deltas(dc * gates.g, dc * before.c, dc * gates.i, d.h * step.shown)
    dzo = dz[:, 3 * dc.shape[1] :]
    dc_prev = dc * gates.f + sum(dzo @ Vo.T for Vo in peephole)
    weights = [step.x.T @ dz, before.h.T @ dz, dz.sum(axis=0, keepdims=True)]
    weights += [before.c.T @ dzo for _ in peephole]
    return dz @ Wx.T, State(dz @ Wh.T, dc_prev), weights


class Layer:
    def __init__(self, *params: Array | None) -> None:
        self.params = [p for p in params if p is not None]
        self.grads = [np.zeros_like(p) for p in self.params]

    def store(self, values: list[Array]) -> None:
        for grad, value in zip(self.grads, values, strict=True):
            np.copyto(grad, value)


class LSTMUnit(Layer):
    def __init__(self, Wx: Array, Wh: Array, b: Array, Vo: Array | None = None) -> None:
        super().__init__(Wx, Wh, b, Vo)
        self.cache: Step | None = None

    def forward(self, x: Array, h_prev: Array, c_prev: Array) -> tuple[Array, Array]:
        self.cache, after = take(x, State(h_prev, c_prev), self.params)
        return after.h, after.c

    def backward(self, dh: Array, dc: Array) -> tuple[Array, Array, Array]:
        if self.cache is None:
            raise RuntimeError("There is nothing to go back through. Call forward first.")
        dx, before, weights = untake(self.cache, State(dh, dc), self.params)
        self.store(weights)
        return dx, before.h, before.c


class LSTM(Layer):
    def __init__(
        self, Wx: Array, Wh: Array, b: Array, Vo: Array | None = None, stateful: bool = False
    ) -> None:
        super().__init__(Wx, Wh, b, Vo)
        self.stateful = stateful
        self.start: State | None = None
        self.cache: tuple[Step, ...] = ()
        self.gradient: State | None = None

    @property
    def dh(self) -> Array | None:
        return self.gradient.h if self.gradient else None

    @property
    def dc(self) -> Array | None:
        return self.gradient.c if self.gradient else None

    def set_state(self, h: Array, c: Array) -> None:
        self.start = State(h, c)

    def reset_state(self) -> None:
        self.start = None

    def forward(self, xs: Array) -> Array:
        state = self.start or State.zeros(len(xs), len(self.params[1]))
        if len(state.h) != len(xs):
            raise ValueError(f"A state of {len(state.h)} rows does not fit {len(xs)} sequences.")
        steps, hs = [], np.empty((*xs.shape[:2], len(self.params[1])))
        for t in range(xs.shape[1]):
            step, state = take(xs[:, t], state, self.params)
            steps.append(step)
            hs[:, t] = state.h
        self.cache = tuple(steps)
        self.start = state if self.stateful else None
        return hs

    def backward(self, dhs: Array) -> Array:
        d = State(np.zeros_like(dhs[:, 0]), np.zeros_like(dhs[:, 0]))
        dxs: list[Array] = []
        sums: list[Array] = [np.zeros_like(p) for p in self.params]
        for step, dh in zip(reversed(self.cache), dhs.swapaxes(0, 1)[::-1], strict=True):
            dx, d, weights = untake(step, State(d.h + dh, d.c), self.params)
            dxs.append(dx)
            sums = [s + w for s, w in zip(sums, weights, strict=True)]
        self.gradient = d
        self.store(sums)
        return np.stack(dxs[::-1], axis=1)
