# tries: to have numpy do what takes hours
# must: score == 0; says time limit

import numpy as np

np.linalg.matrix_power(np.eye(3000), 10**6 + 7)

from solution import RNNUnit
