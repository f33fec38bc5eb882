# tries: to have the probe return a dictionary that changes while it is read
# must: score <= 77; forward-value error
# why: all that does not look at forward is right

import sys

import numpy as np


class Answers(dict):
    def items(self):
        for _ in range(3):
            yield "h_next", np.ones(3)
        yield from super().items()
        yield 7, np.ones(3)


probe = sys._getframe(1).f_locals["self"].probe
forward = probe.forward
probe.forward = lambda module, a: Answers(forward(module, a))

from solution import RNNUnit
