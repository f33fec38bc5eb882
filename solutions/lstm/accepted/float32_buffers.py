"""Float32 throughout: whatever comes in is converted, and all buffers are float32."""

import numpy as np


def f32(a):
    return np.asarray(a, dtype=np.float32)


def sigmoid(z):
    return np.float32(0.5) * (np.tanh(np.float32(0.5) * z) + np.float32(1))


class LSTMUnit:
    def __init__(self, Wx, Wh, b, Vo=None):
        self.params = [f32(p) for p in (Wx, Wh, b, Vo) if p is not None]
        self.grads = [np.zeros(p.shape, np.float32) for p in self.params]
        self.cache = None

    def forward(self, x, h_prev, c_prev):
        Wx, Wh, b = self.params[:3]
        x, h_prev, c_prev = f32(x), f32(h_prev), f32(c_prev)
        z = np.empty((len(x), b.size), dtype=np.float32)
        np.matmul(x, Wx, out=z)
        z += h_prev @ Wh
        z += b
        H = b.size // 4
        if len(self.params) == 4:
            z[:, 3 * H :] += c_prev @ self.params[3]
        i, f, o = sigmoid(z[:, :H]), sigmoid(z[:, H : 2 * H]), sigmoid(z[:, 3 * H :])
        g = np.tanh(z[:, 2 * H : 3 * H])
        c = i * g + f * c_prev
        tc = np.tanh(c)
        self.cache = (x, h_prev, c_prev, i, f, g, o, tc)
        return o * tc, c

    def backward(self, dh, dc):
        x, h_prev, c_prev, i, f, g, o, tc = self.cache
        dh, dc = f32(dh), f32(dc)
        total = dc + dh * o * (1 - tc**2)
        dz = np.concatenate(
            (
                total * g * (i - i * i),
                total * c_prev * (f - f * f),
                total * i * (1 - g * g),
                dh * tc * (o - o * o),
            ),
            axis=1,
        )
        dWx, dWh, db, *rest = self.grads
        dWx[:] = x.T @ dz
        dWh[:] = h_prev.T @ dz
        db[:] = dz.sum(axis=0, keepdims=True)
        dc_prev = total * f
        if rest:
            dzo = dz[:, -f.shape[1] :]
            rest[0][:] = c_prev.T @ dzo
            dc_prev = dc_prev + dzo @ self.params[3].T
        return dz @ self.params[0].T, dz @ self.params[1].T, dc_prev


class LSTM:
    def __init__(self, Wx, Wh, b, Vo=None, stateful=False):
        self.params = [f32(p) for p in (Wx, Wh, b, Vo) if p is not None]
        self.grads = [np.zeros(p.shape, np.float32) for p in self.params]
        self.stateful = stateful
        self.h = self.c = self.dh = self.dc = None
        self.units = []

    def set_state(self, h, c):
        self.h, self.c = f32(h), f32(c)

    def reset_state(self):
        self.h = self.c = None

    def forward(self, xs):
        B, T, _ = xs.shape
        H = self.params[1].shape[0]
        if self.h is None:
            self.h = np.zeros((B, H), dtype="f")
            self.c = np.zeros((B, H), dtype="f")
        if self.h.shape[0] != B:
            raise ValueError(f"expected a batch of {self.h.shape[0]}, got {B}")
        hs = np.empty((B, T, H), dtype="f")
        self.units = []
        for t in range(T):
            unit = LSTMUnit(*self.params)
            self.h, self.c = unit.forward(xs[:, t, :], self.h, self.c)
            hs[:, t, :] = self.h
            self.units.append(unit)
        if not self.stateful:
            self.reset_state()
        return hs

    def backward(self, dhs):
        B, T, H = dhs.shape
        dxs = np.empty((B, T, self.params[0].shape[0]), dtype="f")
        dh = np.zeros((B, H), dtype="f")
        dc = np.zeros((B, H), dtype="f")
        sums = [0] * len(self.params)
        for t in reversed(range(T)):
            dx, dh, dc = self.units[t].backward(f32(dhs[:, t, :]) + dh, dc)
            dxs[:, t, :] = dx
            sums = [s + g for s, g in zip(sums, self.units[t].grads, strict=True)]
        for grad, s in zip(self.grads, sums, strict=True):
            grad[...] = s
        self.dh, self.dc = dh, dc
        return dxs
