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
        now = {
            "x": x,
            "h_prev": h_prev,
            "c_prev": c_prev,
            "i": sigmoid(self.gate(z, 0)),
            "f": sigmoid(self.gate(z, 1) + 1),  # + 1: remembers at first
            "g": np.tanh(self.gate(z, 2)),
            "o": sigmoid(zo),
        }
        now["c"] = now["f"] * c_prev + now["i"] * now["g"]
        now["tanh_c"] = np.tanh(now["c"])
        self.cache = now
        return now["o"] * now["tanh_c"], now["c"]

    def backward(self, dh, dc):
        k = self.cache
        d_c = dh * k["o"] * dtanh(k["tanh_c"]) + dc
        dz = np.zeros((len(dh), 4 * dh.shape[1]))
        self.gate(dz, 0)[...] = d_c * k["g"] * dsigmoid(k["i"])
        self.gate(dz, 1)[...] = d_c * k["c_prev"] * dsigmoid(k["f"])
        self.gate(dz, 2)[...] = d_c * k["i"] * dtanh(k["g"])
        self.gate(dz, 3)[...] = dh * k["tanh_c"] * dsigmoid(k["o"])
        self.grads[0][...] = k["x"].T.dot(dz)
        self.grads[1][...] = k["h_prev"].T.dot(dz)
        self.grads[2][...] = dz.sum(axis=0)
        dc_prev = d_c * k["f"]
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
