# tries: to move to another directory
# must: blocked

import os

os.chdir("@CANARY@")

from solution import RNNUnit
