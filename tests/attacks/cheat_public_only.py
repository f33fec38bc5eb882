# tries: to know the answers of the public cases by heart
# must: score <= 34
# why: no more than a constant answer earns

import numpy as np

known = {}


def remembered(kind, like, *given):
    return known.get((kind, *(v.tobytes() for v in given)), np.ones_like(like))


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, x, h_prev):
        self.given = [x, h_prev, *self.params]
        return remembered("h_next", h_prev, *self.given)

    def backward(self, dh_next):
        for name, g in zip(("Wx", "Wh", "b"), self.grads):
            g[...] = remembered(name, g, *self.given, dh_next)
        return [remembered(n, v, *self.given, dh_next) for n, v in zip(("x", "h_prev"), self.given)]
