import numpy as np
from functools import reduce


def _largest(grads):
    return reduce(np.maximum, [np.max(np.abs(g), initial=0.0) for g in grads], 0.0)


def global_norm(grads):
    biggest = _largest(grads)
    if biggest == 0.0:
        return 0.0
    if not np.isfinite(biggest):
        return biggest
    return biggest * np.sqrt(sum(np.linalg.norm(np.ravel(g) / biggest) ** 2 for g in grads))


def clip_by_global_norm(grads, max_norm):
    if not (max_norm > 0):
        raise ValueError("only positive max_norm, please")
    norm = global_norm(grads)
    if max_norm < norm < np.inf:
        for g in grads:
            g /= norm / max_norm
    return norm


def clip_by_value(grads, limit):
    if not (limit > 0):
        raise ValueError("only positive limit, please")
    for g in grads:
        np.minimum(g, limit, out=g)
        np.maximum(g, -limit, out=g)


class RMSprop:
    def __init__(self, lr=0.001, decay=0.9, eps=1e-8):
        self.lr, self.decay, self.eps = lr, decay, eps
        self.v = None

    def update(self, params, grads):
        self.v = self.v or [0.0] * len(params)
        self.v = [self.decay * v + (1 - self.decay) * g**2 for v, g in zip(self.v, grads)]
        for p, g, v in zip(params, grads, self.v):
            p -= self.lr * g / (v**0.5 + self.eps)
