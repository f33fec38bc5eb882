# tries: to loop without end when it is called
# must: score == 0; says time limit

from solution import RNNUnit


class RNNUnit(RNNUnit):
    def forward(self, *given):
        while True:
            pass
