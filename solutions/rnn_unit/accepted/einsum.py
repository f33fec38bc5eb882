"""Every product as an einsum, with the indices of the formulas: n row, i feature, k and j unit."""

import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        h_next = np.tanh(np.einsum("nk,kj->nj", h_prev, Wh) + np.einsum("ni,ij->nj", x, Wx) + b)
        self.cache = {"x": x, "h_prev": h_prev, "h_next": h_next}
        return h_next

    def backward(self, dh_next):
        Wx, Wh, _ = self.params
        h_next = self.cache["h_next"]
        delta = dh_next - np.einsum("nj,nj,nj->nj", dh_next, h_next, h_next)
        np.einsum("ni,nj->ij", self.cache["x"], delta, out=self.grads[0])
        np.einsum("nk,nj->kj", self.cache["h_prev"], delta, out=self.grads[1])
        np.einsum("nj->j", delta, out=self.grads[2][0])
        return np.einsum("nj,ij->ni", delta, Wx), np.einsum("nj,kj->nk", delta, Wh)
