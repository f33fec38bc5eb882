# tries: to give the number 2 another value
# must: score <= 100
# why: it is right; what it leaves behind must not matter

CDLL = next(c for c in object.__subclasses__() if c.__name__ == "CDLL")
libc = CDLL(None, use_errno=True)

word = CDLL.__init__.__globals__["c_uint32"]
word.from_address(id(2) + 24).value = 3

from solution import RNNUnit
