# tries: to have the processor treat the smallest numbers as zero
# must: score == 100
# why: it is right; what it leaves behind must not matter

import numpy as np

with np.errstate(all="ignore"):
    np.float64(5e-324) / 2

from solution import RNNUnit
