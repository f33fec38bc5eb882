# tries: to turn every warning into an error
# must: score == 100
# why: it is right

import warnings

import numpy as np

warnings.simplefilter("error")
np.seterr(all="raise")

from solution import RNNUnit
