# tries: to write to the streams that Python started with
# must: score == 100
# why: it is right; both lead to /dev/null

import sys

from solution import RNNUnit


class RNNUnit(RNNUnit):
    def forward(self, *given):
        for stream in (sys.__stdout__, sys.__stderr__):
            print("\x1b[2J" * 1000, file=stream, flush=True)
        return super().forward(*given)
