import numpy as np


def global_norm(grads):
    # everything in one long vector
    parts = [np.ravel(g) for g in grads]
    if len(parts) == 0:
        return 0.0
    long = np.concatenate(parts)
    if long.size == 0:
        return 0.0
    m = np.max(np.abs(long))
    if m == 0 or np.isinf(m):
        return m
    return m * np.sqrt(np.sum(np.square(long / m)))


def _positive(name, value):
    if np.isnan(value) or value <= 0:
        raise ValueError("%s has to be larger than 0, got %r" % (name, value))


def clip_by_global_norm(grads, max_norm):
    _positive("max_norm", max_norm)
    norm = global_norm(grads)
    if np.isnan(norm) or np.isinf(norm):
        return norm
    if norm <= max_norm:
        return norm
    factor = max_norm / norm
    for g in grads:
        g[...] = g * factor
    return norm


def clip_by_value(grads, limit):
    _positive("limit", limit)
    for g in grads:
        g[...] = np.minimum(limit, np.maximum(-limit, g))


class RMSprop:
    def __init__(self, lr=0.001, decay=0.9, eps=1e-8):
        self.lr = lr
        self.decay = decay
        self.eps = eps
        self.v = None

    def update(self, params, grads):
        if self.v is None:
            self.v = []
            for p in params:
                self.v.append(np.zeros(p.shape, dtype=p.dtype))
        for p, g, v in zip(params, grads, self.v):
            v[...] = (1 - self.decay) * v + self.decay * g * g
            p[...] = p - self.lr * g / (np.sqrt(v) + self.eps)
