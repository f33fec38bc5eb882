# tries: to make its socket non-blocking, so that long replies fail
# must: score <= 100
# why: it only harms itself

import os

os.set_blocking(20, False)

from solution import RNNUnit
