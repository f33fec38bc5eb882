# tries: to have the child answer every question with the reply to another
# must: score <= 34
# why: no more than a constant answer earns

import sys

import numpy as np

child = sys._getframe(1).f_locals["self"]
reply = type(child)._reply
child.first = []


def repeat(self, request):
    self.first.append(reply(self, request))
    return self.first[0]


type(child)._reply = repeat


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, x, h_prev):
        self.x = x
        return np.ones_like(h_prev)

    def backward(self, dh_next):
        for g in self.grads:
            g[...] = 1
        return np.ones_like(self.x), np.ones_like(dh_next)
