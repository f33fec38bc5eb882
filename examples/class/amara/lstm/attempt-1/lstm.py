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
        Wx, Wh, b = self.params[0], self.params[1], self.params[2]
        N, H = h_prev.shape

        z = np.dot(x, Wx) + np.dot(h_prev, Wh) + b

        i = z[:, :H]
        f = z[:, H:2*H]
        g = z[:, 2*H:3*H]
        o = z[:, 3*H:]
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

        dz = np.hstack((di, df, dg, do))

        dWh = np.dot(h_prev.T, dz)
        dWx = np.dot(x.T, dz)
        db = dz.sum(axis=0)

        self.grads[0][...] = dWx
        self.grads[1][...] = dWh
        self.grads[2][...] = db

        if len(self.params) > 3:
            Vo = self.params[3]
            self.grads[3][...] = np.dot(c_prev.T, do)
            dc_prev = dc_prev + np.dot(do, Vo.T)

        dx = np.dot(dz, Wx.T)
        dh_prev = np.dot(dz, Wh.T)

        return dx, dh_prev, dc_prev


class LSTM:

    def __init__(self, Wx, Wh, b, Vo=None, stateful=False):
        self.params = [Wx, Wh, b] if Vo is None else [Wx, Wh, b, Vo]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.stateful = stateful
        self.h, self.c = None, None
        self.dh, self.dc = None, None
        self.units = None

    def set_state(self, h, c):
        self.h, self.c = h, c

    def reset_state(self):
        self.h, self.c = None, None

    def forward(self, xs):
        N, T, D = xs.shape
        H = self.params[1].shape[0]

        self.units = []
        hs = np.empty((N, T, H), dtype=xs.dtype)

        if self.h is None:
            self.h = np.zeros((N, H), dtype=xs.dtype)
            self.c = np.zeros((N, H), dtype=xs.dtype)
        if self.h.shape[0] != N:
            raise ValueError('batch size changed from %d to %d, call reset_state first' % (self.h.shape[0], N))

        for t in range(T):
            unit = LSTMUnit(*self.params)
            self.h, self.c = unit.forward(xs[:, t, :], self.h, self.c)
            hs[:, t, :] = self.h
            self.units.append(unit)

        if not self.stateful:
            self.reset_state()
        return hs

    def backward(self, dhs):
        N, T, H = dhs.shape
        D = self.params[0].shape[0]

        dxs = np.empty((N, T, D), dtype=dhs.dtype)
        dh = np.zeros((N, H), dtype=dhs.dtype)
        dc = np.zeros((N, H), dtype=dhs.dtype)

        grads = [np.zeros_like(g) for g in self.grads]
        for t in reversed(range(T)):
            unit = self.units[t]
            dx, _, _ = unit.backward(dhs[:, t, :], dc)
            dxs[:, t, :] = dx
            for i, grad in enumerate(unit.grads):
                grads[i] += grad

        for i, grad in enumerate(grads):
            self.grads[i][...] = grad
        self.dh = dh
        self.dc = dc
        return dxs
