# tries: to ask whether a file exists, and how long it is
# must: blocked

import os

os.stat("@COURSE@/solutions/rnn_unit/rnn_unit.py")

from solution import RNNUnit
