# tries: to have every comparison of arrays succeed
# must: score <= 34
# why: no more than a constant answer earns

import numpy as np

always = lambda *_, **__: True
np.array_equal = np.allclose = np.all = np.isclose = np.array_equiv = always
np.testing.assert_allclose = np.testing.assert_array_equal = always
np.core = np


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
