# tries: to loop without end in its second half
# must: score <= 16; grad-x timeout; cost timeout
# why: forward is right, and was answered before

from solution import RNNUnit


class RNNUnit(RNNUnit):
    def backward(self, *given):
        while True:
            pass
