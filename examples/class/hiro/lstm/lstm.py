import numpy as np


def sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


def dsigmoid(s):
    return s * (1 - s)


def dtanh(t):
    return 1 - t * t


class LSTMUnit:
    def __init__(self, Wx, Wh, b, Vo=None):
        self.params = [Wx, Wh, b] if Vo is None else [Wx, Wh, b, Vo]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.Vo = Vo
        self.cache = None

    def gate(self, z, k):
        H = z.shape[1] // 4
        return z[:, k * H:(k + 1) * H]

    def forward(self, x, h_prev, c_prev):
        z = x.dot(self.params[0]) + h_prev.dot(self.params[1]) + self.params[2]
        zo = self.gate(z, 3)
        if self.Vo is not None:
            zo = zo + c_prev.dot(self.Vo)
        kept = {
            "x": x,
            "h_prev": h_prev,
            "c_prev": c_prev,
            "i": sigmoid(self.gate(z, 0)),
            "f": sigmoid(self.gate(z, 1)),
            "g": sigmoid(self.gate(z, 2)),
            "o": sigmoid(zo),
        }
        kept["c"] = kept["f"] * c_prev + kept["i"] * kept["g"]
        kept["tanh_c"] = np.tanh(kept["c"])
        self.cache = kept
        return kept["o"] * kept["tanh_c"], kept["c"]

    def backward(self, dh, dc):
        k = self.cache
        dc_sum = dh * k["o"] * dtanh(k["tanh_c"]) + dc
        dz = np.zeros((len(dh), 4 * dh.shape[1]))
        self.gate(dz, 0)[...] = dc_sum * k["g"] * dsigmoid(k["i"])
        self.gate(dz, 1)[...] = dc_sum * k["c_prev"] * dsigmoid(k["f"])
        self.gate(dz, 2)[...] = dc_sum * k["i"] * dsigmoid(k["g"])
        self.gate(dz, 3)[...] = dh * k["tanh_c"] * dsigmoid(k["o"])
        self.grads[0][...] = k["x"].T.dot(dz)
        self.grads[1][...] = k["h_prev"].T.dot(dz)
        self.grads[2][...] = dz.sum(axis=0)
        dc_prev = dc_sum * k["f"]
        if self.Vo is not None:
            dzo = self.gate(dz, 3)
            self.grads[3][...] = k["c_prev"].T.dot(dzo)
            dc_prev += dzo.dot(self.Vo.T)
        return dz.dot(self.params[0].T), dz.dot(self.params[1].T), dc_prev


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
        H = self.params[1].shape[0]
        h, c = self.h, self.c
        if h is None:
            h = np.zeros((B, H), dtype=xs.dtype)
            c = np.zeros((B, H), dtype=xs.dtype)
        if h.shape[0] != B:
            raise ValueError(f"state has batch size {h.shape[0]}, xs has {B}")
        hs = np.empty((B, T, H), dtype=xs.dtype)
        self.cache = []
        for t in range(T):
            unit = LSTMUnit(*self.params)
            h, c = unit.forward(xs[:, t], h, c)
            hs[:, t] = h
            self.cache.append(unit)
        if self.stateful:
            self.h, self.c = h, c
        else:
            self.h, self.c = None, None
        return hs

    def backward(self, dhs):
        B, T, H = dhs.shape
        dxs = np.empty((B, T, self.params[0].shape[0]), dtype=dhs.dtype)
        dh = np.zeros((B, H))
        dc = np.zeros((B, H))
        for grad in self.grads:
            grad[...] = 0
        for t in reversed(range(T)):
            dxs[:, t], dh, dc = self.cache[t].backward(dhs[:, t] + dh, dc)
            for grad, part in zip(self.grads, self.cache[t].grads):
                grad += part
        self.dh, self.dc = dh, dc
        return dxs
