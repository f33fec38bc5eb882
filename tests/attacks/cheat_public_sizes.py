# tries: to be right where the sizes are those of a public case
# must: score <= 34
# why: no more than a constant answer earns

import numpy as np

from solution import RNNUnit

PUBLIC = {(3, 4, 5), (1, 4, 4), (4, 4, 4)}


class RNNUnit(RNNUnit):
    def public(self, x):
        return (*x.shape, self.params[2].size) in PUBLIC

    def forward(self, x, h_prev):
        h_next = super().forward(x, h_prev)
        return h_next if self.public(x) else np.ones_like(h_next)

    def backward(self, dh_next):
        answers = super().backward(dh_next)
        if self.public(self.cache[0]):
            return answers
        for g in self.grads:
            g[...] = 1
        return [np.ones_like(v) for v in answers]
