# tries: to be called when processes end
# must: score == 100
# why: it is right; what it leaves behind must not matter

import atexit
import gc
import weakref

import numpy as np


@atexit.register
def last():
    open("@CANARY@/at-exit", "w")


weakref.finalize(np, last)
gc.callbacks.append(lambda *_: None)

from solution import RNNUnit
