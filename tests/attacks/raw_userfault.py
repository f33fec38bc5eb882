# tries: to handle its own page faults, with which races in the kernel are won
# must: score == 0; says AssertionError
# where: x86_64

CDLL = next(c for c in object.__subclasses__() if c.__name__ == "CDLL")
libc = CDLL(None, use_errno=True)
assert libc.syscall(323, 1) >= 0

from solution import RNNUnit
