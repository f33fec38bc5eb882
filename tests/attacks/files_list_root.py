# tries: to list a directory
# must: blocked

import os

os.listdir("/")

from solution import RNNUnit
