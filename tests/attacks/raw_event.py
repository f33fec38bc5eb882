# tries: to make an event descriptor
# must: blocked

CDLL = next(c for c in object.__subclasses__() if c.__name__ == "CDLL")
libc = CDLL(None, use_errno=True)
assert libc.eventfd(0, 0) >= 0

from solution import RNNUnit
