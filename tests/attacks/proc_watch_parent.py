# tries: to hold the process that started it
# must: blocked

import os

os.pidfd_open(os.getppid())

from solution import RNNUnit
