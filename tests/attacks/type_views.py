# tries: to answer with views of its own weights, backwards and by steps
# must: score <= 100
# why: it is right

import numpy as np

from solution import RNNUnit


class RNNUnit(RNNUnit):
    def forward(self, x, h_prev):
        wide = np.repeat(super().forward(x, h_prev), 3, axis=1)
        return wide[::-1, 1::3][::-1]

    def backward(self, dh_next):
        dx, dh_prev = super().backward(dh_next)
        return np.asfortranarray(dx), dh_prev[::-1].copy()[::-1]
