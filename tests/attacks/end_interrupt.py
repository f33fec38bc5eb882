# tries: to raise KeyboardInterrupt, as if the judge's user had
# must: score == 0; says KeyboardInterrupt

from solution import RNNUnit


class RNNUnit(RNNUnit):
    def forward(self, *given):
        raise KeyboardInterrupt
