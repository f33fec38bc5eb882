import numpy as np


class RnnUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros(Wx.shape), np.zeros(Wh.shape), np.zeros(b.shape)]
        self.cache = ()

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        h_next = np.tanh(h_prev @ Wh + x @ Wx + b)
        self.cache = x, h_prev, h_next
        return h_next

    def backward(self, dh_next):
        Wx, Wh, _b = self.params
        x, h_prev, h_next = self.cache
        delta = (1 - h_next ** 2) * dh_next
        self.grads[0][...] = x.T @ delta
        self.grads[1][...] = h_prev.T @ delta
        self.grads[2][...] = delta.sum(axis=0, keepdims=True)
        return delta @ Wx.T, delta @ Wh.T
