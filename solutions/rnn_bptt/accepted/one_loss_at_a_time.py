"""From the definition: for each step's loss its own way back to the start, and all of them added.
Quadratic in the number of steps, and right.
"""

import numpy as np


class RNN:
    def __init__(self, Wx, Wh, b, stateful=False):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.stateful = stateful
        self.carried = None
        self.dh = None

    def set_state(self, h):
        self.carried = h.copy()

    def reset_state(self):
        self.carried = None

    def forward(self, xs):
        Wx, Wh, b = self.params
        if self.carried is not None and self.carried.shape[0] != xs.shape[0]:
            raise ValueError(
                "The carried state has another batch size "
                f"({self.carried.shape[0]}) than the input ({xs.shape[0]})."
            )
        h = np.zeros((xs.shape[0], Wh.shape[0])) if self.carried is None else self.carried
        self.xs = xs
        self.h = {-1: h}
        for t in range(xs.shape[1]):
            self.h[t] = np.tanh(xs[:, t] @ Wx + self.h[t - 1] @ Wh + b)
        if self.stateful:
            self.carried = self.h[xs.shape[1] - 1]
        else:
            self.carried = None
        return np.stack([self.h[t] for t in range(xs.shape[1])], axis=1)

    def backward(self, dhs):
        Wx, Wh, _ = self.params
        dWx, dWh, db = (np.zeros_like(p) for p in self.params)
        dxs = np.zeros_like(self.xs)
        self.dh = np.zeros_like(self.h[-1])
        for loss_at in range(dhs.shape[1]):
            d = dhs[:, loss_at]
            for t in range(loss_at, -1, -1):
                d = d * (1 - self.h[t] ** 2)
                dWx += self.xs[:, t].T @ d
                dWh += self.h[t - 1].T @ d
                db += d.sum(axis=0, keepdims=True)
                dxs[:, t] += d @ Wx.T
                d = d @ Wh.T
            self.dh += d
        for i, g in enumerate((dWx, dWh, db)):
            self.grads[i][...] = g
        return dxs
