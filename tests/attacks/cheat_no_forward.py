# tries: to make forward constant and all gradients zero, which is consistent
# must: score <= 13
# why: the shapes of forward, and arguments left alone

import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.grads = [np.zeros_like(p) for p in (Wx, Wh, b)]

    def forward(self, x, h_prev):
        self.x = x
        return np.ones_like(h_prev)

    def backward(self, dh_next):
        return np.zeros_like(self.x), np.zeros_like(dh_next)
