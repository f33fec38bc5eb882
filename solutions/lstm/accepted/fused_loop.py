"""The loop is written out in full and never looks at the unit; arrays hold all steps at once."""

import numpy as np


def logistic(z):
    """By the exponential that is at most 1, chosen entry by entry."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


class LSTMUnit:
    def __init__(self, Wx, Wh, b, Vo=None):
        self.params = [Wx, Wh, b] + ([] if Vo is None else [Vo])
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, x, h_prev, c_prev):
        Wx, Wh, b = self.params[:3]
        H = h_prev.shape[1]
        a = x @ Wx + h_prev @ Wh + b
        if len(self.params) > 3:
            a[:, 3 * H :] += c_prev @ self.params[3]
        gates = logistic(a)
        gates[:, 2 * H : 3 * H] = np.tanh(a[:, 2 * H : 3 * H])
        i, f, g, o = (gates[:, k * H : (k + 1) * H] for k in range(4))
        c = f * c_prev + i * g
        h = np.tanh(c) * o
        self.cache = x, h_prev, c_prev, gates, c
        return h, c

    def backward(self, dh, dc):
        x, h_prev, c_prev, gates, c = self.cache
        H = c.shape[1]
        i, f, g, o = (gates[:, k * H : (k + 1) * H] for k in range(4))
        t = np.tanh(c)
        dc = dc + dh * o * (1 - t**2)
        da = np.empty_like(gates)
        da[:, :H] = dc * g * i * (1 - i)
        da[:, H : 2 * H] = dc * c_prev * f * (1 - f)
        da[:, 2 * H : 3 * H] = dc * i * (1 - g**2)
        da[:, 3 * H :] = dh * t * o * (1 - o)
        self.grads[0][:] = x.T @ da
        self.grads[1][:] = h_prev.T @ da
        self.grads[2][:] = da.sum(0, keepdims=True)
        dc_prev = dc * f
        if len(self.params) > 3:
            self.grads[3][:] = c_prev.T @ da[:, 3 * H :]
            dc_prev += da[:, 3 * H :] @ self.params[3].T
        return da @ self.params[0].T, da @ self.params[1].T, dc_prev


class LSTM:
    def __init__(self, Wx, Wh, b, Vo=None, stateful=False):
        self.params = [Wx, Wh, b] + ([] if Vo is None else [Vo])
        self.grads = [np.zeros_like(p) for p in self.params]
        self.stateful = stateful
        self.h = self.c = self.dh = self.dc = None

    def set_state(self, h, c):
        self.h, self.c = h.copy(), c.copy()

    def reset_state(self):
        self.h = self.c = None

    def forward(self, xs):
        Wx, Wh, b = self.params[:3]
        B, T, _ = xs.shape
        H = len(Wh)
        hs, cs = np.zeros((2, T + 1, B, H))  # [0] is the state to begin with
        if self.h is not None:
            if len(self.h) != B:
                raise ValueError(f"{len(self.h)} rows of state, but {B} rows of input")
            hs[0], cs[0] = self.h, self.c
        gates = np.zeros((T, 4, B, H))
        for t in range(T):
            a = xs[:, t] @ Wx + hs[t] @ Wh + b
            for k in range(4):
                z = a[:, k * H : (k + 1) * H]
                if k == 3 and len(self.params) > 3:
                    z = z + cs[t] @ self.params[3]
                gates[t, k] = np.tanh(z) if k == 2 else logistic(z)
            i, f, g, o = gates[t]
            cs[t + 1] = f * cs[t] + i * g
            hs[t + 1] = o * np.tanh(cs[t + 1])
        self.xs, self.hs, self.cs, self.gates = xs, hs, cs, gates
        self.h, self.c = (hs[T].copy(), cs[T].copy()) if self.stateful else (None, None)
        return hs[1:].transpose(1, 0, 2).copy()

    def backward(self, dhs):
        Wx, Wh, _ = self.params[:3]
        B, T, H = dhs.shape
        for grad in self.grads:
            grad.fill(0.0)
        dxs = np.empty_like(self.xs)
        dh, dc = np.zeros((2, B, H))
        for t in range(T - 1, -1, -1):
            i, f, g, o = self.gates[t]
            dh = dh + dhs[:, t]
            tc = np.tanh(self.cs[t + 1])
            dc = dc + dh * o * (1 - tc**2)
            da = np.concatenate(
                [
                    dc * g * i * (1 - i),
                    dc * self.cs[t] * f * (1 - f),
                    dc * i * (1 - g**2),
                    dh * tc * o * (1 - o),
                ],
                axis=1,
            )
            self.grads[0] += self.xs[:, t].T @ da
            self.grads[1] += self.hs[t].T @ da
            self.grads[2] += da.sum(axis=0)
            dxs[:, t] = da @ Wx.T
            dh, dc = da @ Wh.T, dc * f
            if len(self.params) > 3:
                self.grads[3] += self.cs[t].T @ da[:, 3 * H :]
                dc += da[:, 3 * H :] @ self.params[3].T
        self.dh, self.dc = dh, dc
        return dxs
