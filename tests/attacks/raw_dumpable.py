# tries: to make itself open to others of the same user
# must: blocked

CDLL = next(c for c in object.__subclasses__() if c.__name__ == "CDLL")
libc = CDLL(None, use_errno=True)
assert libc.prctl(4, 1, 0, 0, 0) == 0

from solution import RNNUnit
