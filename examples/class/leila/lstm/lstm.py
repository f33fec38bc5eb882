import numpy as np


def sigmoid(z):
    # exp only of negative numbers, so it cannot overflow
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
        new = {
            "x": x,
            "h_prev": h_prev,
            "c_prev": c_prev,
            "i": sigmoid(self.gate(z, 0)),
            "f": sigmoid(self.gate(z, 1)),
            "g": np.tanh(self.gate(z, 2)),
            "o": sigmoid(zo),
        }
        new["c"] = new["f"] * c_prev + new["i"] * new["g"]
        new["tanh_c"] = np.tanh(new["c"])
        self.cache = new
        return new["o"] * new["tanh_c"], new["c"]

    def backward(self, dh, dc):
        k = self.cache
        dcs = dh * k["o"] * dtanh(k["tanh_c"]) + dc
        dz = np.zeros((len(dh), 4 * dh.shape[1]))
        self.gate(dz, 0)[...] = dcs * k["g"] * dsigmoid(k["i"])
        self.gate(dz, 1)[...] = dcs * k["c_prev"] * dsigmoid(k["f"])
        self.gate(dz, 2)[...] = dcs * k["i"] * dtanh(k["g"])
        self.gate(dz, 3)[...] = dh * k["tanh_c"] * dsigmoid(k["o"])
        self.grads[0][...] = k["x"].T.dot(dz)
        self.grads[1][...] = k["h_prev"].T.dot(dz)
        self.grads[2][...] = dz.sum(axis=0)
        dc_prev = dcs * k["f"]
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
        self.layers = None

    def set_state(self, h, c):
        self.h, self.c = h, c

    def reset_state(self):
        self.h, self.c = None, None

    def forward(self, xs):
        N, T, D = xs.shape
        H = self.params[1].shape[0]

        self.layers = []
        hs = np.empty((N, T, H), dtype=xs.dtype)

        if self.h is None:
            self.h = np.zeros((N, H), dtype=xs.dtype)
            self.c = np.zeros((N, H), dtype=xs.dtype)
        if self.h.shape[0] != N:
            raise ValueError('batch size changed from %d to %d, call reset_state first' % (self.h.shape[0], N))

        layer = LSTMUnit(*self.params)   # one layer, the weights are shared
        for t in range(T):
            self.h, self.c = layer.forward(xs[:, t, :], self.h, self.c)
            hs[:, t, :] = self.h
            self.layers.append(layer)

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
            layer = self.layers[t]
            dx, dh, dc = layer.backward(dhs[:, t, :] + dh, dc)
            dxs[:, t, :] = dx
            for i, grad in enumerate(layer.grads):
                grads[i] += grad

        for i, grad in enumerate(grads):
            self.grads[i][...] = grad
        self.dh = dh
        self.dc = dc
        return dxs
