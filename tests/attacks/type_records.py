# tries: to answer with arrays of records
# must: score <= 4
# why: what is no plain array of floats is no answer

import numpy as np

from solution import RNNUnit


def changed(array):
    return array.view([("number", "f8")])


class RNNUnit(RNNUnit):
    def forward(self, x, h_prev):
        return changed(super().forward(x, h_prev))

    def backward(self, dh_next):
        dx, dh_prev = super().backward(dh_next)
        self.grads[:] = [changed(g) for g in self.grads]
        return changed(dx), changed(dh_prev)
