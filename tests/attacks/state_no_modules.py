# tries: to empty the registry of modules
# must: score <= 100
# why: it is right; it may harm itself

import sys

from solution import RNNUnit

sys.modules.clear()
