import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        # columns are examples
        h = np.tanh(Wh.T @ h_prev.T + Wx.T @ x.T + b.T)
        self.cache = (x, h_prev, h)
        return h

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        x, h_prev, h = self.cache
        d = dh_next.T * (1 - h**2)
        self.grads[0][...] = (d @ x).T
        self.grads[1][...] = (d @ h_prev).T
        self.grads[2][...] = d.sum(axis=1)
        return Wx @ d, Wh @ d
