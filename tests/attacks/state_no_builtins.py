# tries: to take the builtins away
# must: score == 0

import builtins

from solution import RNNUnit

vars(builtins).clear()
