import numpy as np


def sigmoid(z):
    return (np.tanh(z / 2) + 1) / 2


class LSTMUnit:
    """[x, h] @ [Wx; Wh] + b, then the four gates."""

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
        gates = sigmoid(z)
        i, f, o = gates[:, :H], gates[:, H:2 * H], gates[:, 3 * H:]
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
            d * i * (1 - g * g),
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
