import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        h_next = np.tanh(h_prev @ Wh + x @ Wx + b)
        self.cache = (h_prev, x, h_next)
        return h_next

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        h_prev, x, h_next = self.cache
        dt = dh_next * (1 - h_next**2)
        # hidden path
        dh_prev = dt @ Wh.T
        self.grads[1][...] = h_prev.T @ dt
        # input path
        dx = dt @ Wx.T
        self.grads[0][...] = x.T @ dt
        # bias
        self.grads[2][...] = dt.sum(axis=0, keepdims=True)
        return dh_prev, dx
