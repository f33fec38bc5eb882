"""Float64 accumulation of exactly rescaled entries: the unit is a power of two (np.frexp)."""

import numpy as np


def global_norm(grads):
    total, unit = np.float64(0), -5000
    for g in grads:
        wide = g.astype(np.float64).ravel()
        if not np.all(np.isfinite(wide)):
            return float(np.sum(np.abs(wide)))
        mantissas, exponents = np.frexp(wide[wide != 0])
        if not len(mantissas):
            continue
        highest = int(exponents.max())
        if highest > unit:
            total, unit = np.ldexp(total, 2 * max(unit - highest, -1000)), highest
        small = np.ldexp(mantissas, exponents - unit)
        total += small @ small
    return float(np.ldexp(np.sqrt(total), unit)) if total else 0.0


def clip_by_global_norm(grads, max_norm):
    if not max_norm > 0:
        raise ValueError("The threshold of a norm must be positive.")
    norm = global_norm(grads)
    if not np.isfinite(norm) or norm <= max_norm:
        return norm
    for g in grads:
        g[...] = g.astype(np.float64) * (max_norm / norm)
    return norm


def clip_by_value(grads, limit):
    if not limit > 0:
        raise ValueError("The limit of a value must be positive.")
    for i in range(len(grads)):
        grads[i][...] = np.where(np.abs(grads[i]) > limit, np.sign(grads[i]) * limit, grads[i])


class RMSprop:
    def __init__(self, lr=0.001, decay=0.9, eps=1e-8):
        self.lr = lr
        self.decay = decay
        self.eps = eps
        self.v = {}

    def update(self, params, grads):
        for i in range(len(params)):
            g = np.float64(1) * grads[i]
            if i not in self.v:
                self.v[i] = np.zeros(g.shape)
            self.v[i] = self.decay * self.v[i] + (1 - self.decay) * g**2
            params[i][...] -= self.lr * g / (np.sqrt(self.v[i]) + self.eps)
