"""An LSTM written from the handout alone: functions that return their own way back."""

import numpy as np


def sigmoid(z):
    return 0.5 + 0.5 * np.tanh(0.5 * z)


def step(x, h, c, Wx, Wh, b, Vo):
    """The states after one step, and the function that goes back through it."""
    n = h.shape[1]
    z = np.dot(x, Wx) + np.dot(h, Wh) + b
    if Vo is not None:
        z[:, 3 * n :] += np.dot(c, Vo)
    i, f, o = (sigmoid(z[:, k * n : (k + 1) * n]) for k in (0, 1, 3))
    g = np.tanh(z[:, 2 * n : 3 * n])
    new_c = i * g + f * c
    new_h = o * np.tanh(new_c)

    def back(dh, dc):
        into_c = dc + dh * o * (1 - np.tanh(new_c) ** 2)
        dz = np.empty_like(z)
        dz[:, :n] = into_c * g * i * (1 - i)
        dz[:, n : 2 * n] = into_c * c * f * (1 - f)
        dz[:, 2 * n : 3 * n] = into_c * i * (1 - g**2)
        dz[:, 3 * n :] = dh * np.tanh(new_c) * o * (1 - o)
        weights = [x.T.dot(dz), h.T.dot(dz), dz.sum(axis=0, keepdims=True)]
        down = into_c * f
        if Vo is not None:
            weights.append(c.T.dot(dz[:, 3 * n :]))
            down = down + dz[:, 3 * n :].dot(Vo.T)
        return dz.dot(Wx.T), dz.dot(Wh.T), down, weights

    return new_h, new_c, back


class LSTMUnit:
    def __init__(self, Wx, Wh, b, Vo=None):
        self.params = [Wx, Wh, b] if Vo is None else [Wx, Wh, b, Vo]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.Vo = Vo
        self.cache = None

    def forward(self, x, h_prev, c_prev):
        h, c, self.cache = step(x, h_prev, c_prev, *self.params[:3], self.Vo)
        return h, c

    def backward(self, dh, dc):
        dx, dh_prev, dc_prev, weights = self.cache(dh, dc)
        for k, w in enumerate(weights):
            self.grads[k][:] = w
        return dx, dh_prev, dc_prev


class LSTM:
    def __init__(self, Wx, Wh, b, Vo=None, stateful=False):
        self.params = [Wx, Wh, b] if Vo is None else [Wx, Wh, b, Vo]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.Vo = Vo
        self.stateful = stateful
        self.h, self.c = None, None
        self.dh, self.dc = None, None
        self.cache = None

    def set_state(self, h, c):
        self.h, self.c = np.array(h), np.array(c)

    def reset_state(self):
        self.h, self.c = None, None

    def forward(self, xs):
        B, T, _ = xs.shape
        hs = np.zeros((B, T, self.params[1].shape[0]), dtype=xs.dtype)
        if self.h is None:
            h = c = np.zeros_like(hs[:, 0])
        elif self.h.shape[0] != B or self.c.shape[0] != B:
            raise ValueError("the state was made for another batch size; call reset_state first")
        else:
            h, c = self.h, self.c
        tape = []
        for t in range(T):
            h, c, back = step(xs[:, t], h, c, *self.params[:3], self.Vo)
            hs[:, t] = h
            tape.append(back)
        self.cache = tape, xs.shape
        self.h, self.c = (h, c) if self.stateful else (None, None)
        return hs

    def backward(self, dhs):
        tape, shape = self.cache
        dxs = np.zeros(shape, dtype=dhs.dtype)
        for grad in self.grads:
            grad[...] = 0
        carry_h = carry_c = 0.0
        for t in range(shape[1] - 1, -1, -1):
            dxs[:, t], carry_h, carry_c, weights = tape[t](dhs[:, t] + carry_h, carry_c)
            for grad, w in zip(self.grads, weights, strict=True):
                grad += w
        self.dh, self.dc = carry_h, carry_c
        return dxs
