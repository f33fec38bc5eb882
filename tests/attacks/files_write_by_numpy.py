# tries: to have numpy write a file, from C
# must: blocked

import numpy as np

np.zeros(0).tofile("@CANARY@/array")

from solution import RNNUnit
