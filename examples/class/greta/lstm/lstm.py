"""An LSTM cell and the loop over time, with types."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


def sigmoid(z: Array) -> Array:
    return 0.5 * np.tanh(0.5 * z) + 0.5


class Saved(NamedTuple):
    x: Array  # [B, D]
    h_prev: Array  # [B, H]
    c_prev: Array  # [B, H]
    i: Array
    f: Array
    g: Array
    o: Array
    shown: Array  # tanh(c)


class LSTMUnit:
    def __init__(self, Wx: Array, Wh: Array, b: Array, Vo: Array | None = None) -> None:
        self.params = [Wx, Wh, b] if Vo is None else [Wx, Wh, b, Vo]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache: Saved | None = None

    @property
    def peephole(self) -> Array | None:
        return self.params[3] if len(self.params) == 4 else None

    def forward(self, x: Array, h_prev: Array, c_prev: Array) -> tuple[Array, Array]:
        Wx, Wh, b = self.params[:3]
        zi, zf, zg, zo = np.split(x @ Wx + h_prev @ Wh + b, 4, axis=-1)
        if self.peephole is not None:
            zo = zo + c_prev @ self.peephole
        i, f, g, o = sigmoid(zi), sigmoid(zf), np.tanh(zg), sigmoid(zo)
        c = f * c_prev + i * g
        shown = np.tanh(c)
        self.cache = Saved(x, h_prev, c_prev, i, f, g, o, shown)
        return o * shown, c

    def backward(self, dh: Array, dc: Array) -> tuple[Array, Array, Array]:
        s = self.cache
        if s is None:
            raise RuntimeError("backward before forward")
        total = dc + dh * s.o * (1.0 - s.shown**2)
        dzi = total * s.g * s.i * (1.0 - s.i)
        dzf = total * s.c_prev * s.f * (1.0 - s.f)
        dzg = total * s.i * (1.0 - s.g**2)
        dzo = dh * s.shown * s.o * (1.0 - s.o)
        dz = np.concatenate((dzi, dzf, dzg, dzo), axis=-1)
        dc_prev = total * s.f
        new = [s.x.T @ dz, s.h_prev.T @ dz, dz.sum(axis=0, keepdims=True)]
        if self.peephole is not None:
            new.append(s.c_prev.T @ dzo)
            dc_prev = dc_prev + dzo @ self.peephole.T
        for grad, value in zip(self.grads, new, strict=True):
            grad[...] = value
        return dz @ self.params[0].T, dz @ self.params[1].T, dc_prev


class LSTM:
    def __init__(
        self, Wx: Array, Wh: Array, b: Array, Vo: Array | None = None, stateful: bool = False
    ) -> None:
        self.params = [Wx, Wh, b] if Vo is None else [Wx, Wh, b, Vo]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.stateful = stateful
        self.h, self.c = None, None
        self.dh, self.dc = None, None
        self.cache: list[LSTMUnit] = []

    def set_state(self, h: Array, c: Array) -> None:
        self.h, self.c = h, c

    def reset_state(self) -> None:
        self.h, self.c = None, None

    def forward(self, xs: Array) -> Array:
        rows, _, _ = xs.shape
        h, c = self.h, self.c
        if h is None or c is None:
            h = c = np.zeros((rows, self.params[1].shape[0]), dtype=xs.dtype)
        if h.shape[0] != rows:
            raise ValueError(f"{h.shape[0]} states do not fit {rows} sequences; call reset_state() first")
        self.cache = []
        hs: list[Array] = []
        for t in range(xs.shape[1]):
            unit = LSTMUnit(*self.params)
            h, c = unit.forward(xs[:, t], h, c)
            self.cache.append(unit)
            hs.append(h)
        self.h, self.c = (h, c) if self.stateful else (None, None)
        return np.stack(hs, axis=1)

    def backward(self, dhs: Array) -> Array:
        for grad in self.grads:
            grad.fill(0.0)
        dh = np.zeros_like(dhs[:, 0])
        dc = np.zeros_like(dhs[:, 0])
        dxs: list[Array] = []
        for unit, upstream in zip(reversed(self.cache), reversed(np.moveaxis(dhs, 1, 0)), strict=True):
            dx, dh, dc = unit.backward(upstream + dh, dc)
            dxs.append(dx)
            for grad, share in zip(self.grads, unit.grads, strict=True):
                grad += share
        self.dh, self.dc = dh, dc
        return np.stack(dxs[::-1], axis=1)
