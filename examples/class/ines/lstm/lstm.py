import numpy as np


def sigmoid(z):
    out = np.empty_like(z)
    pos = z >= 0
    out[pos] = 1 / (1 + np.exp(-z[pos]))
    e = np.exp(z[~pos])
    out[~pos] = e / (1 + e)
    return out


class LSTMUnit:
    def __init__(self, Wx, Wh, b, Vo=None):
        self.params = [Wx, Wh, b] if Vo is None else [Wx, Wh, b, Vo]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, x, h_prev, c_prev):
        Wx, Wh, b = self.params[:3]
        H = h_prev.shape[1]
        a = x @ Wx + h_prev @ Wh + b
        ai, af, ag, ao = a[:, :H], a[:, H:2*H], a[:, 2*H:3*H], a[:, 3*H:]
        if len(self.params) == 4:
            ao = ao + c_prev @ self.params[3]
        i = sigmoid(ai)
        f = sigmoid(af)
        g = np.tanh(ag)
        o = sigmoid(ao)
        c = f * c_prev + i * g
        tc = np.tanh(c)
        h = o * tc
        self.cache = (x, h_prev, c_prev, i, f, g, o, c, tc)
        return h, c

    def backward(self, dh, dc):
        Wx, Wh, b = self.params[:3]
        x, h_prev, c_prev, i, f, g, o, c, tc = self.cache
        # c goes into h and into the next step
        dC = dc + dh * o * (1 - tc ** 2)
        dai = dC * g * i * (1 - i)
        daf = dC * c * f * (1 - f)
        dag = dC * i * (1 - g ** 2)
        dao = dh * tc * o * (1 - o)
        dz = np.hstack([dai, daf, dag, dao])
        self.grads[0][...] = x.T @ dz
        self.grads[1][...] = h_prev.T @ dz
        self.grads[2][...] = dz.sum(axis=0, keepdims=True)
        dx = dz @ Wx.T
        dh_prev = dz @ Wh.T
        dc_prev = dC * f
        if len(self.params) == 4:
            Vo = self.params[3]
            self.grads[3][...] = c_prev.T @ dao
            dc_prev = dc_prev + dao @ Vo.T
        return dx, dh_prev, dc_prev


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
