"""Float32 throughout: the unit converts what it is given and keeps all its buffers in float32."""

import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [np.asarray(p, dtype=np.float32) for p in (Wx, Wh, b)]
        self.grads = [np.zeros(p.shape, dtype=np.float32) for p in self.params]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        x, h_prev = x.astype("f"), h_prev.astype("f")
        h_next = np.empty(h_prev.shape, dtype=np.float32)
        np.tanh(h_prev @ Wh + x @ Wx + b, out=h_next)
        self.cache = x, h_prev, h_next
        return h_next

    def backward(self, dh_next):
        Wx, Wh, _ = self.params
        x, h_prev, h_next = self.cache
        dz = dh_next.astype("f") * (1 - h_next * h_next)
        self.grads[0][:] = x.T @ dz
        self.grads[1][:] = h_prev.T @ dz
        self.grads[2][:] = dz.sum(axis=0, keepdims=True)
        return dz @ Wx.T, dz @ Wh.T
