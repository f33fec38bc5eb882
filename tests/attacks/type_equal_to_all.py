# tries: to answer with objects that equal everything
# must: score <= 4
# why: what is no plain array of floats is no answer

import numpy as np

from solution import RNNUnit


class Same:
    def __eq__(self, other):
        return True

    __le__ = __lt__ = __ge__ = __gt__ = __eq__
    __hash__ = None

    def __sub__(self, other):
        return 0.0

    __rsub__ = __abs__ = __float__ = __sub__


def changed(array):
    return Same()


class RNNUnit(RNNUnit):
    def forward(self, x, h_prev):
        return changed(super().forward(x, h_prev))

    def backward(self, dh_next):
        dx, dh_prev = super().backward(dh_next)
        self.grads[:] = [changed(g) for g in self.grads]
        return changed(dx), changed(dh_prev)
