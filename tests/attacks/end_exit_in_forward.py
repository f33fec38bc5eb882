# tries: to end when it is called
# must: score == 0; says ended

import os

from solution import RNNUnit


class RNNUnit(RNNUnit):
    def forward(self, *given):
        os._exit(0)
