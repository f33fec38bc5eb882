# tries: to rename a file
# must: blocked

import os

os.rename("@CANARY@/kept", "@CANARY@/taken")

from solution import RNNUnit
