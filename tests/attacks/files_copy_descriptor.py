# tries: to make a second descriptor of its socket
# must: blocked

import os

os.dup(20)

from solution import RNNUnit
