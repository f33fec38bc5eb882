import math

import numpy as np


def global_norm(grads):
    """Length of the vector that all gradients make together."""
    scale = max((float(np.abs(g).max()) for g in grads if g.size and not np.isnan(g).any()), default=0.0)
    if any(np.isnan(g).any() for g in grads):
        return math.nan
    if scale in (0.0, math.inf):
        return scale
    return scale * math.sqrt(math.fsum(float(np.vdot(g / scale, g / scale)) for g in grads))


def clip_by_global_norm(grads, max_norm):
    if not math.isfinite(max_norm) or max_norm <= 0:
        raise ValueError(f"max_norm is {max_norm}, but must be > 0")
    norm = global_norm(grads)
    if math.isfinite(norm) and norm > max_norm:
        shrink = max_norm / norm
        for g in grads:
            np.multiply(g, shrink, out=g)
    return norm


def clip_by_value(grads, limit):
    if not math.isfinite(limit) or limit <= 0:
        raise ValueError(f"limit is {limit}, but must be > 0")
    for g in grads:
        g[g > limit] = limit
        g[g < -limit] = -limit


class RMSprop:
    def __init__(self, lr = 0.001, decay = 0.9, eps = 1e-8):
        self.lr = lr
        self.decay = decay
        self.eps = eps
        self.v = None

    def update(self, params, grads):
        if self.v is None:
            self.v = [np.zeros_like(p) for p in params]
        for p, g, v in zip(params, grads, self.v, strict=True):
            np.multiply(v, self.decay, out=v)
            np.add(v, (1 - self.decay) * np.square(g), out=v)
            np.subtract(p, self.lr * g / (np.sqrt(v) + self.eps), out=p)
