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
        d = dc + dh * o * (1 - t * t)
        dz = np.stack([d * g * i * (1 - i), d * c_prev * f * (1 - f), d * i * (1 - g * g), dh * t * o * (1 - o)])
        self.grads[0][...] = einsum('bd,gbh->dgh', x, dz).reshape(-1, 4 * H)
        self.grads[1][...] = einsum('bk,gbh->kgh', h_prev, dz).reshape(-1, 4 * H)
        self.grads[2][...] = einsum('gbh->gh', dz).reshape(1, 4 * H)
        dc_prev = d * f
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
        dh_next = dc_next = 0
        dxs = []
        for t in range(len(self.units))[::-1]:
            dx, dh_next, dc_next = self.units[t].backward(dhs[:, t] + dh_next, dc_next)
            dxs.append(dx)
            total = [s + g for s, g in zip(total, self.units[t].grads)]
        for g, s in zip(self.grads, total):
            g[...] = s
        self.dh = dh_next
        self.dc = dc_next
        return np.array(dxs[::-1]).transpose(1, 0, 2)
