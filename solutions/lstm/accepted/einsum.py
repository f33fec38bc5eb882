"""Every product as an einsum over the gates as an axis of their own: weights as [D, 4, H]."""

import numpy as np


def squash(z):
    """σ of gates 0, 1 and 3, tanh of gate 2, for z [B, 4, H]."""
    scale = np.array([0.5, 0.5, 1.0, 0.5]).reshape(4, 1)
    shift = np.array([0.5, 0.5, 0.0, 0.5]).reshape(4, 1)
    return np.tanh(z * scale) * (1 - shift) + shift


def slope(gates):
    """The slopes of `squash`, from its values."""
    slopes = gates * (1 - gates)
    slopes[:, 2] = 1 - gates[:, 2] ** 2
    return slopes


class LSTMUnit:
    def __init__(self, Wx, Wh, b, Vo=None):
        self.params = [Wx, Wh, b] if Vo is None else [Wx, Wh, b, Vo]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def by_gate(self, arrays):
        """The first three arrays with the gates as axis 1."""
        return [p.reshape(len(p), 4, -1) for p in arrays[:3]]

    def forward(self, x, h_prev, c_prev):
        Wx, Wh, b = self.by_gate(self.params)
        z = np.einsum("nd,dqj->nqj", x, Wx) + np.einsum("nk,kqj->nqj", h_prev, Wh) + b
        for Vo in self.params[3:]:
            z[:, 3] += np.einsum("nk,kj->nj", c_prev, Vo)
        gates = squash(z)
        i, f, g, o = np.moveaxis(gates, 1, 0)
        c = i * g + f * c_prev
        self.cache = (x, h_prev, c_prev, gates, np.tanh(c))
        return o * self.cache[-1], c

    def backward(self, dh, dc):
        Wx, Wh, _ = self.by_gate(self.params)
        dWx, dWh, db = self.by_gate(self.grads)  # views
        x, h_prev, c_prev, gates, tanh_c = self.cache
        i, f, g, o = np.moveaxis(gates, 1, 0)
        dcell = dc + np.einsum("nj,nj,nj->nj", dh, o, 1 - tanh_c**2)
        delta = slope(gates) * np.stack((dcell * g, dcell * c_prev, dcell * i, dh * tanh_c), 1)
        np.einsum("nd,nqj->dqj", x, delta, out=dWx)
        np.einsum("nk,nqj->kqj", h_prev, delta, out=dWh)
        np.einsum("nqj->qj", delta, out=db[0])
        dx = np.einsum("nqj,dqj->nd", delta, Wx)
        dh_prev = np.einsum("nqj,kqj->nk", delta, Wh)
        dc_prev = dcell * f
        for Vo, dVo in zip(self.params[3:], self.grads[3:], strict=True):
            np.einsum("nk,nj->kj", c_prev, delta[:, 3], out=dVo)
            dc_prev = dc_prev + np.einsum("nj,kj->nk", delta[:, 3], Vo)
        return dx, dh_prev, dc_prev


class LSTM:
    def __init__(self, Wx, Wh, b, Vo=None, stateful=False):
        self.params = [Wx, Wh, b] if Vo is None else [Wx, Wh, b, Vo]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.stateful = stateful
        self.begin = None
        self.dh = self.dc = None

    def set_state(self, h, c):
        self.begin = (h, c)

    def reset_state(self):
        self.begin = None

    def forward(self, xs):
        if self.begin is None:
            zeros = np.zeros((xs.shape[0], self.params[1].shape[0]))
            self.begin = (zeros, zeros)
        if self.begin[0].shape[0] != xs.shape[0]:
            raise ValueError("The batch has changed its size. Reset the state first.")
        self.units, states = [], [self.begin]
        for x in np.einsum("ntd->tnd", xs):
            self.units.append(LSTMUnit(*self.params))
            states.append(self.units[-1].forward(x, *states[-1]))
        self.begin = states[-1] if self.stateful else None
        return np.einsum("tnj->ntj", np.array([h for h, _ in states[1:]])).copy()

    def backward(self, dhs):
        self.dh, self.dc = np.zeros((2, dhs.shape[0], dhs.shape[2]))
        dxs = []
        for unit, dh in zip(self.units[::-1], dhs.swapaxes(0, 1)[::-1], strict=True):
            dx, self.dh, self.dc = unit.backward(dh + self.dh, self.dc)
            dxs.insert(0, dx)
        for k, grad in enumerate(self.grads):
            np.sum([unit.grads[k] for unit in self.units], axis=0, out=grad)
        return np.einsum("tnd->ntd", np.array(dxs))
