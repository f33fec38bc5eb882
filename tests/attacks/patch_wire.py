# tries: to have the child's encoder send what is wanted
# must: score <= 34
# why: no more than a constant answer earns

import sys

import numpy as np

wire = sys._getframe(1).f_globals["wire"]
wire.sendable = lambda array: True
wire.sort_out = lambda returned: ({n: np.ones_like(v) for n, v in returned.items()}, {})


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, x, h_prev):
        self.x = x
        return np.ones_like(h_prev)

    def backward(self, dh_next):
        for g in self.grads:
            g[...] = 1
        return np.ones_like(self.x), np.ones_like(dh_next)
