# tries: to change an answer after it was given
# must: score <= 34
# why: no more than a constant answer earns

import numpy as np

from solution import RNNUnit

given = []


class RNNUnit(RNNUnit):
    def forward(self, x, h_prev):
        for old, right in given:
            old[...] = right
        h_next = super().forward(x, h_prev)
        answer = np.ones_like(h_next)
        given.append((answer, h_next))
        return answer

    def backward(self, dh_next):
        answers = super().backward(dh_next)
        ones = [np.ones_like(g) for g in (*answers, *self.grads)]
        given.extend(zip(ones, (*answers, *self.grads)))
        self.grads[:] = ones[2:]
        return ones[0], ones[1]
