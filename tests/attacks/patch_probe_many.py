# tries: to have the probe return more arrays than fit a frame
# must: score == 0

import sys

import numpy as np

probe = sys._getframe(1).f_locals["self"].probe
for name in (
    "forward",
    "backward",
    "held_grads",
    "arguments_after",
    "second_backward",
    "after_another_step",
):
    setattr(probe, name, lambda module, a: {str(i): np.ones(1) for i in range(1000)})

from solution import RNNUnit
