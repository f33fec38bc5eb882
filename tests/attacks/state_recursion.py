# tries: to change the interpreter's limits
# must: score == 100
# why: it is right; what it leaves behind must not matter

import gc
import sys

sys.setrecursionlimit(200)
sys.setswitchinterval(10.0)
gc.disable()
gc.set_threshold(1)
gc.unfreeze()

from solution import RNNUnit
