"""No temporary that can be avoided: `out=` everywhere, the products straight into the gradients."""

import numpy as np


class RNNUnit:
    __slots__ = ("cache", "grads", "params")

    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        h_next = np.matmul(h_prev, Wh)
        h_next += x @ Wx
        h_next += b
        np.tanh(h_next, out=h_next)
        self.cache = (x.copy(), h_prev.copy(), h_next.copy())
        return h_next

    def backward(self, dh_next):
        Wx, Wh, _ = self.params
        x, h_prev, h_next = self.cache
        dz = np.square(h_next)
        np.subtract(1, dz, out=dz)
        dz *= dh_next
        np.matmul(x.T, dz, out=self.grads[0])
        np.matmul(h_prev.T, dz, out=self.grads[1])
        np.add.reduce(dz, axis=0, keepdims=True, out=self.grads[2])
        return dz.dot(Wx.T), dz.dot(Wh.T)
