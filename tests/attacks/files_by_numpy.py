# tries: to have numpy read a file, from C
# must: blocked

import numpy as np

assert np.fromfile("/etc/passwd", dtype=np.uint8).size

from solution import RNNUnit
