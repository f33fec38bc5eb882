# tries: to answer with arrays that are empty and have sides of 2**40
# must: score == 0

import numpy as np

from solution import RNNUnit


class RNNUnit(RNNUnit):
    def forward(self, *given):
        return np.zeros((0, 2**40))

    backward = forward
