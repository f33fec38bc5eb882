import numpy as np


class RNN:
    def __init__(self, Wx, Wh, b, stateful=False):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.stateful = stateful
        self.state = None
        self.dh = None
        self.cache = None

    def set_state(self, h):
        self.state = h.copy()

    def reset_state(self):
        self.state = None

    def forward(self, xs):
        Wx, Wh, b = self.params
        B, T, I = xs.shape
        if self.state is None:
            start = np.zeros((B, Wh.shape[0]), dtype=np.result_type(xs, *self.params))
        else:
            start = self.state
        if start.shape[0] != B:
            raise ValueError(f"state has {start.shape[0]} rows, xs has {B}: call reset_state or set_state")

        states = [start]
        for t in range(T):
            states.append(np.tanh(states[t] @ Wh + xs[:, t] @ Wx + b))

        self.cache = xs, states
        self.state = states[-1].copy() if self.stateful else None
        return np.stack(states[1:], axis=1)

    def backward(self, dhs):
        Wx, Wh, b = self.params
        xs, states = self.cache
        dWx, dWh, db = self.grads
        dWx[...] = 0
        dWh[...] = 0
        db[...] = 0
        dxs = np.zeros_like(xs)
        dnext = np.zeros_like(states[0])
        for t in reversed(range(xs.shape[1])):
            dh = dhs[:, t] + dnext
            dz = dh * (1 - states[t + 1] ** 2)
            dWx += xs[:, t].T @ dz
            dWh += states[t].T @ dz
            db += dz.sum(axis=0, keepdims=True)
            dxs[:, t] = dz @ Wx.T
            dnext = dz @ Wh.T
        self.dh = dnext
        return dxs
