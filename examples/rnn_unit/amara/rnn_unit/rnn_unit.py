import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        h = np.tanh(x @ Wx + h_prev @ Wh + b)
        self.cache = (x, h)
        return h

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        x, h = self.cache

        dz = dh_next * (1 - h ** 2)

        self.grads[0][...] = x.T @ dz
        self.grads[1][...] = h.T @ dz
        self.grads[2][...] = dz.sum(axis=0, keepdims=True)

        return dz @ Wx.T, dz @ Wh.T
