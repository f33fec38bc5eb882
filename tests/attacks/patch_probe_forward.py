# tries: to have the probe call what is not asked for
# must: score <= 34
# why: no more than a constant answer earns

import sys

import numpy as np

probe = sys._getframe(1).f_locals["self"].probe
probe.forward = lambda module, a: {"h_next": np.ones_like(a["h_prev"])}
probe.backward = lambda module, a: {n: np.ones_like(a[n]) for n in ("x", "h_prev", "Wx", "Wh", "b")}


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
