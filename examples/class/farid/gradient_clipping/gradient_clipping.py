import numpy as np


def global_norm(grads):
    lengths = []
    for g in grads:
        if g.size == 0:
            continue
        m = np.abs(g).max()
        if not np.isfinite(m):
            return m
        if m > 0:
            # length of g alone
            s = 0.0
            for entry in g.flat:
                s += (entry / m) ** 2
            lengths.append(m * np.sqrt(s))
    if not lengths:
        return 0.0
    # and the length of the lengths
    m = max(lengths)
    return m * np.sqrt(sum((length / m) ** 2 for length in lengths))


def clip_by_global_norm(grads, max_norm):
    if not max_norm > 0:
        raise ValueError("max_norm must be > 0 but is " + str(max_norm))
    norm = global_norm(grads)
    if np.isfinite(norm):
        if norm > max_norm:
            factor = max_norm / norm
            for g in grads:
                g *= factor
    return norm


def clip_by_value(grads, limit):
    if not limit > 0:
        raise ValueError("limit must be > 0 but is " + str(limit))
    for g in grads:
        for k in np.ndindex(g.shape):
            if g[k] > limit:
                g[k] = limit
            elif g[k] < -limit:
                g[k] = -limit


class RMSprop:
    def __init__(self, lr=0.001, decay=0.9, eps=1e-8):
        self.lr = lr
        self.decay = decay
        self.eps = eps
        self.v = None

    def update(self, params, grads):
        if not self.v:
            self.v = [np.zeros_like(p) for p in params]
        for k, param in enumerate(params):
            grad = grads[k]
            mean = self.v[k]
            mean *= self.decay
            mean += (1.0 - self.decay) * grad ** 2
            step = grad / (np.sqrt(mean) + self.eps)
            param -= self.lr * step
