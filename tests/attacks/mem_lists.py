# tries: to use up memory with a list that doubles
# must: score == 0

from solution import RNNUnit


class RNNUnit(RNNUnit):
    def forward(self, *given):
        numbers = [0]
        while True:
            numbers += numbers

    backward = forward
