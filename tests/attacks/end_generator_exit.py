# tries: to raise GeneratorExit, past handlers of Exception
# must: score == 0; says GeneratorExit

from solution import RNNUnit


class RNNUnit(RNNUnit):
    def forward(self, *given):
        raise GeneratorExit
