# b = batch, t = time, i = input feature, j/k = hidden feature
import numpy as np
from numpy import einsum, tanh, zeros


class RNN(object):
    def __init__(self, Wx, Wh, b, stateful=False):
        self.params = [Wx, Wh, b]
        self.grads = [zeros(p.shape, p.dtype) for p in self.params]
        self.stateful = stateful
        self.state = None
        self.dh = None
        self.cache = None

    def set_state(self, h):
        self.state = h.copy()

    def reset_state(self):
        self.state = None

    def forward(self, xs):
        Wx, Wh, b = self.params
        B, T, _ = xs.shape
        H = len(Wh)
        if self.state is not None and len(self.state) != B:
            raise ValueError(f"I have a state for {len(self.state)} rows, not for {B}: reset_state() or set_state()")
        hs = zeros((B, T + 1, H), np.result_type(xs, *self.params))
        if self.state is not None:
            hs[:, 0] = self.state
        u = einsum('bti,ik->btk', xs, Wx)
        for t in range(T):
            hs[:, t + 1] = tanh(u[:, t] + einsum('bj,jk->bk', hs[:, t], Wh) + b)
        self.cache = xs, hs
        self.state = hs[:, T].copy() if self.stateful else None
        return hs[:, 1:].copy()

    def backward(self, dhs):
        Wx, Wh, _ = self.params
        xs, hs = self.cache
        T = xs.shape[1]
        d = zeros(dhs.shape, hs.dtype)
        back = zeros(hs[:, 0].shape)
        for t in range(T)[::-1]:
            d[:, t] = (dhs[:, t] + back) * (1 - hs[:, t + 1] * hs[:, t + 1])
            back = einsum('bk,jk->bj', d[:, t], Wh)
        self.grads[0][...] = einsum('bti,btk->ik', xs, d)
        self.grads[1][...] = einsum('btj,btk->jk', hs[:, :T], d)
        self.grads[2][...] = einsum('btk->k', d)
        self.dh = back
        return einsum('btk,ik->bti', d, Wx)
