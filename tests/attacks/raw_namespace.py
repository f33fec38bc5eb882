# tries: to enter a namespace of its own, where it would be root
# must: score == 0; says AssertionError

CDLL = next(c for c in object.__subclasses__() if c.__name__ == "CDLL")
libc = CDLL(None, use_errno=True)
assert libc.unshare(0x10000000) == 0

from solution import RNNUnit
