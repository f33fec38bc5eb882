"""No loop over time: a run over a sequence calls itself, and closures carry gradients back."""

import numpy as np


def sigmoid(z):
    with np.errstate(over="ignore"):  # exp(1000) is infinite, and 1 / (1 + inf) is 0
        return 1 / (1 + np.exp(-z))


def step(x, h, c, Wx, Wh, b, Vo=None):
    """The states after one step, and the function from their gradients to all others."""
    zi, zf, zg, zo = np.hsplit(x @ Wx + h @ Wh + b, 4)
    zo = zo if Vo is None else zo + c @ Vo
    i, f, g, o = sigmoid(zi), sigmoid(zf), np.tanh(zg), sigmoid(zo)
    c_next = i * g + f * c
    y = np.tanh(c_next)

    def pullback(dh, dc):
        dc = dc + dh * o * (1 - y) * (1 + y)
        dzo = dh * y * o * (1 - o)
        dz = np.column_stack(
            [dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g) * (1 + g), dzo]
        )
        dparams = [x.T @ dz, h.T @ dz, dz.sum(axis=0)[None]]
        if Vo is None:
            return dz @ Wx.T, dz @ Wh.T, dc * f, dparams
        return dz @ Wx.T, dz @ Wh.T, dc * f + dzo @ Vo.T, [*dparams, c.T @ dzo]

    return o * y, c_next, pullback


def run(xs, h, c, params):
    """The states after each of the steps in the list xs, the last cell, and a pullback."""
    if not xs:
        return [], h, c, lambda dhs, dh, dc: ([], dh, dc, [np.zeros_like(p) for p in params])
    h, c, back_one = step(xs[0], h, c, *params)
    hs, h_last, c_last, back_rest = run(xs[1:], h, c, params)

    def pullback(dhs, dh, dc):
        dxs, dh, dc, of_rest = back_rest(dhs[1:], dh, dc)
        dx, dh, dc, of_one = back_one(dhs[0] + dh, dc)
        sums = [one + rest for one, rest in zip(of_one, of_rest, strict=True)]
        return [dx, *dxs], dh, dc, sums

    return [h, *hs], h_last, c_last, pullback


class LSTMUnit:
    def __init__(self, Wx, Wh, b, Vo=None):
        self.params = [p for p in [Wx, Wh, b, Vo] if p is not None]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, x, h_prev, c_prev):
        h, c, self.pullback = step(x, h_prev, c_prev, *self.params)
        return h, c

    def backward(self, dh, dc):
        *returned, dparams = self.pullback(dh, dc)
        for grad, value in zip(self.grads, dparams, strict=True):
            grad[:] = value
        return tuple(returned)


class LSTM:
    def __init__(self, Wx, Wh, b, Vo=None, stateful=False):
        self.params = [p for p in [Wx, Wh, b, Vo] if p is not None]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.stateful = stateful
        self.reset_state()

    def set_state(self, h, c):
        self.given = [h, c]

    def reset_state(self):
        self.given = []

    def forward(self, xs):
        shape = (xs.shape[0], self.params[1].shape[0])
        h, c = self.given or [np.zeros(shape), np.zeros(shape)]
        if h.shape != shape:
            raise ValueError(f"The states have shape {h.shape}; this batch needs {shape}.")
        steps = [xs[:, t] for t in range(xs.shape[1])]
        hs, h, c, self.pullback = run(steps, h, c, self.params)
        self.given = [h, c] if self.stateful else []
        return np.stack(hs, axis=1)

    def backward(self, dhs):
        nothing = np.zeros_like(dhs[:, 0])
        steps = [dhs[:, t] for t in range(dhs.shape[1])]
        dxs, self.dh, self.dc, sums = self.pullback(steps, nothing, nothing)
        for grad, value in zip(self.grads, sums, strict=True):
            grad[:] = value
        return np.stack(dxs, axis=1)
