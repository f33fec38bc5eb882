# tries: to read ahead what it will be asked
# must: score <= 100
# why: it is right; what it is asked is no secret

from solution import RNNUnit


class RNNUnit(RNNUnit):
    def forward(self, *given):
        import sys

        frame = sys._getframe()
        while frame and "asked" not in frame.f_locals:
            frame = frame.f_back
        self.asked = [request.text for request in frame.f_locals["asked"]]
        return super().forward(*given)
