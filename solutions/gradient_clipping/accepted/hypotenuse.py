"""math.hypot, which neither overflows nor underflows, over all entries at once."""

from itertools import chain
from math import hypot, inf

import numpy as np


def global_norm(grads):
    return hypot(*chain.from_iterable(g.ravel().tolist() for g in grads))


def clip_by_global_norm(grads, max_norm):
    if max_norm > 0:
        norm = global_norm(grads)
        if norm > max_norm and norm != inf:
            for g in grads:
                g /= norm
                g *= max_norm
        return norm
    raise ValueError(f"max_norm is {max_norm}. It must be a positive number.")


def clip_by_value(grads, limit):
    if limit > 0:
        for g in grads:
            np.minimum(g, limit, out=g)
            np.maximum(g, -limit, out=g)
    else:
        raise ValueError(f"limit is {limit}. It must be a positive number.")


class RMSprop:
    def __init__(self, lr=0.001, decay=0.9, eps=1e-8):
        self.lr = lr
        self.decay = decay
        self.eps = eps
        self.mean_square = {}

    def update(self, params, grads):
        for key, (p, g) in enumerate(zip(params, grads, strict=True)):
            if key not in self.mean_square:
                self.mean_square[key] = np.zeros_like(g)
            v = self.mean_square[key]
            v += (1.0 - self.decay) * (g * g - v)
            p -= g * (self.lr / (np.sqrt(v) + self.eps))
