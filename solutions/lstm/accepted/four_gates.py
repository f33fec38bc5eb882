"""Four gates, four products: nothing is packed; each gate takes its own columns of the weights."""

import numpy as np


def sigmoid(z):
    """exp(-log(1 + exp(-z))), with numpy's logaddexp for the logarithm."""
    return np.exp(-np.logaddexp(0, -z))


class LSTMUnit:
    def __init__(self, Wx, Wh, b, Vo=None):
        self.params = [p for p in (Wx, Wh, b, Vo) if p is not None]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def columns(self, gate):
        """Wx, Wh and b of one gate, 0 to 3."""
        H = self.params[1].shape[0]
        return [p[:, gate * H : (gate + 1) * H] for p in self.params[:3]]

    def affine(self, gate, x, h_prev):
        Wx, Wh, b = self.columns(gate)
        return np.dot(x, Wx) + np.dot(h_prev, Wh) + b

    def forward(self, x, h_prev, c_prev):
        i = sigmoid(self.affine(0, x, h_prev))
        f = sigmoid(self.affine(1, x, h_prev))
        g = np.tanh(self.affine(2, x, h_prev))
        into_o = self.affine(3, x, h_prev)
        if len(self.params) == 4:
            into_o = into_o + np.dot(c_prev, self.params[3])
        o = sigmoid(into_o)
        c = f * c_prev + i * g
        squashed = np.tanh(c)
        self.cache = x, h_prev, c_prev, i, f, g, o, squashed
        return o * squashed, c

    def backward(self, dh, dc):
        x, h_prev, c_prev, i, f, g, o, squashed = self.cache
        dcell = dc + dh * o * (1 - squashed * squashed)
        deltas = [
            dcell * g * i * (1 - i),
            dcell * c_prev * f * (1 - f),
            dcell * i * (1 - g * g),
            dh * squashed * o * (1 - o),
        ]
        H = h_prev.shape[1]
        dx, dh_prev = np.zeros_like(x), np.zeros_like(h_prev)
        for gate, delta in enumerate(deltas):
            Wx, Wh, _ = self.columns(gate)
            at = slice(gate * H, (gate + 1) * H)
            self.grads[0][:, at] = np.dot(x.T, delta)
            self.grads[1][:, at] = np.dot(h_prev.T, delta)
            self.grads[2][:, at] = delta.sum(axis=0)
            dx += np.dot(delta, Wx.T)
            dh_prev += np.dot(delta, Wh.T)
        dc_prev = dcell * f
        if len(self.params) == 4:
            self.grads[3][...] = np.dot(c_prev.T, deltas[3])
            dc_prev += np.dot(deltas[3], self.params[3].T)
        return dx, dh_prev, dc_prev


class LSTM:
    def __init__(self, Wx, Wh, b, Vo=None, stateful=False):
        self.params = [p for p in (Wx, Wh, b, Vo) if p is not None]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.stateful = stateful
        self.units = []
        self.state = None
        self.dh = self.dc = None

    def set_state(self, h, c):
        self.state = (np.array(h), np.array(c))

    def reset_state(self):
        self.state = None

    def forward(self, xs):
        B, T, _ = xs.shape
        H = self.params[1].shape[0]
        h, c = self.state if self.state else (np.zeros((B, H)), np.zeros((B, H)))
        if h.shape != (B, H) or c.shape != (B, H):
            raise ValueError(f"states of shape {h.shape} do not fit a batch of {B} rows")
        self.units = [LSTMUnit(*self.params) for _ in range(T)]
        hs = np.zeros((B, T, H))
        for t, unit in enumerate(self.units):
            h, c = unit.forward(xs[:, t, :], h, c)
            hs[:, t, :] = h
        self.state = (h, c) if self.stateful else None
        return hs

    def backward(self, dhs):
        B, T, H = dhs.shape
        dxs = np.zeros((B, T, self.params[0].shape[0]))
        dh, dc = np.zeros((B, H)), np.zeros((B, H))
        totals = [np.zeros_like(p) for p in self.params]
        for t in range(T - 1, -1, -1):
            dxs[:, t, :], dh, dc = self.units[t].backward(dh + dhs[:, t, :], dc)
            for k in range(len(totals)):
                totals[k] += self.units[t].grads[k]
        for grad, total in zip(self.grads, totals, strict=True):
            grad[...] = total
        self.dh, self.dc = dh, dc
        return dxs
