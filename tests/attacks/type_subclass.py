# tries: to answer with arrays of a class that compares as it likes
# must: score <= 4
# why: what is no plain array of floats is no answer

import numpy as np

from solution import RNNUnit


class Same(np.ndarray):
    def __array_ufunc__(self, ufunc, method, *given, **options):
        return np.zeros(self.shape)

    def __array_function__(self, *_):
        return True

    def tobytes(self, *_):
        return b"\0" * self.nbytes


def changed(array):
    return array.view(Same)


class RNNUnit(RNNUnit):
    def forward(self, x, h_prev):
        return changed(super().forward(x, h_prev))

    def backward(self, dh_next):
        dx, dh_prev = super().backward(dh_next)
        self.grads[:] = [changed(g) for g in self.grads]
        return changed(dx), changed(dh_prev)
