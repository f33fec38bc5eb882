"""np.linalg.norm twice: of each gradient, and of the lengths; every result goes to an out=."""

import numpy as np


def global_norm(grads):
    """The larger of two units of length is taken for both, so that no square overflows."""
    peaks = [np.linalg.norm(g.ravel(), np.inf) for g in grads if g.size]
    peak = np.max(peaks) if peaks else 0.0
    if not (0 < peak < np.inf):
        return float(peak)
    lengths = [np.linalg.norm(np.divide(g, peak)) for g in grads]
    return float(np.linalg.norm(lengths) * peak)


def clip_by_global_norm(grads, max_norm):
    _check(max_norm=max_norm)
    norm = global_norm(grads)
    factor = min(1.0, max_norm / norm) if 0 < norm < np.inf else 1.0
    for g in grads:
        if factor != 1.0:
            np.multiply(g, factor, out=g)
    return norm


def clip_by_value(grads, limit):
    _check(limit=limit)
    for g in grads:
        too_large = np.abs(g) > limit
        np.copyto(g, np.copysign(limit, g), where=too_large, casting="same_kind")


def _check(**thresholds):
    for name, value in thresholds.items():
        if np.isnan(value) or np.sign(value) != 1:
            raise ValueError(f"{name} = {value}")


class RMSprop:
    def __init__(self, lr=0.001, decay=0.9, eps=1e-8):
        self.lr = lr
        self.decay = decay
        self.eps = eps
        self.v = None
        self.scratch = None

    def update(self, params, grads):
        if self.v is None:
            self.v = [np.zeros_like(g) for g in grads]
            self.scratch = [np.empty_like(g) for g in grads]
        for p, g, v, s in zip(params, grads, self.v, self.scratch, strict=True):
            np.multiply(v, self.decay, out=v)
            np.multiply(g, g, out=s)
            np.multiply(s, 1 - self.decay, out=s)
            np.add(v, s, out=v)
            np.sqrt(v, out=s)
            np.add(s, self.eps, out=s)
            np.divide(g, s, out=s)
            np.multiply(s, self.lr, out=s)
            np.subtract(p, s, out=p)
