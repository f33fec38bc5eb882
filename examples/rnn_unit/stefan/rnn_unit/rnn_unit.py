import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        self.cache = (x, h_prev)
        return h_prev @ Wh + x @ Wx + b

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        x, h_prev = self.cache
        self.grads[0][...] = x.T @ dh_next
        self.grads[1][...] = h_prev.T @ dh_next
        self.grads[2][...] = dh_next.sum(axis=0, keepdims=True)
        return dh_next @ Wx.T, dh_next @ Wh.T
