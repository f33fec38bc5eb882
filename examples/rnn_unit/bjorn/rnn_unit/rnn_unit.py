import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        h_next = np.tanh(h_prev @ Wh + x @ Wx + b)
        self.cache = (x, h_prev, h_next)
        return h_next

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        x, h_prev, h_next = self.cache
        dx = np.zeros_like(x)
        dh_prev = np.zeros_like(h_prev)
        for g in self.grads:
            g[...] = 0
        n = 0
        while n < len(x):
            d = dh_next[n] * (1 - h_next[n] ** 2)
            dx[n] = Wx @ d
            dh_prev[n] = Wh @ d
            self.grads[0][...] += np.outer(x[n], d)
            self.grads[1][...] += np.outer(h_prev[n], d)
            self.grads[2][...] += d
        n += 1
        return dx, dh_prev
