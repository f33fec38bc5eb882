# tries: to find something of the judge's environment
# must: score == 0; says KeyError

import os

found = {**os.environ}
found["HOME"], found["USER"] if "USER" in found else found["PWD"]

from solution import RNNUnit
