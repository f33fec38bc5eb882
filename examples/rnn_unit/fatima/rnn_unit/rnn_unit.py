import numpy as np


class RNNUnit:
    """Vanilla RNN cell."""

    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        z = np.dot(x, Wx) + np.dot(h_prev, Wh) + b
        h_next = np.tanh(z)
        self.cache = (x, h_prev, h_next)
        return h_next

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        x, h_prev, h_next = self.cache

        dz = (1 - h_next * h_next) * dh_next
        dx = np.dot(dz, Wx.T)
        dh_prev = np.dot(dz, Wh.T)
        dWx = np.dot(x.T, dz)
        dWh = np.dot(h_prev.T, dz)
        db = np.sum(dz, axis=0, keepdims=True)

        self.grads = [dWx, dWh, db]
        return dx, dh_prev
