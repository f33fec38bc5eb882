import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.Wx = Wx
        self.Wh = Wh
        self.b = b
        self.params = [self.Wx, self.Wh, self.b]
        self.dWx = np.zeros_like(Wx)
        self.dWh = np.zeros_like(Wh)
        self.db = np.zeros_like(b)
        self.grads = [self.dWx, self.dWh, self.db]
        self.cache = None

    def forward(self, x, h_prev):
        h_next = np.tanh(h_prev @ self.Wh + x @ self.Wx + self.b)
        self.cache = (x, h_prev, h_next)
        return h_next

    def backward(self, dh_next):
        x, h_prev, h_next = self.cache
        # d/dt of the inverse, from the table of derivatives: 1 / (1 - y^2)
        dt = dh_next / (1 - h_next**2)
        self.dWx[...] = x.T @ dt
        self.dWh[...] = h_prev.T @ dt
        self.db[...] = dt.sum(axis=0, keepdims=True)
        return dt @ self.Wx.T, dt @ self.Wh.T
