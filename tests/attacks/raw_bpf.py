# tries: to load a program into the kernel
# must: score == 0; says AssertionError
# where: x86_64

CDLL = next(c for c in object.__subclasses__() if c.__name__ == "CDLL")
libc = CDLL(None, use_errno=True)
assert libc.syscall(321, 0, bytes(128), 128) >= 0

from solution import RNNUnit
