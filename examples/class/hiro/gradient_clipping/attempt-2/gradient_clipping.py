import numpy as np


class _Slot:
    """The running mean of one parameter."""

    def __init__(self, like):
        self.mean = np.zeros_like(like)

    def step(self, p, g, opt):
        self.mean += (1 - opt.decay) * (g * g - self.mean)
        p -= opt.lr * g / (opt.eps + np.sqrt(self.mean))


def global_norm(grads):
    tops = [abs(g).max() for g in grads if g.size]
    if not tops:
        return 0.0
    top = np.max(tops)
    if not 0 < top < np.inf:
        return top
    return top * np.sqrt(sum(((g / top) ** 2).sum() for g in grads))


def clip_by_global_norm(grads, max_norm):
    if max_norm <= 0 or max_norm != max_norm:
        raise ValueError("max_norm %s makes no sense" % max_norm)
    n = global_norm(grads)
    if n > max_norm and n != np.inf:
        for i in range(len(grads)):
            grads[i] *= max_norm / n
    return n


def clip_by_value(grads, limit):
    if limit <= 0 or limit != limit:
        raise ValueError("limit %s makes no sense" % limit)
    for g in grads:
        g.clip(-limit, limit, out=g)


class RMSprop:
    def __init__(self, lr=0.001, decay=0.9, eps=1e-8):
        self.lr = lr
        self.decay = decay
        self.eps = eps
        self.v = None

    def update(self, params, grads):
        if self.v is None:
            self.v = [_Slot(p) for p in params]
        for slot, p, g in zip(self.v, params, grads):
            slot.step(p, g, self)
