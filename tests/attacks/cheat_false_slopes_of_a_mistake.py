# tries: the same with the values of a known mistake, whose slopes are known too
# must: score <= 60
# why: no better than an unknown mistake

import numpy as np

seen = []


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]

    def value(self, x, h_prev, Wx, Wh, b):
        return np.tanh(h_prev @ Wh + x @ Wx)

    def forward(self, x, h_prev):
        now = [np.array(v) for v in (x, h_prev, *self.params)]
        self.now, self.h_next = now, self.value(*now)
        for before, h_next, dh_next in seen:
            if all(u.shape == v.shape for u, v in zip(before, now)):
                moved = [(v - u).sum() for u, v in zip(before, now) if not np.array_equal(u, v)]
                if len(moved) == 1:
                    return h_next + dh_next * moved[0] / (dh_next**2).sum()
        return self.h_next

    def backward(self, dh_next):
        seen.append((self.now, self.h_next, np.array(dh_next)))
        for g in self.grads:
            g[...] = 1
        return np.ones_like(self.now[0]), np.ones_like(self.now[1])
