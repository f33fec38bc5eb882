import numpy as np


class RNNUnit:
    """h = tanh(W h + ...), the way the lecture slides write it."""

    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        recurrent = (Wh @ h_prev.T).T
        h_next = np.tanh(recurrent + x @ Wx + b)
        self.cache = (x, h_prev, h_next)
        return h_next

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        x, h_prev, h_next = self.cache
        dt = dh_next * (1 - h_next**2)
        self.grads[0][...] = x.T @ dt
        self.grads[1][...] = dt.T @ h_prev
        self.grads[2][...] = np.sum(dt, axis=0, keepdims=True)
        return dt @ Wx.T, (Wh.T @ dt.T).T
