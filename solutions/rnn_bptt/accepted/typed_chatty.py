"""Type hints, frozen dataclasses and helpers outside of the class; prints while it runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.inexact[Any]]

print("numpy", np.__version__)


class BatchSizeError(ValueError):
    """A state that does not fit the batch."""


class Layer(Protocol):
    params: list[Array]
    grads: list[Array]

    def forward(self, xs: Array) -> Array: ...

    def backward(self, dhs: Array) -> Array: ...


@dataclass(frozen=True, slots=True)
class Step:
    """What one step leaves behind."""

    x: Array
    before: Array
    after: Array

    @property
    def slope(self) -> Array:
        return 1 - np.square(self.after)


@dataclass(slots=True)
class Shares:
    """Sums over time, one for each weight."""

    like: list[Array]
    totals: list[Array] = field(init=False)

    def __post_init__(self) -> None:
        self.totals = [np.zeros_like(p) for p in self.like]

    def add(self, *shares: Array) -> None:
        for total, share in zip(self.totals, shares, strict=True):
            total += share


def unroll(xs: Array, h: Array, Wx: Array, Wh: Array, b: Array) -> Iterator[Step]:
    for t in range(xs.shape[1]):
        before, h = h, np.tanh(xs[:, t] @ Wx + h @ Wh + b)
        yield Step(xs[:, t], before, h)


class RNN:
    def __init__(self, Wx: Array, Wh: Array, b: Array, stateful: bool = False) -> None:
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.stateful = stateful
        self.steps: list[Step] = []
        self.dh: Array | None = None
        self._state: Array | None = None
        self.log("made with", [p.shape for p in self.params])

    def log(self, *words: object) -> None:
        print("[rnn]", *words, file=sys.stderr)

    def set_state(self, h: Array) -> None:
        self._state = h.copy()

    def reset_state(self) -> None:
        self._state = None

    def start_for(self, xs: Array) -> Array:
        if self._state is None:
            dtype = np.result_type(xs, *self.params)
            return np.zeros((xs.shape[0], self.params[1].shape[0]), dtype=dtype)
        if self._state.shape[0] != xs.shape[0]:
            raise BatchSizeError(f"{self._state.shape[0]} rows of state, {xs.shape[0]} of input")
        return self._state

    def forward(self, xs: Array) -> Array:
        self.steps = list(unroll(xs, self.start_for(xs), *self.params))
        for t, step in enumerate(self.steps):
            print(f"step {t}: |h| = {np.linalg.norm(step.after):.3f}")
        self._state = self.steps[-1].after if self.stateful else None
        return np.stack([step.after for step in self.steps], axis=1)

    def backward(self, dhs: Array) -> Array:
        Wx, Wh, _ = self.params
        shares = Shares(self.params)
        dxs = []
        dh: Array = np.zeros_like(dhs[:, 0])
        for t, step in reversed(list(enumerate(self.steps))):
            dz = step.slope * (dhs[:, t] + dh)
            shares.add(step.x.T @ dz, step.before.T @ dz, dz.sum(axis=0, keepdims=True))
            dxs.append(dz @ Wx.T)
            dh = dz @ Wh.T
        for grad, total in zip(self.grads, shares.totals, strict=True):
            np.copyto(grad, total)
            self.log("gradient of norm", np.linalg.norm(grad))
        self.dh = dh
        return np.stack(dxs[::-1], axis=1)
