# tries: to make a pipe
# must: blocked

import os

os.pipe()

from solution import RNNUnit
