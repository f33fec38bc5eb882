import numpy as np
from functools import reduce


def _largest(grads):
    return reduce(np.maximum, [np.max(np.abs(g), initial=0.0) for g in grads], 0.0)


def global_norm(grads):
    M = _largest(grads)
    if not np.isfinite(M):
        return M
    return M * np.sqrt(sum(np.linalg.norm(np.ravel(g) / M) ** 2 for g in grads))


def clip_by_global_norm(grads, max_norm):
    if not (max_norm > 0):
        raise ValueError("only positive max_norm, please")
    before = global_norm(grads)
    too_long = max_norm < before < np.inf
    if too_long:
        for g in grads:
            g /= before / max_norm
    return before


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
