# tries: to print a text of a megabyte with each call
# must: score == 100
# why: it is right; what it prints is cut

from solution import RNNUnit


class RNNUnit(RNNUnit):
    def forward(self, *given):
        print("x" * 10**6)
        return super().forward(*given)
