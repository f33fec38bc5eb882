"""An LSTM written from the handout alone: a unit for each step, a dict of gates."""

import numpy as np


def sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1.0 + e)


class LSTMUnit:
    def __init__(self, Wx, Wh, b, Vo=None):
        self.params = [Wx, Wh, b] + ([] if Vo is None else [Vo])
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, x, h_prev, c_prev):
        Wx, Wh, b, *peephole = self.params
        a_i, a_f, a_g, a_o = np.split(x @ Wx + h_prev @ Wh + b, 4, axis=1)
        if peephole:
            a_o = a_o + c_prev @ peephole[0]
        gate = {"i": sigmoid(a_i), "f": sigmoid(a_f), "g": np.tanh(a_g), "o": sigmoid(a_o)}
        c = gate["f"] * c_prev + gate["i"] * gate["g"]
        squashed = np.tanh(c)
        self.cache = x, h_prev, c_prev, gate, squashed
        return gate["o"] * squashed, c

    def backward(self, dh, dc):
        Wx, Wh, _, *peephole = self.params
        x, h_prev, c_prev, gate, squashed = self.cache
        i, f, g, o = (gate[k] for k in "ifgo")
        cell = dc + dh * o * (1 - squashed * squashed)
        slope = {
            "i": cell * g * i * (1 - i),
            "f": cell * c_prev * f * (1 - f),
            "g": cell * i * (1 - g * g),
            "o": dh * squashed * o * (1 - o),
        }
        da = np.hstack([slope[k] for k in "ifgo"])
        dc_prev = cell * f
        if peephole:
            self.grads[3][...] = c_prev.T @ slope["o"]
            dc_prev = dc_prev + slope["o"] @ peephole[0].T
        for grad, value in zip(self.grads, (x.T @ da, h_prev.T @ da, da.sum(0)), strict=False):
            grad[...] = value
        return da @ Wx.T, da @ Wh.T, dc_prev


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
        self.h = self.c = None

    def forward(self, xs):
        rows, steps, _ = xs.shape
        width = self.params[1].shape[0]
        h = np.zeros((rows, width), xs.dtype) if self.h is None else self.h
        c = np.zeros((rows, width), xs.dtype) if self.c is None else self.c
        for state in (h, c):
            if len(state) != rows:
                raise ValueError(f"a state of {len(state)} rows does not fit a batch of {rows}")
        self.cache = [LSTMUnit(*self.params) for _ in range(steps)]
        seen = []
        for t, unit in enumerate(self.cache):
            h, c = unit.forward(xs[:, t], h, c)
            seen.append(h)
        self.h, self.c = (h.copy(), c.copy()) if self.stateful else (None, None)
        return np.stack(seen, axis=1)

    def backward(self, dhs):
        dh, dc = np.zeros_like(dhs[:, 0]), np.zeros_like(dhs[:, 0])
        totals = [np.zeros_like(p) for p in self.params]
        dxs = []
        for t in reversed(range(len(self.cache))):
            dx, dh, dc = self.cache[t].backward(dhs[:, t] + dh, dc)
            dxs.insert(0, dx)
            for total, grad in zip(totals, self.cache[t].grads, strict=True):
                total += grad
        for grad, total in zip(self.grads, totals, strict=True):
            grad[...] = total
        self.dh, self.dc = dh, dc
        return np.stack(dxs, axis=1)
