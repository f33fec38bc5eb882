# b batch, t time, d input, h/k hidden, g the four gates
import numpy as np
from numpy import einsum


def sigmoid(z):
    return 1 / (1 + np.exp(-np.clip(z, -700, 700)))


class LSTMUnit:
    def __init__(self, Wx, Wh, b, Vo=None):
        self.params = [Wx, Wh, b] if Vo is None else [Wx, Wh, b, Vo]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, x, h_prev, c_prev):
        B, H = h_prev.shape
        Wx, Wh, bias = (p.reshape(len(p), 4, H) for p in self.params[:3])
        z = einsum('bd,dgh->gbh', x, Wx) + einsum('bk,kgh->gbh', h_prev, Wh) + bias.transpose(1, 0, 2)
        if len(self.params) == 4:
            z[3] += einsum('bk,kh->bh', c_prev, self.params[3])
        i, f, o = sigmoid(z[0]), sigmoid(z[1]), sigmoid(z[3])
        g = np.tanh(z[2])
        c = f * c_prev + i * g
        self.cache = x, h_prev, c_prev, i, f, g, o, c
        return o * np.tanh(c), c

    def backward(self, dh, dc):
        x, h_prev, c_prev, i, f, g, o, c = self.cache
        B, H = h_prev.shape
        Wx, Wh, _ = (p.reshape(len(p), 4, H) for p in self.params[:3])
        t = np.tanh(c)
        e = dc + dh * o * (1 - t * t)
        dz = np.stack([e * g * i * (1 - i), e * c_prev * f * (1 - f), e * i * (1 - g * g), dh * t * o * (1 - o)])
        self.grads[0][...] = einsum('bd,gbh->dgh', x, dz).reshape(-1, 4 * H)
        self.grads[1][...] = einsum('bk,gbh->kgh', h_prev, dz).reshape(-1, 4 * H)
        self.grads[2][...] = einsum('gbh->gh', dz).reshape(1, 4 * H)
        dc_prev = e * f
        if len(self.params) == 4:
            self.grads[3][...] = einsum('bk,bh->kh', c_prev, dz[3])
            dc_prev = dc_prev + einsum('bh,kh->bk', dz[3], self.params[3])
        return einsum('gbh,dgh->bd', dz, Wx), einsum('gbh,kgh->bk', dz, Wh), dc_prev


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
        H = len(self.params[1])
        hs = np.zeros((B, T + 1, H))
        cs = np.zeros((B, T + 1, H))
        if self.h is not None:
            if len(self.h) != B:
                raise ValueError(f"state of {len(self.h)} rows, batch of {B}: reset_state() or set_state()")
            hs[:, 0], cs[:, 0] = self.h, self.c
        self.cache = [LSTMUnit(*self.params) for _ in range(T)]
        for t in range(T):
            hs[:, t + 1], cs[:, t + 1] = self.cache[t].forward(xs[:, t], hs[:, t], cs[:, t])
        self.h, self.c = (hs[:, T].copy(), cs[:, T].copy()) if self.stateful else (None, None)
        return hs[:, 1:].copy()

    def backward(self, dhs):
        parts = []
        dxs = np.zeros(dhs.shape[:2] + (len(self.params[0]),))
        dh = dc = np.zeros_like(dhs[:, 0])
        for t in range(dhs.shape[1])[::-1]:
            dxs[:, t], dh, dc = self.cache[t].backward(dhs[:, t] + dh, dc)
            parts.append([np.copy(g) for g in self.cache[t].grads])
        for grad, shares in zip(self.grads, zip(*parts)):
            grad[...] = np.sum(shares, axis=0)
        self.dh, self.dc = dh, dc
        return dxs
