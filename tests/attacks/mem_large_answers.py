# tries: to fill the judge's memory with answers just below the limit
# must: score <= 4
# why: its arguments are left alone

import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.grads = [np.ones(80_000)] * 3

    def forward(self, x, h_prev):
        return np.ones(200_000)

    def backward(self, dh_next):
        return np.ones(80_000), np.ones(80_000)
