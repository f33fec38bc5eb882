import numpy as np


def sigmoid(z):
    return (np.tanh(z / 2) + 1) / 2


class LSTMUnit:
    """[x, h] @ [Wx; Wh] + b, then the four s."""

    def __init__(self, Wx, Wh, b, Vo=None):
        self.params = [Wx, Wh, b] if Vo is None else [Wx, Wh, b, Vo]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, x, h_prev, c_prev):
        Wx, Wh, b, *rest = self.params
        xh = np.hstack((x, h_prev))
        W = np.vstack((Wx, Wh))
        z = xh @ W + b
        H = len(Wh)
        if rest:
            z[:, 3 * H:] += c_prev @ rest[0]
        s = sigmoid(z)
        i, f, o = s[:, :H], s[:, H:2 * H], s[:, 3 * H:]
        g = np.tanh(z[:, 2 * H:3 * H])
        c = i * g + f * c_prev
        self.cache = xh, W, c_prev, i, f, g, o, c
        return o * np.tanh(c), c

    def backward(self, dh, dc):
        xh, W, c_prev, i, f, g, o, c = self.cache
        t = np.tanh(c)
        d = dc + dh * o * (1 - t * t)
        dz = np.hstack((
            d * g * i * (1 - i),
            d * c_prev * f * (1 - f),
            d * i,
            dh * t * o * (1 - o),
        ))
        H = i.shape[1]
        D = len(W) - H
        dW = xh.T @ dz
        self.grads[0][...] = dW[:D]
        self.grads[1][...] = dW[D:]
        self.grads[2][...] = dz.sum(axis=0)
        dxh = dz @ W.T
        dc_prev = d * f
        if len(self.params) > 3:
            dzo = dz[:, 3 * H:]
            self.grads[3][...] = c_prev.T @ dzo
            dc_prev = dc_prev + dzo @ self.params[3].T
        return dxh[:, :D], dxh[:, D:], dc_prev


class LSTM:
    def __init__(self, Wx, Wh, b, Vo=None, stateful=False):
        self.params = [Wx, Wh, b] if Vo is None else [Wx, Wh, b, Vo]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.stateful = stateful
        self.h, self.c = None, None
        self.dh, self.dc = None, None
        self.cache = None

    def set_state(self, h, c):
        self.h, self.c = h.copy(), c.copy()

    def reset_state(self):
        self.h, self.c = None, None

    def forward(self, xs):
        B, T, D = xs.shape
        H = self.params[1].shape[0]
        h, c = self.h, self.c
        if h is None:
            h = np.zeros((B, H), dtype=xs.dtype)
            c = np.zeros((B, H), dtype=xs.dtype)
        if h.shape[0] != B:
            raise ValueError(f"state has batch size {h.shape[0]}, xs has {B}")
        hs = np.empty((B, T, H), dtype=xs.dtype)
        self.cache = []
        for t in range(T):
            unit = LSTMUnit(*self.params)
            h, c = unit.forward(xs[:, t], h, c)
            hs[:, t] = h
            self.cache.append(unit)
        if self.stateful:
            self.h, self.c = h, c
        else:
            self.h, self.c = None, None
        return hs

    def backward(self, dhs):
        B, T, H = dhs.shape
        dxs = np.empty((B, T, self.params[0].shape[0]), dtype=dhs.dtype)
        dh = np.zeros((B, H))
        dc = np.zeros((B, H))
        for grad in self.grads:
            grad[...] = 0
        for t in reversed(range(T)):
            dxs[:, t], dh, dc = self.cache[t].backward(dhs[:, t] + dh, dc)
            for grad, part in zip(self.grads, self.cache[t].grads):
                grad += part
        self.dh, self.dc = dh, dc
        return dxs
