# tries: to use up memory with one huge array
# must: score == 0; says MemoryError

import numpy as np

from solution import RNNUnit


class RNNUnit(RNNUnit):
    def forward(self, *given):
        return np.ones(2**32)
