"""Float32 throughout: what it is given is converted, and all buffers are kept in float32."""

import numpy as np


class RNN:
    def __init__(self, Wx, Wh, b, stateful=False):
        self.params = [p.astype(np.float32) for p in (Wx, Wh, b)]
        self.grads = [np.zeros(p.shape, dtype="f") for p in self.params]
        self.stateful = stateful
        self.h = self.dh = None

    def set_state(self, h):
        self.h = h.astype(np.float32)

    def reset_state(self):
        self.h = None

    def forward(self, xs):
        Wx, Wh, b = self.params
        N, T, _ = xs.shape
        H = Wh.shape[0]
        xs = xs.astype(np.float32)
        h = np.zeros((N, H), dtype="f") if self.h is None else self.h
        if h.shape != (N, H):
            raise ValueError(f"The state has shape {h.shape}, expected {(N, H)}.")
        self.xs, self.first = xs, h
        self.hs = np.empty((N, T, H), dtype="f")
        for t in range(T):
            h = np.tanh(h @ Wh + xs[:, t] @ Wx + b)
            self.hs[:, t] = h
        self.h = h if self.stateful else None
        return self.hs.copy()

    def backward(self, dhs):
        Wx, Wh, _ = self.params
        for g in self.grads:
            g[:] = 0
        dhs = dhs.astype("f")
        dxs = np.empty(self.xs.shape, dtype="f")
        dh = np.zeros_like(self.first)
        for t in range(dhs.shape[1] - 1, -1, -1):
            before = self.first if t == 0 else self.hs[:, t - 1]
            dz = (dh + dhs[:, t]) * (1 - self.hs[:, t] * self.hs[:, t])
            self.grads[0] += self.xs[:, t].T @ dz
            self.grads[1] += before.T @ dz
            self.grads[2] += dz.sum(axis=0)
            dxs[:, t] = dz @ Wx.T
            dh = dz @ Wh.T
        self.dh = dh
        return dxs
