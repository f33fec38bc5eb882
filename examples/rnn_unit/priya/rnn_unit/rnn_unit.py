import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        s = x @ Wx + h_prev @ Wh + b
        h = np.tanh(s)
        self.cache = (x, h_prev, h)
        return h

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        x, _, h = self.cache
        ds = dh_next * (1 - h * h)
        self.grads[0][...] = x.T @ ds
        self.grads[1][...] = h.T @ ds
        self.grads[2][...] = ds.sum(axis=0, keepdims=True)
        dx = ds @ Wx.T
        dh_prev = ds @ Wh
        return dx, dh_prev
