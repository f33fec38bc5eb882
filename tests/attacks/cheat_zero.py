# tries: to answer zero everywhere
# must: score <= 4
# why: its arguments are left alone

import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, x, h_prev):
        self.x = x
        return np.zeros_like(h_prev)

    def backward(self, dh_next):
        for g in self.grads:
            g[...] = 0
        return np.zeros_like(self.x), np.zeros_like(dh_next)
