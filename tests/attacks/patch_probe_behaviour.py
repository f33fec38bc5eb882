# tries: to have the probe observe a better behaviour than there is
# must: score <= 100
# why: what a probe observes in the submission's own process can be lied about, but only the
#   behaviour: 17 points, for whoever has all gradients right and does not need the lie

import sys

from solution import RNNUnit

probe = sys._getframe(1).f_locals["self"].probe
probe.arguments_after = lambda module, a: a
probe.held_grads = probe.after_another_step = probe.second_backward = probe.backward


class RNNUnit(RNNUnit):
    def backward(self, dh_next):
        answers = super().backward(dh_next)
        dh_next[...] = 0
        self.grads = [2 * g for g in self.grads]
        self.grads = [g / 2 for g in self.grads]
        return answers
