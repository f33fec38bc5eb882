import numpy as np
import warnings
warnings.filterwarnings("ignore")


class RNNUnit:
    # with np.matrix the * is the matrix product, like in Matlab

    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = [np.matrix(p) for p in self.params]
        x, h_prev = np.matrix(x), np.matrix(h_prev)
        h_next = np.tanh(h_prev * Wh + x * Wx + b)
        self.cache = (x, h_prev, h_next)
        return h_next

    def backward(self, dh_next):
        Wx, Wh, b = [np.matrix(p) for p in self.params]
        x, h_prev, h_next = self.cache
        dt = np.multiply(dh_next, 1 - np.multiply(h_next, h_next))
        self.grads[0][...] = x.T * dt
        self.grads[1][...] = h_prev.T * dt
        self.grads[2][...] = dt.sum(axis=0)
        return dt * Wx.T, dt * Wh.T
