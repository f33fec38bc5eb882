# tries: to answer with NaN, of which no comparison is true
# must: score <= 34
# why: no more than a constant answer earns

import numpy as np

from solution import RNNUnit


def changed(array):
    return np.full_like(array, np.nan)


class RNNUnit(RNNUnit):
    def forward(self, x, h_prev):
        return changed(super().forward(x, h_prev))

    def backward(self, dh_next):
        dx, dh_prev = super().backward(dh_next)
        self.grads[:] = [changed(g) for g in self.grads]
        return changed(dx), changed(dh_prev)
