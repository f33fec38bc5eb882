import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        h_next = x @ Wx
        h_next += h_prev @ Wh
        h_next += b
        np.tanh(h_next, out=h_next)
        self.cache = (x, h_prev, h_next)
        return h_next

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        x, h_prev, h_next = self.cache
        dh_next *= 1 - h_next**2
        self.grads[0][...] = x.T @ dh_next
        self.grads[1][...] = h_prev.T @ dh_next
        self.grads[2][...] = dh_next.sum(axis=0, keepdims=True)
        return dh_next @ Wx.T, dh_next @ Wh.T
