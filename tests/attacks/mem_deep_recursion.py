# tries: to run out of the C stack, with Python's own limit lifted
# must: score == 0

import sys

sys.setrecursionlimit(2**30)
nested = []
for _ in range(10**6):
    nested = [nested]
repr(nested)

from solution import RNNUnit
