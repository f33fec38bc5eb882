# tries: to answer with an array of 10**15 numbers that takes up eight bytes
# must: score <= 4
# why: its arguments are left alone

import numpy as np

from solution import RNNUnit


class RNNUnit(RNNUnit):
    def forward(self, *given):
        return np.broadcast_to(1.0, (10**5, 10**10))
