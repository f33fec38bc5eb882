# tries: to signal everybody it may
# must: blocked

import os

os.kill(-1, 0)

from solution import RNNUnit
