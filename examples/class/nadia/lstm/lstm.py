# A3 LSTM
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class LSTMUnit:

    def __init__(self, Wx, Wh, b, Vo=None):
        self.params = [Wx, Wh, b] if Vo is None else [Wx, Wh, b, Vo]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, x, h_prev, c_prev):
        Wx, Wh, b = self.params[0], self.params[1], self.params[2]
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

        dcell = dc_next + (dh_next * o) * (1 - tanh_c_next ** 2)

        dc_prev = dcell * f

        di = dcell * g
        df = dcell * c_prev
        do = dh_next * tanh_c_next
        dg = dcell * i

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
        self.h, self.c = np.array(h), np.array(c)

    def reset_state(self):
        self.h, self.c = None, None

    def _begin(self, xs):
        if self.h is None:
            zeros = np.zeros((xs.shape[0], len(self.params[1])), dtype=xs.dtype)
            return zeros, zeros
        if len(self.h) != xs.shape[0]:
            raise ValueError(f"{len(self.h)} rows of state and {xs.shape[0]} rows of input do not go together")
        return self.h, self.c

    def forward(self, xs):
        h, c = self._begin(xs)
        steps = []
        hs = []
        for x in np.swapaxes(xs, 0, 1):
            step = LSTMUnit(*self.params)
            h, c = step.forward(x, h, c)
            steps.append(step)
            hs.append(h)
        self.cache = steps
        self.reset_state()
        if self.stateful:
            self.set_state(h, c)
        return np.stack(hs, 1)

    def backward(self, dhs):
        for g in self.grads:
            g[...] = 0
        dxs = np.zeros((dhs.shape[0], dhs.shape[1], len(self.params[0])))
        dh = np.zeros(dhs[:, 0].shape)
        dc = np.zeros(dhs[:, 0].shape)
        t = len(self.cache)
        while t > 0:
            t = t - 1
            dx, dh, dc = self.cache[t].backward(dh + dhs[:, t], dc)
            dxs[:, t] = dx
            for g, share in zip(self.grads, self.cache[t].grads):
                g += share
        self.dh, self.dc = dh, dc
        return dxs
