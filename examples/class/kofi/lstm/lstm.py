import numpy as np


def sigmoid(z):
    return (np.tanh(z / 2) + 1) / 2


class LSTMUnit:
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
        dcell = dc + dh * o * (1 - t * t)
        dz = np.hstack((
            dcell * g * i * (1 - i),
            dcell * c_prev * f * (1 - f),
            dcell * i * (1 - g * g),
            dh * t * o * (1 - o),
        ))
        H = i.shape[1]
        D = len(W) - H
        dW = xh.T @ dz
        self.grads[0][...] = dW[:D]
        self.grads[1][...] = dW[D:]
        self.grads[2][...] = dz.sum(axis=0)
        dxh = dz @ W.T
        dc_prev = dcell * f
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
        self.h, self.c = np.array(h), np.array(c)

    def reset_state(self):
        self.h, self.c = None, None

    def _begin(self, xs):
        if self.h is None:
            zeros = np.zeros((xs.shape[0], len(self.params[1])), dtype=xs.dtype)
            return zeros, zeros
        if len(self.h) != xs.shape[0]:
            raise ValueError(f"{len(self.h)} rows of state and {xs.shape[0]} rows of input do not go together")
        return self.h, self.c   # from set_state or from the last forward

    def forward(self, xs):
        h, c = self._begin(xs)
        steps = []
        hs = []
        for x in np.swapaxes(xs, 0, 1):
            step = LSTMUnit(*self.params)
            h, c = step.forward(x, h, c)
            steps.append(step)
            hs.append(h)
        self.cache = steps
        self.reset_state()
        if self.stateful:
            self.set_state(h, c)
        return np.stack(hs, 1)

    def backward(self, dhs):
        for g in self.grads:
            g[...] = 0
        dxs = np.zeros((dhs.shape[0], dhs.shape[1], len(self.params[0])))
        dh = np.zeros(dhs[:, 0].shape)
        dc = np.zeros(dhs[:, 0].shape)
        for t in range(len(self.cache) - 1, -1, -1):
            dx, dh, dc = self.cache[t].backward(dh + dhs[:, t], dc)
            dxs[:, t] = dx
            for g, g_t in zip(self.grads, self.cache[t].grads):
                g += g_t
        self.dh, self.dc = dh, dc
        return dxs
