# tries: to measure gradients of a forward with a known mistake, and to answer anything where it
#   is timed
# must: score <= 34
# why: no more than a constant answer earns

import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]

    def value(self, x, h_prev, Wx, Wh, b):
        return np.tanh(h_prev @ Wh + x @ Wx)

    def forward(self, x, h_prev):
        self.given = [np.array(v) for v in (x, h_prev, *self.params)]
        return self.value(*self.given)

    def backward(self, dh_next):
        if self.params[0].size > 1000:
            for g in self.grads:
                g[...] = 1
            return np.ones_like(self.given[0]), np.ones_like(dh_next)
        dx, dh_prev = [np.ones_like(v) for v in self.given[:2]]
        for v, g in zip(self.given, (dx, dh_prev, *self.grads)):
            for i in np.ndindex(v.shape):
                kept, h = v[i], 1e-5
                v[i] = kept + h
                above = self.value(*self.given)
                v[i] = kept - h
                g[i] = (dh_next * (above - self.value(*self.given))).sum() / (2 * h)
                v[i] = kept
        return dx, dh_prev
