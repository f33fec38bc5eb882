# tries: to be a class that is made anew each time it is looked at
# must: score <= 34
# why: no more than a constant answer earns

import numpy as np


class Any(type):
    def __call__(cls, *given):
        unit = object.__new__(cls)
        unit.grads = [np.ones_like(g) for g in given]
        return unit

    def __getattribute__(cls, name):
        if name in ("forward", "backward"):
            return lambda *_: np.ones(3)
        return super().__getattribute__(name)


class RNNUnit(metaclass=Any):
    def forward(self, x, h_prev):
        self.x = x
        return np.ones_like(h_prev)

    def backward(self, dh_next):
        return np.ones_like(self.x), np.ones_like(dh_next)
