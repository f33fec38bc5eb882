import numpy as np
import math


def global_norm(grads):
    """max(|g|) is taken out before squaring, see the handout."""
    flat = [g for g in grads if g.size != 0]
    if flat == []:
        return 0.0
    peak = np.max([np.max(np.abs(g)) for g in flat])
    if peak == 0.0 or math.isnan(peak) or math.isinf(peak):
        return float(peak)
    acc = 0.0
    for g in flat:
        h = g / peak
        acc = acc + np.einsum("i,i->", h.ravel(), h.ravel())
    return float(peak) * math.sqrt(acc)


def check_threshold(value):
    ok = value > 0
    if not ok:
        raise ValueError("threshold must be a positive number")


def clip_by_global_norm(grads, max_norm):
    check_threshold(max_norm)
    norm = global_norm(grads)
    skip = math.isnan(norm) or math.isinf(norm) or norm <= max_norm
    if not skip:
        shrink = max_norm / norm
        for g in grads:
            np.copyto(g, g * shrink)
    return norm


def clip_by_value(grads, limit):
    check_threshold(limit)
    for g in grads:
        np.copyto(g, np.where(g > limit, limit, np.where(g < -limit, -limit, g)))


class RMSprop:
    def __init__(self, lr=0.001, decay=0.9, eps=1e-8):
        self.lr = lr
        self.decay = decay
        self.eps = eps
        self.v = None

    def _start(self, params):
        if self.v is None:
            self.v = tuple(np.zeros_like(p) for p in params)

    def update(self, params, grads):
        self._start(params)
        keep, new = self.decay, 1 - self.decay
        for p, g, v in zip(params, grads, self.v):
            np.copyto(v, keep * v + new * np.power(g, 2))
            np.copyto(p, p - np.divide(self.lr * g, np.sqrt(v) + self.eps))
