"""functools.reduce: lengths are joined two by two, and so are the arrays of an update."""

import math
from functools import reduce

import numpy as np


def length(g):
    return reduce(math.hypot, g.flat, 0.0)


def global_norm(grads):
    return reduce(math.hypot, map(length, grads), 0.0)


def positive(number, name):
    if not (number > 0):
        raise ValueError(name + " must be positive")
    return float(number)


def clip_by_global_norm(grads, max_norm):
    max_norm, norm = positive(max_norm, "max_norm"), global_norm(grads)
    if math.isfinite(norm) and norm > max_norm:
        reduce(lambda factor, g: g.__imul__(factor) is g and factor, grads, max_norm / norm)
    return norm


def clip_by_value(grads, limit):
    limit = positive(limit, "limit")
    for g in grads:
        g.clip(-limit, limit, out=g)


class RMSprop:
    def __init__(self, lr=0.001, decay=0.9, eps=1e-8):
        self.lr, self.decay, self.eps = lr, decay, eps
        self.history = None

    def update(self, params, grads):
        self.history = self.history or [0.0] * len(params)
        self.history = [
            reduce(np.add, (self.decay * v, (1 - self.decay) * g * g))
            for v, g in zip(self.history, grads, strict=True)
        ]
        for i in range(len(params)):
            params[i] -= self.lr * grads[i] / (np.sqrt(self.history[i]) + self.eps)
