# tries: to have the probe return a dictionary that changes while it is read
# must: score <= 34
# why: no more than a constant answer earns

  import sys

  import numpy as np


  class Answers(dict):
      def items(self):
          for _ in range(3):
              yield "h_next", np.ones(3)
          yield from super().items()
          yield 7, np.ones(3)


  probe = sys._getframe(1).f_locals["self"].probe
  forward = probe.forward
  probe.forward = lambda module, a: Answers(forward(module, a))



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
