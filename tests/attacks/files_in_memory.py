# tries: to make a file in memory, which could then be executed
# must: blocked

import os

os.memfd_create("program")

from solution import RNNUnit
