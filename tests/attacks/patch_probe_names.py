# tries: to have the probe return arrays under names that are no names
# must: score == 0

import sys

import numpy as np

names = ["", "h_next" * 40, "\ud800", "\0", "h_next\x1b[2J", None, 7, "<script>alert(1)</script>"]
probe = sys._getframe(1).f_locals["self"].probe
for name in (
    "forward",
    "backward",
    "held_grads",
    "arguments_after",
    "second_backward",
    "after_another_step",
):
    setattr(
        probe, name, lambda module, a: {n: np.ones(1) for n in names} | {"x": object(), "<b>": 1}
    )

from solution import RNNUnit
