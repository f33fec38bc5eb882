# tries: to answer with objects that become right when they are converted
# must: score <= 4
# why: what is no plain array of floats is no answer

import numpy as np

from solution import RNNUnit


class Answer:
    def __init__(self, array):
        self.array, self.shape, self.dtype, self.ndim = array, array.shape, array.dtype, array.ndim
        self.__array_interface__ = array.__array_interface__

    def __array__(self, *_, **__):
        return self.array

    __class__ = np.ndarray


def changed(array):
    return Answer(array)


class RNNUnit(RNNUnit):
    def forward(self, x, h_prev):
        return changed(super().forward(x, h_prev))

    def backward(self, dh_next):
        dx, dh_prev = super().backward(dh_next)
        self.grads[:] = [changed(g) for g in self.grads]
        return changed(dx), changed(dh_prev)
