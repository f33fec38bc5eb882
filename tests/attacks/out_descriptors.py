# tries: to write to the descriptors of standard output and error
# must: score == 100
# why: it is right; both lead to /dev/null

import os

from solution import RNNUnit


class RNNUnit(RNNUnit):
    def forward(self, *given):
        for fd in (1, 2):
            os.write(fd, b"x" * 10**6)
        return super().forward(*given)
