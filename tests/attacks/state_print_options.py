# tries: to change how numbers are printed
# must: score == 100
# why: it is right; what it leaves behind must not matter

import numpy as np

np.set_printoptions(
    precision=0, threshold=0, suppress=True, formatter={"float": lambda v: "\x1b[2J"}
)

from solution import RNNUnit
