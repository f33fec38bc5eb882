"""einsum for the sums of squares, a closure for each parameter, and a print at every step."""

import numpy as np


def global_norm(grads):
    peak = np.amax([np.amax(np.abs(g), initial=0) for g in grads], initial=0)
    print("largest entry:", peak)
    if peak in (0, np.inf):
        return peak
    parts = [np.einsum("i,i->", g.ravel() / peak, g.ravel() / peak) for g in grads]
    return peak * np.sqrt(np.sum(parts))


def clip_by_global_norm(grads, max_norm):
    if not max_norm > 0:
        print("refused:", max_norm)
        raise ValueError(max_norm)
    norm = global_norm(grads)
    clip = bool(max_norm < norm < np.inf)
    print("norm", norm, "clipped" if clip else "left alone")
    return _times(grads, max_norm / norm, norm) if clip else norm


def _times(grads, factor, norm):
    for g in grads:
        np.einsum("...,->...", g.copy(), factor, out=g, casting="same_kind")
    return norm


def clip_by_value(grads, limit):
    if not limit > 0:
        raise ValueError(limit)
    for n, g in enumerate(grads):
        print("gradient", n, "has", np.count_nonzero(np.abs(g) > limit), "entries to clip")
        g -= np.maximum(g - limit, 0)
        g -= np.minimum(g + limit, 0)


class RMSprop:
    def __init__(self, lr=0.001, decay=0.9, eps=1e-8):
        self.lr, self.decay, self.eps = lr, decay, eps
        self.updaters = None

    def _updater(self, shape):
        v = np.zeros(shape)

        def update(p, g):
            nonlocal v
            v = np.average([v, g**2], axis=0, weights=[self.decay, 1 - self.decay])
            p -= self.lr * (g / (v**0.5 + self.eps))

        return update

    def update(self, params, grads):
        if self.updaters is None:
            self.updaters = [self._updater(np.shape(p)) for p in params]
        for updater, p, g in zip(self.updaters, params, grads, strict=True):
            updater(p, g)
        print("updated", len(params), "parameters")
