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
        print('dh', np.abs(dh).max(), 'dc', np.abs(dc).max())
        dcell = dh * k["o"] * dtanh(k["tanh_c"]) + dc
        dz = np.zeros((len(dh), 4 * dh.shape[1]))
        self.gate(dz, 0)[...] = dcell * k["g"] * dsigmoid(k["i"])
        self.gate(dz, 1)[...] = dcell * k["c_prev"] * dsigmoid(k["f"])
        self.gate(dz, 2)[...] = dcell * k["i"] * dtanh(k["g"])
        self.gate(dz, 3)[...] = dh * k["tanh_c"] * dsigmoid(k["o"])
        self.grads[0][...] = k["x"].T.dot(dz)
        self.grads[1][...] = k["h_prev"].T.dot(dz)
        self.grads[2][...] = dz.sum(axis=0)
        dc_prev = dcell * k["f"]
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
            print('step', t, 'of', steps, h.shape)
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
