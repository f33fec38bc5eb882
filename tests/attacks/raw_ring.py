# tries: to make an io_uring, which would do system calls in its place
# must: score == 0; says AssertionError

CDLL = next(c for c in object.__subclasses__() if c.__name__ == "CDLL")
libc = CDLL(None, use_errno=True)
ring = bytes(120)
assert libc.syscall(425, 1, ring) >= 0

from solution import RNNUnit
