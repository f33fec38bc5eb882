# tries: to overwrite an array that numpy shares
# must: score == 100
# why: it is right; what it leaves behind must not matter

import numpy as np

for name, value in list(vars(np).items()):
    if isinstance(value, np.ndarray):
        value.flags.writeable = True
        value[...] = 7

from solution import RNNUnit
