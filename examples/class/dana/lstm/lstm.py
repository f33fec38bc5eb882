import numpy as np


def sigmoid(z):
    return (np.tanh(z / 2) + 1) / 2


class LSTMUnit:
    """[x, h] @ [Wx; Wh] + b, then the four gates: i, f, o, g."""

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
            z[:, 2 * H:3 * H] += c_prev @ rest[0]
        gates = sigmoid(z)
        i, f, o = gates[:, :H], gates[:, H:2 * H], gates[:, 2 * H:3 * H]
        g = np.tanh(z[:, 3 * H:])
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
            dh * t * o * (1 - o),
            d * i * (1 - g * g),
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
            dzo = dz[:, 2 * H:3 * H]
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
        self.h, self.c = h, c

    def reset_state(self):
        self.h = self.c = None

    def forward(self, xs):
        rows, steps = xs.shape[:2]
        if self.h is None:
            h = c = np.zeros((rows, self.params[1].shape[0]))
        elif self.h.shape[0] != rows:
            raise ValueError("The layer carries a state for %d rows and was given %d; reset_state() forgets it."
                             % (self.h.shape[0], rows))
        else:
            h, c = self.h, self.c
        self.units = [LSTMUnit(*self.params) for _ in range(steps)]
        hs = []
        for t, unit in enumerate(self.units):
            h, c = unit.forward(xs[:, t], h, c)
            hs.append(h)
        self.set_state(h, c)
        if not self.stateful:
            self.reset_state()
        return np.array(hs).transpose(1, 0, 2)

    def backward(self, dhs):
        total = [0] * len(self.grads)
        dh_carry = dc_carry = 0
        dxs = []
        for t in range(len(self.units))[::-1]:
            dx, dh_carry, dc_carry = self.units[t].backward(dhs[:, t] + dh_carry, dc_carry)
            dxs.append(dx)
            total = [s + g for s, g in zip(total, self.units[t].grads)]
        for g, s in zip(self.grads, total):
            g[...] = s
        self.dh = dh_carry
        self.dc = dc_carry
        return np.array(dxs[::-1]).transpose(1, 0, 2)
