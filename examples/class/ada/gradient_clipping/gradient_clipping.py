import numpy as np


def global_norm(grads):
    biggest = 0.0
    for g in grads:
        if g.size > 0:
            biggest = np.maximum(biggest, np.abs(g).max())   # np.maximum keeps a nan
    if biggest == 0 or not np.isfinite(biggest):
        return float(biggest)
    total = 0.0
    for g in grads:
        total += np.sum((g / biggest) ** 2)
    return float(biggest * np.sqrt(total))


def clip_by_global_norm(grads, max_norm):
    if not max_norm > 0:
        raise ValueError(f"max_norm must be positive, not {max_norm}")
    norm = global_norm(grads)
    if np.isfinite(norm) and norm > max_norm:
        for g in grads:
            g *= max_norm / norm
    return norm


def clip_by_value(grads, limit):
    if not limit > 0:
        raise ValueError(f"limit must be positive, not {limit}")
    for g in grads:
        np.clip(g, -limit, limit, out=g)


class RMSprop:
    def __init__(self, lr=0.001, decay=0.9, eps=1e-8):
        self.lr = lr
        self.decay = decay
        self.eps = eps
        self.v = None

    def update(self, params, grads):
        if self.v is None:
            self.v = [np.zeros_like(p) for p in params]
        for i in range(len(params)):
            self.v[i] = self.decay * self.v[i] + (1 - self.decay) * grads[i] ** 2
            params[i] -= self.lr * grads[i] / (np.sqrt(self.v[i]) + self.eps)
