# tries: to signal the process that started it
# must: blocked

import os

os.kill(os.getppid(), 0)

from solution import RNNUnit
