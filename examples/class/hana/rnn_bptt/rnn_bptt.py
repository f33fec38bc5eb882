import numpy as np


class RNN:
    """All products with Wx are done for the whole sequence at once, only Wh needs the loop."""

    def __init__(self, Wx, Wh, b, stateful=False):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.stateful = stateful
        self.state = None
        self.dh = None
        self.cache = None

    def set_state(self, h):
        self.state = np.copy(h)

    def reset_state(self):
        self.state = None

    def _initial(self, xs):
        rows, units = xs.shape[0], self.params[1].shape[0]
        if self.state is None:
            return np.zeros((rows, units), dtype=np.result_type(xs, *self.params))
        if self.state.shape != (rows, units):
            raise ValueError(
                f"state is {self.state.shape}, needed is {(rows, units)}; use set_state or reset_state"
            )
        return self.state

    def forward(self, xs):
        Wx, Wh, b = self.params
        first = self._initial(xs)
        driven = xs @ Wx + b  # [B, T, H]
        hs = np.empty_like(driven)
        h = first
        print('forward', xs.shape, 'stateful', self.stateful)
        for t in range(xs.shape[1]):
            h = np.tanh(driven[:, t] + h @ Wh)
            hs[:, t] = h
        before = np.concatenate([first[:, None], hs[:, :-1]], axis=1)
        self.cache = xs, before, hs.copy()
        self.state = h.copy() if self.stateful else None
        return hs

    def backward(self, dhs):
        Wx, Wh, _ = self.params
        xs, before, hs = self.cache
        slope = 1 - hs * hs
        dz = np.empty_like(hs)
        carry = np.zeros_like(hs[:, 0])
        for t in range(hs.shape[1] - 1, -1, -1):
            dz[:, t] = (dhs[:, t] + carry) * slope[:, t]
            carry = dz[:, t] @ Wh.T
            print('t =', t, 'carry', np.linalg.norm(carry))
        flat = dz.reshape(-1, dz.shape[-1])
        self.grads[0][...] = xs.reshape(-1, xs.shape[-1]).T @ flat
        self.grads[1][...] = before.reshape(-1, before.shape[-1]).T @ flat
        self.grads[2][...] = flat.sum(axis=0)
        self.dh = carry
        print('backward ok :)')
        return dz @ Wx.T
