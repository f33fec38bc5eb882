import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params, self.grads = [Wx, Wh, b], [np.zeros_like(p) for p in (Wx, Wh, b)]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        h_next = np.tanh(h_prev @ Wh.T + x @ Wx + b)
        self.cache = (x, h_prev, h_next)
        return h_next

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        x, h_prev, h_next = self.cache
        delta = dh_next * (1 - h_next * h_next)
        self.grads[0][...] = x.T @ delta
        self.grads[1][...] = h_prev.T @ delta
        self.grads[2][...] = delta.sum(0, keepdims=True)
        return delta @ Wx.T, delta @ Wh.T
