"""Units are pushed on the left of a deque, so that backward walks it from left to right; prints."""

from collections import deque

import numpy as np


def _sigmoid(z):
    """σ(z) = 1 - σ(-z), so that only positive numbers are ever negated into an exponential."""
    out = np.empty_like(z)
    up = z > 0
    out[up] = 1 / (1 + np.exp(-z[up]))
    e = np.exp(z[~up])
    out[~up] = e / (1 + e)
    return out


class LSTMUnit:
    def __init__(self, Wx, Wh, b, Vo=None):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        if Vo is not None:
            self.params.append(Vo)
            self.grads.append(np.zeros_like(Vo))
        self.has_peephole = Vo is not None
        self.cache = {}

    def forward(self, x, h_prev, c_prev):
        H = h_prev.shape[1]
        A = np.dot(x, self.params[0]) + np.dot(h_prev, self.params[1]) + self.params[2]
        if self.has_peephole:
            A = A + np.pad(np.dot(c_prev, self.params[3]), ((0, 0), (3 * H, 0)))
        i = _sigmoid(A[:, :H])
        f = _sigmoid(A[:, H : 2 * H])
        g = np.tanh(A[:, 2 * H : 3 * H])
        o = _sigmoid(A[:, 3 * H :])
        c_next = f * c_prev + g * i
        h_next = o * np.tanh(c_next)
        self.cache.update(x=x, h_prev=h_prev, c_prev=c_prev, i=i, f=f, g=g, o=o, c_next=c_next)
        return [h_next, c_next]

    def backward(self, dh_next, dc_next):
        s = self.cache
        tanh_c_next = np.tanh(s["c_next"])
        ds = dc_next + (dh_next * s["o"]) * (1 - tanh_c_next**2)
        dc_prev = ds * s["f"]
        di = ds * s["g"] * s["i"] * (1 - s["i"])
        df = ds * s["c_prev"] * s["f"] * (1 - s["f"])
        dg = ds * s["i"] * (1 - s["g"] ** 2)
        do = dh_next * tanh_c_next * s["o"] * (1 - s["o"])
        dA = np.hstack((di, df, dg, do))
        self.grads[0][...] = np.dot(s["x"].T, dA)
        self.grads[1][...] = np.dot(s["h_prev"].T, dA)
        self.grads[2][...] = dA.sum(axis=0)
        if self.has_peephole:
            self.grads[3][...] = np.dot(s["c_prev"].T, do)
            dc_prev = dc_prev + np.dot(do, self.params[3].T)
        return [np.dot(dA, self.params[0].T), np.dot(dA, self.params[1].T), dc_prev]


class LSTM:
    def __init__(self, Wx, Wh, b, Vo=None, stateful=False):
        self.params = [Wx, Wh, b] + [Vo] * (Vo is not None)
        self.grads = [np.zeros_like(p) for p in self.params]
        self.layers = deque()
        self.h = self.c = None
        self.dh = self.dc = None
        self.stateful = stateful
        self.keep = False  # whether self.h and self.c are for the next forward

    def set_state(self, h, c):
        self.h, self.c, self.keep = h, c, True

    def reset_state(self):
        self.h = self.c = None
        self.keep = False

    def forward(self, xs):
        N, T, _ = xs.shape
        print("running over", N, "sequences of", T)
        if not self.keep:
            self.h = np.zeros((N, self.params[1].shape[0]), dtype=xs.dtype)
            self.c = np.zeros_like(self.h)
        if self.h.shape[0] != N:
            raise ValueError(f"batch of {N}, state of {self.h.shape[0]}: call reset_state()")
        self.layers.clear()
        hs = []
        for t in range(T):
            self.layers.appendleft(LSTMUnit(*self.params))
            self.h, self.c = self.layers[0].forward(xs[:, t, :], self.h, self.c)
            hs.append(self.h[:, np.newaxis])
        self.keep = self.stateful
        return np.concatenate(hs, axis=1)

    def backward(self, dhs):
        dxs = deque()
        dh = dc = np.zeros_like(dhs[:, 0, :])
        for grad in self.grads:
            grad *= 0
        for k, layer in enumerate(self.layers, start=1):
            dx, dh, dc = layer.backward(dhs[:, -k, :] + dh, dc)
            dxs.appendleft(dx)
            for i, grad in enumerate(layer.grads):
                self.grads[i] += grad
        self.dh, self.dc = dh, dc
        return np.array(dxs).transpose(1, 0, 2)
