import numpy as np


def sigmoid(x):
    z = np.exp(-np.abs(x))
    top = np.where(x < 0, z, 1.0)
    return top / (1.0 + z)


class LSTMUnit:

    def __init__(self, Wx, Wh, b, Vo=None):
        self.params = [Wx, Wh, b] if Vo is None else [Wx, Wh, b, Vo]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, x, h_prev, c_prev):
        Wx, Wh, b = [p.astype('f') for p in self.params[:3]]
        x, h_prev, c_prev = x.astype('f'), h_prev.astype('f'), c_prev.astype('f')
        N, H = h_prev.shape

        a = np.dot(x, Wx) + np.dot(h_prev, Wh) + b

        i = a[:, :H]
        f = a[:, H:2*H]
        g = a[:, 2*H:3*H]
        o = a[:, 3*H:]
        if len(self.params) > 3:
            o = o + np.dot(c_prev, self.params[3])

        i = sigmoid(i)
        f = sigmoid(f)
        g = np.tanh(g)
        o = sigmoid(o)

        c_next = f * c_prev + g * i
        h_next = o * np.tanh(c_next)

        self.cache = (x, h_prev, c_prev, i, f, g, o, c_next)
        return h_next, c_next

    def backward(self, dh_next, dc_next):
        Wx, Wh, b = self.params[0], self.params[1], self.params[2]
        x, h_prev, c_prev, i, f, g, o, c_next = self.cache

        tanh_c_next = np.tanh(c_next)

        ds = dc_next + (dh_next * o) * (1 - tanh_c_next ** 2)

        dc_prev = ds * f

        di = ds * g
        df = ds * c_prev
        do = dh_next * tanh_c_next
        dg = ds * i

        di = di * i * (1 - i)
        df = df * f * (1 - f)
        do = do * o * (1 - o)
        dg = dg * (1 - g ** 2)

        da = np.hstack((di, df, dg, do))

        dWh = np.dot(h_prev.T, da)
        dWx = np.dot(x.T, da)
        db = da.sum(axis=0)

        self.grads[0][...] = dWx
        self.grads[1][...] = dWh
        self.grads[2][...] = db

        if len(self.params) > 3:
            Vo = self.params[3]
            self.grads[3][...] = np.dot(c_prev.T, do)
            dc_prev = dc_prev + np.dot(do, Vo.T)

        dx = np.dot(da, Wx.T)
        dh_prev = np.dot(da, Wh.T)

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
