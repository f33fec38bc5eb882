import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        n_in, n_hidden = Wx.shape
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros((n_in, n_hidden)), np.zeros((n_hidden, n_hidden)), np.zeros(n_hidden)]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        h_next = np.tanh(h_prev @ Wh + x @ Wx + b)
        self.cache = (x, h_prev, h_next)
        return h_next

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        x, h_prev, h_next = self.cache
        dt = dh_next * (1 - h_next**2)
        self.grads[0][...] = x.T @ dt
        self.grads[1][...] = h_prev.T @ dt
        self.grads[2][...] = np.sum(dt, axis=0)
        return dt @ Wx.T, dt @ Wh.T
