# tries: to be found by whatever name is asked for
# must: score <= 34
# why: no more than a constant answer earns

import numpy as np


class Unit:
    def __init__(self, *params):
        self.grads = [np.ones_like(p) for p in params]

    def __getattr__(self, name):
        return lambda first, *_: (first, first) if name == "backward" else np.ones_like(*_)


def __getattr__(name):
    return Unit
