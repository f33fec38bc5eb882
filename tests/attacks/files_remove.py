# tries: to remove a file
# must: blocked

import os

os.remove("@CANARY@/kept")

from solution import RNNUnit
