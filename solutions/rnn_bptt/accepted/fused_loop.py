"""Everything in one loop, with np.dot, a running state and sums kept in the gradient arrays."""

import numpy as np


class RNN:
    def __init__(self, Wx, Wh, b, stateful=False):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.stateful = stateful
        self.h, self.dh = None, None

    def set_state(self, h):
        self.h = h.copy()

    def reset_state(self):
        self.h = None

    def forward(self, xs):
        Wx, Wh, b = self.params
        N, T, _ = xs.shape
        H = Wh.shape[0]

        if self.h is None:
            self.h = np.zeros((N, H), dtype=np.result_type(xs, Wx))
        if self.h.shape[0] != N:
            raise ValueError(f"state for {self.h.shape[0]} rows, input of {N} rows: reset it first")

        self.xs = xs
        self.all = np.empty((N, T + 1, H), dtype=np.result_type(xs, self.h, *self.params))
        self.all[:, 0] = self.h
        for t in range(T):
            self.h = np.tanh(np.dot(self.h, Wh) + np.dot(xs[:, t, :], Wx) + b)
            self.all[:, t + 1, :] = self.h
        if not self.stateful:
            self.h = None
        return self.all[:, 1:].copy()

    def backward(self, dhs):
        Wx, Wh, _ = self.params
        dWx, dWh, db = self.grads
        N, T, _ = dhs.shape
        dxs = np.empty((N, T, Wx.shape[0]))
        for g in self.grads:
            g.fill(0)

        dh = 0
        for t in reversed(range(T)):
            dt = (dhs[:, t, :] + dh) * (1 - self.all[:, t + 1] ** 2)
            db += np.sum(dt, axis=0)
            dWh += np.dot(self.all[:, t].T, dt)
            dh = np.dot(dt, Wh.T)
            dWx += np.dot(self.xs[:, t].T, dt)
            dxs[:, t, :] = np.dot(dt, Wx.T)

        self.dh = dh
        return dxs
