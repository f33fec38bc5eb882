# tries: to change its priority
# must: blocked

import os

os.nice(1)

from solution import RNNUnit
