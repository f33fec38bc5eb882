"""Python floats, generator expressions over .flat, math.fsum; numpy only holds the numbers."""

import math


def global_norm(grads):
    largest = 0.0
    for g in grads:
        for x in g.flat:
            if not abs(x) <= largest:
                largest = float(abs(x))
                if largest != largest or largest == math.inf:
                    return largest
    if largest == 0.0:
        return 0.0
    return largest * math.sqrt(math.fsum((float(x) / largest) ** 2 for g in grads for x in g.flat))


def clip_by_global_norm(grads, max_norm):
    if max_norm <= 0 or max_norm != max_norm:
        raise ValueError("max_norm must be a positive number")
    norm = global_norm(grads)
    if math.isfinite(norm) and norm > max_norm:
        for g in grads:
            g.flat = [x * max_norm / norm for x in g.flat]
    return norm


def clip_by_value(grads, limit):
    if limit <= 0 or limit != limit:
        raise ValueError("limit must be a positive number")
    for g in grads:
        g.flat = [min(max(x, -limit), limit) for x in g.flat]


class RMSprop:
    def __init__(self, lr=0.001, decay=0.9, eps=1e-8):
        self.lr, self.decay, self.eps = lr, decay, eps
        self.v = None

    def update(self, params, grads):
        if self.v is None:
            self.v = [[0.0] * p.size for p in params]
        for i, (p, g) in enumerate(zip(params, grads, strict=True)):
            slopes = g.ravel().tolist()
            old = zip(self.v[i], slopes, strict=True)
            self.v[i] = [self.decay * v + (1 - self.decay) * d * d for v, d in old]
            terms = zip(p.ravel().tolist(), slopes, self.v[i], strict=True)
            p.flat = [x - self.lr * d / (math.sqrt(v) + self.eps) for x, d, v in terms]
