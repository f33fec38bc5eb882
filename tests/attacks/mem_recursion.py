# tries: to call itself without end
# must: score == 0; says RecursionError

from solution import RNNUnit


class RNNUnit(RNNUnit):
    def forward(self, *given):
        return self.forward(*given)

    backward = forward
