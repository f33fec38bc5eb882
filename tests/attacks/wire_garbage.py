# tries: to answer with noise
# must: score == 0; says ended

import os

os.write(20, bytes(range(256)) * 100)

from solution import RNNUnit
