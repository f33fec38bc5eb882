"""A recurrent layer over sequences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Step:
    x: Array  # [B, I]
    before: Array  # [B, H]
    after: Array  # [B, H]


class RNN:
    def __init__(self, Wx: Array, Wh: Array, b: Array, stateful: bool = False) -> None:
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.stateful = stateful
        self.state: Array | None = None
        self.dh: Array | None = None
        self.cache: list[Step] = []

    def set_state(self, h: Array) -> None:
        self.state = h.copy()

    def reset_state(self) -> None:
        self.state = None

    def forward(self, xs: Array) -> Array:
        Wx, Wh, b = self.params
        rows = xs.shape[0]
        state = self.state
        if state is None:
            state = np.zeros((rows, Wh.shape[0]), dtype=np.result_type(xs, *self.params))
        if state.shape[0] != rows:
            raise ValueError(f"{state.shape[0]} states for {rows} sequences; call reset_state first")
        self.cache = []
        for x in np.moveaxis(xs, 1, 0):
            after = np.tanh(state @ Wh + x @ Wx + b)
            self.cache.append(Step(x=x, before=state, after=after))
            state = after
        self.state = state.copy() if self.stateful else None
        return np.stack([step.after for step in self.cache], axis=1)

    def backward(self, dhs: Array) -> Array:
        Wx, Wh, _ = self.params
        dWx, dWh, db = self.grads
        for grad in self.grads:
            grad[...] = 0.0
        dxs = np.empty((*dhs.shape[:2], Wx.shape[0]), dtype=dhs.dtype)
        carried = np.zeros_like(self.cache[0].before)
        for t in range(len(self.cache) - 1, -1, -1):
            step = self.cache[t]
            delta = (dhs[:, t] + carried) * (1.0 - step.after**2)
            dWx += step.x.T @ delta
            dWh += step.before.T @ delta
            db += delta.sum(axis=0, keepdims=True)
            dxs[:, t] = delta @ Wx.T
            carried = delta @ Wh.T
        self.dh = carried
        return dxs
