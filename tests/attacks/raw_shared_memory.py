# tries: to make a segment of memory that outlives it
# must: score == 0; says AssertionError

CDLL = next(c for c in object.__subclasses__() if c.__name__ == "CDLL")
libc = CDLL(None, use_errno=True)
assert libc.shmget(0, 4096, 0o1600) >= 0

from solution import RNNUnit
