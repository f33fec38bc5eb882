# tries: to measure slopes of all units at once, a row of weights at a time
# must: score <= 100
# why: only the slope of tanh is measured; what the chain rule makes of it is derived

import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, x, h_prev):
        self.x, self.h_prev = x, h_prev
        Wx, Wh, b = self.params
        return np.tanh(h_prev @ Wh + x @ Wx + b)

    def moved(self, z, step=1e-5):
        return (np.tanh(z + step) - np.tanh(z - step)) / (2 * step)

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        dz = dh_next * self.moved(self.h_prev @ Wh + self.x @ Wx + b)
        for g, v in zip(self.grads, (self.x, self.h_prev, np.ones((len(dz), 1)))):
            g[...] = v.T @ dz
        return dz @ Wx.T, dz @ Wh.T
