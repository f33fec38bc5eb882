# tries: to end only where it is timed
# must: score <= 92; by-formula error; cost error
# why: all that is not timed is right

import os

from solution import RNNUnit


class RNNUnit(RNNUnit):
    def backward(self, *given):
        if given[0].shape[1] > 100:
            os._exit(0)
        return super().backward(*given)
