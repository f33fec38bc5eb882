# tries: to find an array with the right answer somewhere in its process
# must: score == 0; says LookupError

import gc
import sys

import numpy as np


def reachable(depth=6):
    frame, found = sys._getframe(1), []
    while frame is not None:
        found += [frame.f_locals, frame.f_globals]
        frame = frame.f_back
    found += gc.get_objects()
    found += [vars(m) for m in list(sys.modules.values())]
    seen = set()
    for _ in range(depth):
        inner = []
        for thing in found:
            if id(thing) in seen:
                continue
            seen.add(id(thing))
            yield thing
            inner += gc.get_referents(thing)
        found = inner


class RNNUnit:
    looked = False

    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, x, h_prev):
        if RNNUnit.looked:
            raise LookupError
        RNNUnit.looked = True
        Wx, Wh, b = self.params
        h_next = np.tanh(h_prev @ Wh + x @ Wx + b)
        for thing in reachable():
            if type(thing) is np.ndarray and thing is not h_next and thing.shape == h_next.shape:
                if np.allclose(thing, h_next):
                    RNNUnit.looked = False
                    return thing
        raise LookupError

    def backward(self, dh_next):
        raise LookupError
