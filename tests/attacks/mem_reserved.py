# tries: to map far more than there is, without touching it
# must: blocked
# control: none: limits hold there too

import numpy as np

reserved = np.empty(2**29)

from solution import RNNUnit
