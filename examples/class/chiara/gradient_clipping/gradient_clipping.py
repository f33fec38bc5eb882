import numpy as np


def global_norm(grads):
    total_norm = 0.0
    for g in grads:
        total_norm += np.sum(g ** 2)
    return np.sqrt(total_norm)


def clip_by_global_norm(grads, max_norm):
    if not max_norm > 0:
        raise ValueError("max_norm must be positive")
    norm = global_norm(grads)
    if not np.isfinite(norm):
        return norm
    rate = max_norm / norm if norm > max_norm else 1.0
    if rate < 1:
        for g in grads:
            g *= rate
    return norm


def clip_by_value(grads, limit):
    if not limit > 0:
        raise ValueError("limit must be positive")
    for g in grads:
        g[:] = np.clip(g, -limit, limit)


class RMSprop:
    def __init__(self, lr=0.001, decay=0.9, eps=1e-8):
        self.lr = lr
        self.decay = decay
        self.eps = eps
        self.v = None

    def update(self, params, grads):
        if self.v is None:
            self.v = {}
            for i, p in enumerate(params):
                self.v[i] = np.zeros_like(p)
        for i, (p, g) in enumerate(zip(params, grads)):
            self.v[i] *= self.decay
            self.v[i] += (1 - self.decay) * g * g
            p -= self.lr * g / (np.sqrt(self.v[i]) + self.eps)
