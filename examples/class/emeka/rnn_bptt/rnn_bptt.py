import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        self.x, self.h_prev = x, h_prev
        self.h = np.tanh(h_prev @ Wh + x @ Wx + b)
        return self.h

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        dz = dh_next * (1 - self.h ** 2)
        self.grads[0][...] = self.x.T @ dz
        self.grads[1][...] = self.h_prev.T @ dz
        self.grads[2][...] = dz.sum(axis=0, keepdims=True)
        return dz @ Wx.T, dz @ Wh.T


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
        B, T, _ = xs.shape
        h = self.state
        if h is None:
            H = self.params[1].shape[0]
            h = np.zeros((B, H), np.result_type(xs, *self.params))
        elif h.shape[0] != B:
            raise ValueError(f"batch of {B} but the kept state has {h.shape[0]} rows, reset_state() first")
        self.cells = []
        out = []
        for t in range(T):
            cell = RNNUnit(*self.params)
            h = cell.forward(xs[:, t], h)
            self.cells.append(cell)
            out.append(h)
        if self.stateful:
            self.state = h
        else:
            self.state = None
        return np.stack(out, axis=1)

    def backward(self, dhs):
        self.grads = [np.zeros_like(p) for p in self.params]
        dxs = []
        dh = 0
        for t, cell in reversed(list(enumerate(self.cells))):
            dx, dh = cell.backward(dhs[:, t] + dh)
            dxs.insert(0, dx)
            for acc, grad in zip(self.grads, cell.grads):
                acc += grad
        self.dh = dh
        return np.stack(dxs, axis=1)
