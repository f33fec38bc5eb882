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
    tanh_c: Array  # tanh(c)


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
        tanh_c = np.tanh(c)
        self.cache = Saved(x, h_prev, c_prev, i, f, g, o, tanh_c)
        return o * tanh_c, c

    def backward(self, dh: Array, dc: Array) -> tuple[Array, Array, Array]:
        s = self.cache
        if s is None:
            raise RuntimeError("backward before forward")
        dc_all = dc + dh * s.o * (1.0 - s.tanh_c**2)
        dzi = dc_all * s.g * s.i * (1.0 - s.i)
        dzf = dc_all * s.c_prev * s.f * (1.0 - s.f)
        dzg = dc_all * s.i * (1.0 - s.g**2)
        dzo = dh * s.tanh_c * s.o * (1.0 - s.o)
        dz = np.concatenate((dzi, dzf, dzg, dzo), axis=-1)
         dc_prev = dc_all * s.f
        new = [s.x.T @ dz, s.h_prev.T @ dz, dz.sum(axis=0, keepdims=True)]
        if self.peephole is not None:
            new.append(s.c_prev.T @ dzo)
            dc_prev = dc_prev + dzo @ self.peephole.T
        for grad, value in zip(self.grads, new, strict=True):
            grad[...] = value
        return dz @ self.params[0].T, dz @ self.params[1].T, dc_prev


class LSTM:

    def __init__(self, Wx, Wh, b, Vo=None, stateful=False):
        self.params = [Wx, Wh, b] if Vo is None else [Wx, Wh, b, Vo]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.stateful = stateful
        self.h, self.c = None, None
        self.dh, self.dc = None, None
        self.layers = None

    def set_state(self, h, c):
        self.h, self.c = h, c

    def reset_state(self):
        self.h, self.c = None, None

    def forward(self, xs):
        N, T, D = xs.shape
        H = self.params[1].shape[0]

        self.layers = []
        hs = np.empty((N, T, H), dtype=xs.dtype)

        if self.h is None:
            self.h = np.zeros((N, H), dtype=xs.dtype)
            self.c = np.zeros((N, H), dtype=xs.dtype)
        if self.h.shape[0] != N:
            raise ValueError('batch size changed from %d to %d, call reset_state first' % (self.h.shape[0], N))

        for t in range(T):
            layer = LSTMUnit(*self.params)
            self.h, self.c = layer.forward(xs[:, t, :], self.h, self.c)
            hs[:, t, :] = self.h
            self.layers.append(layer)

        if not self.stateful:
            self.reset_state()
        return hs

    def backward(self, dhs):
        N, T, H = dhs.shape
        D = self.params[0].shape[0]

        dxs = np.empty((N, T, D), dtype=dhs.dtype)
        dh = np.zeros((N, H), dtype=dhs.dtype)
        dc = np.zeros((N, H), dtype=dhs.dtype)

        grads = [np.zeros_like(g) for g in self.grads]
        for t in reversed(range(T)):
            layer = self.layers[t]
            dx, dh, dc = layer.backward(dhs[:, t, :] + dh, dc)
            dxs[:, t, :] = dx
            for i, grad in enumerate(layer.grads):
                grads[i] += grad

        for i, grad in enumerate(grads):
            self.grads[i][...] = grad
        self.dh = dh
        self.dc = dc
        return dxs
