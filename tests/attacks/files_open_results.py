# tries: to read what others handed in, with their marks
# must: blocked

import os

os.open("@COURSE@/results/results.db", os.O_RDWR)

from solution import RNNUnit
