# tries: to look for other submissions in the course folder
# must: blocked

import os

assert list(os.scandir("@COURSE@"))

from solution import RNNUnit
