# tries: to be another module than was loaded
# must: score <= 34
# why: no more than a constant answer earns

import sys

import numpy as np


class Module(type(sys)):
    def __getattribute__(self, name):
        if name == "RNNUnit":
            return type("RNNUnit", (), {"__getattr__": lambda *_: np.ones((3, 4))})
        return super().__getattribute__(name)


sys.modules[__name__].__class__ = Module


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, x, h_prev):
        self.x = x
        return np.ones_like(h_prev)

    def backward(self, dh_next):
        for g in self.grads:
            g[...] = 1
        return np.ones_like(self.x), np.ones_like(dh_next)
