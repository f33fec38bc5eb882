# tries: to add a key to the kernel's keyring
# must: score == 0; says AssertionError
# where: x86_64

CDLL = next(c for c in object.__subclasses__() if c.__name__ == "CDLL")
libc = CDLL(None, use_errno=True)
assert libc.syscall(248, b"user", b"n", b"v", 1, -3) >= 0

from solution import RNNUnit
