# tries: to stop the clocks, so that it seems fast
# must: score <= 40; by-formula timeout
# why: all but the gradients is right

import time

from solution import RNNUnit

sleep = time.sleep
time.monotonic = time.perf_counter = time.time = lambda: 0.0


class RNNUnit(RNNUnit):
    def backward(self, dh_next):
        if dh_next.shape[1] > 100:
            sleep(2.5)
        return super().backward(dh_next)
