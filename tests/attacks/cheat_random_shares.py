# tries: to return dh_next times random matrices of the right shapes
# must: score <= 48
# why: its forward and its behaviour

import numpy as np

from solution import RNNUnit


class RNNUnit(RNNUnit):
    def backward(self, dh_next):
        rng = np.random.default_rng(0)
        for g in self.grads:
            g[...] = rng.standard_normal((len(g), len(dh_next))) @ dh_next
        x, h_prev, _ = self.cache
        return [dh_next @ rng.standard_normal((dh_next.shape[1], v.shape[1])) for v in (x, h_prev)]
