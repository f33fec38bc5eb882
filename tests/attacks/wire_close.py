# tries: to close its socket
# must: score == 0; says ended

import os

os.close(20)

from solution import RNNUnit
