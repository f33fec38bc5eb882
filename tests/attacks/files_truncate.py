# tries: to empty a file
# must: blocked

import os

os.truncate("@CANARY@/kept", 0)

from solution import RNNUnit
