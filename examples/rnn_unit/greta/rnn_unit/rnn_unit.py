"""A single recurrent step with hand-written gradients."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class StepCache:
    x: Array  # [B, I]
    h_prev: Array  # [B, H]
    h_next: Array  # [B, H]


@dataclass
class RNNUnit:
    Wx: Array  # [I, H]
    Wh: Array  # [H, H]
    b: Array  # [1, H]
    grads: list[Array] = field(init=False)
    cache: StepCache | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.grads = [np.zeros_like(p) for p in self.params]

    @property
    def params(self) -> list[Array]:
        return [self.Wx, self.Wh, self.b]

    def forward(self, x: Array, h_prev: Array) -> Array:
        h_next = np.tanh(h_prev @ self.Wh + x @ self.Wx + self.b)
        self.cache = StepCache(x=x, h_prev=h_prev, h_next=h_next)
        return h_next

    def backward(self, dh_next: Array) -> tuple[Array, Array]:
        if self.cache is None:
            raise RuntimeError("backward called before forward")
        c = self.cache
        delta = dh_next * (1.0 - c.h_next**2)
        new = (c.x.T @ delta, c.h_prev.T @ delta, delta.sum(axis=0, keepdims=True))
        for grad, value in zip(self.grads, new, strict=True):
            grad[...] = value
        return delta @ self.Wx.T, delta @ self.Wh.T
