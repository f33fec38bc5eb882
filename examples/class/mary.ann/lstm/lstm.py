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
        self.h_out = None   # the output array is made once and used again

    def forward(self, x, h_prev, c_prev):
        Wx, Wh, b = self.params[:3]
        H = h_prev.shape[1]
        a = x @ Wx + h_prev @ Wh + b
        zi, zf, zg, zo = a[:, :H], a[:, H:2*H], a[:, 2*H:3*H], a[:, 3*H:]
        if len(self.params) == 4:
            zo = zo + c_prev @ self.params[3]
        i = sigmoid(zi)
        f = sigmoid(zf)
        g = np.tanh(zg)
        o = sigmoid(zo)
        c = f * c_prev + i * g
        tc = np.tanh(c)
        if self.h_out is None or self.h_out.shape != o.shape:
            self.h_out = np.empty_like(o)
        h = np.multiply(o, tc, out=self.h_out)
        self.cache = (x, h_prev, c_prev, i, f, g, o, tc)
        return h, c

    def backward(self, dh, dc):
        Wx, Wh, b = self.params[:3]
        x, h_prev, c_prev, i, f, g, o, tc = self.cache
        dct = dc + dh * o * (1 - tc ** 2)
        dai = dct * g * i * (1 - i)
        daf = dct * c_prev * f * (1 - f)
        dag = dct * i * (1 - g ** 2)
        dao = dh * tc * o * (1 - o)
        da = np.hstack([dai, daf, dag, dao])
        self.grads[0][...] = x.T @ da
        self.grads[1][...] = h_prev.T @ da
        self.grads[2][...] = da.sum(axis=0, keepdims=True)
        dx = da @ Wx.T
        dh_prev = da @ Wh.T
        dc_prev = dct * f
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
        dh_carry = dc_carry = 0
        dxs = []
        for t in range(len(self.units))[::-1]:
            dx, dh_carry, dc_carry = self.units[t].backward(dhs[:, t] + dh_carry, dc_carry)
            dxs.append(dx)
            total = [s + g for s, g in zip(total, self.units[t].grads)]
        for g, s in zip(self.grads, total):
            g[...] = s
        self.dh = dh_carry
        self.dc = dc_carry
        return np.array(dxs[::-1]).transpose(1, 0, 2)
