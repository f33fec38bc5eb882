# tries: to make forward a plain sum, so that all gradients are trivial
# must: score <= 60
# why: a gradient that is true to a wrong forward earns half its points

import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, x, h_prev):
        self.x = x
        return np.zeros_like(h_prev) + sum(v.sum() for v in (x, h_prev, *self.params))

    def backward(self, dh_next):
        for g in self.grads:
            g[...] = dh_next.sum()
        return np.full_like(self.x, dh_next.sum()), np.full_like(dh_next, dh_next.sum())
