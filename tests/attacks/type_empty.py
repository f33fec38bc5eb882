# tries: to answer with arrays in which nothing is wrong because nothing is there
# must: score <= 4
# why: its arguments are left alone

import numpy as np

from solution import RNNUnit


def changed(array):
    return array[:0]


class RNNUnit(RNNUnit):
    def forward(self, x, h_prev):
        return changed(super().forward(x, h_prev))

    def backward(self, dh_next):
        dx, dh_prev = super().backward(dh_next)
        self.grads[:] = [changed(g) for g in self.grads]
        return changed(dx), changed(dh_prev)
