"""One long vector: all gradients ravelled and joined, and comprehensions wherever they fit."""

import numpy as np


def global_norm(grads):
    flat = np.concatenate([np.zeros(1), *(np.ravel(g) for g in grads)])
    unit = np.max(np.abs(flat))
    if unit == 0 or not np.isfinite(unit):
        return unit
    return unit * np.linalg.norm(flat / unit)


def clip_by_global_norm(grads, max_norm):
    if np.isnan(max_norm) or max_norm <= 0:
        raise ValueError("max_norm")
    before = global_norm(grads)
    if np.isfinite(before) and before > max_norm:
        [np.multiply(g, max_norm / before, out=g) for g in grads]
    return before


def clip_by_value(grads, limit):
    if np.isnan(limit) or limit <= 0:
        raise ValueError("limit")
    for g in grads:
        g[g > limit] = limit
        g[g < -limit] = -limit


class RMSprop:
    def __init__(self, lr=0.001, decay=0.9, eps=1e-8):
        self.lr, self.decay, self.eps = lr, decay, eps
        self.v = []

    def update(self, params, grads):
        old = self.v or [np.zeros(p.shape) for p in params]
        rho = self.decay
        self.v = [rho * v + (1 - rho) * np.square(g) for v, g in zip(old, grads, strict=True)]
        steps = [self.lr * g / (v**0.5 + self.eps) for g, v in zip(grads, self.v, strict=True)]
        for p, step in zip(params, steps, strict=True):
            p[...] = p - step
