# tries: to change the rounding of the processor
# must: score <= 100
# why: it is right; what it leaves behind must not matter

CDLL = next(c for c in object.__subclasses__() if c.__name__ == "CDLL")
libc = CDLL(None, use_errno=True)
libc.fesetround(0xC00)

from solution import RNNUnit
