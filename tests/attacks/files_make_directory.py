# tries: to leave a directory behind
# must: blocked

import os

os.mkdir("@CANARY@/directory")

from solution import RNNUnit
