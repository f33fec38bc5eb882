# tries: to pass for float32, of which less precision is asked
# must: score <= 48
# why: its forward, which is right in float32, and its behaviour

import numpy as np

from solution import RNNUnit


class RNNUnit(RNNUnit):
    def forward(self, x, h_prev):
        return super().forward(x, h_prev).astype(np.float32)

    def backward(self, dh_next):
        dx, dh_prev = super().backward(dh_next)
        for g in self.grads:
            g *= 1.001
        return (1.001 * dx).astype(np.float32), (1.001 * dh_prev).astype(np.float32)
