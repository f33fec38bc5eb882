"""The input's products for all steps in one, before the loop; dWx, dWh, db and dxs in one after."""

import numpy as np


def sigmoid(z):
    positive = z >= 0
    e = np.exp(np.where(positive, -z, z))
    return np.where(positive, 1.0, e) / (1.0 + e)


def gates_of(z):
    i, f, g, o = np.split(z, 4, axis=-1)
    return sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)


def step(z, h_prev, c_prev, Wh, Vo):
    """One step from the input's share of z; all that is needed on the way back, and the states."""
    z = z + h_prev @ Wh
    if Vo is not None:
        hidden = len(Vo)
        z[:, -hidden:] += c_prev @ Vo
    i, f, g, o = gates_of(z)
    c = i * g + f * c_prev
    return (i, f, g, o, c_prev, c), o * np.tanh(c), c


def step_back(kept, dh, dc, Wh, Vo):
    """δz, and the gradients of h_prev and c_prev."""
    i, f, g, o, c_prev, c = kept
    tc = np.tanh(c)
    dc = dc + dh * o * (1 - tc * tc)
    dzo = dh * tc * o * (1 - o)
    dz = np.hstack([dc * g * i * (1 - i), dc * c_prev * f * (1 - f), dc * i * (1 - g * g), dzo])
    dc_prev = dc * f if Vo is None else dc * f + dzo @ Vo.T
    return dz, dz @ Wh.T, dc_prev


class _Layer:
    def __init__(self, Wx, Wh, b, Vo=None):
        self.params = [Wx, Wh, b]
        if Vo is not None:
            self.params.append(Vo)
        self.grads = [np.zeros_like(p) for p in self.params]

    @property
    def Vo(self):
        return self.params[3] if len(self.params) == 4 else None

    def fill(self, x, h, c, dz):
        """The weights' gradients from rows of inputs, states and δz, of however many steps."""
        hidden = h.shape[1]
        self.grads[0][...] = x.T @ dz
        self.grads[1][...] = h.T @ dz
        self.grads[2][...] = dz.sum(axis=0, keepdims=True)
        if self.Vo is not None:
            self.grads[3][...] = c.T @ dz[:, -hidden:]


class LSTMUnit(_Layer):
    def forward(self, x, h_prev, c_prev):
        Wx, Wh, b = self.params[:3]
        kept, h, c = step(x @ Wx + b, h_prev, c_prev, Wh, self.Vo)
        self.cache = x, h_prev, kept
        return h, c

    def backward(self, dh, dc):
        x, h_prev, kept = self.cache
        dz, dh_prev, dc_prev = step_back(kept, dh, dc, self.params[1], self.Vo)
        self.fill(x, h_prev, kept[4], dz)
        return dz @ self.params[0].T, dh_prev, dc_prev


class LSTM(_Layer):
    def __init__(self, Wx, Wh, b, Vo=None, stateful=False):
        super().__init__(Wx, Wh, b, Vo)
        self.stateful = stateful
        self.h = self.c = self.dh = self.dc = None

    def set_state(self, h, c):
        self.h, self.c = h, c

    def reset_state(self):
        self.set_state(None, None)

    def forward(self, xs):
        Wx, Wh, b = self.params[:3]
        batch, steps, features = xs.shape
        h, c = self.h, self.c
        if h is None:
            h, c = np.zeros((batch, len(Wh))), np.zeros((batch, len(Wh)))
        elif h.shape[0] != batch:
            raise ValueError(f"Carried state is for {h.shape[0]} sequences, not {batch}.")
        zs = (xs.reshape(-1, features) @ Wx + b).reshape(batch, steps, -1)
        hs, kept = [h], []
        for t in range(steps):
            k, h, c = step(zs[:, t], h, c, Wh, self.Vo)
            hs.append(h)
            kept.append(k)
        self.cache = xs, hs, kept
        self.set_state(h, c) if self.stateful else self.reset_state()
        return np.stack(hs[1:], axis=1)

    def backward(self, dhs):
        xs, hs, kept = self.cache
        dh, dc = np.zeros_like(hs[0]), np.zeros_like(hs[0])
        dzs = []
        for t in range(len(kept))[::-1]:
            dz, dh, dc = step_back(kept[t], dh + dhs[:, t], dc, self.params[1], self.Vo)
            dzs.append(dz)
        dzs = np.stack(dzs[::-1], axis=1)  # [B, T, 4H]
        h_prevs = np.stack(hs[:-1], axis=1)
        c_prevs = np.stack([k[4] for k in kept], axis=1)
        self.fill(*(a.reshape(-1, a.shape[-1]) for a in (xs, h_prevs, c_prevs, dzs)))
        self.dh, self.dc = dh, dc
        return dzs @ self.params[0].T
