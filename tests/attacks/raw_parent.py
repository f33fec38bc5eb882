# tries: a system call through ctypes, which is found among the subclasses of object
# must: blocked

CDLL = next(c for c in object.__subclasses__() if c.__name__ == "CDLL")
libc = CDLL(None, use_errno=True)
assert libc.getppid() > 0

from solution import RNNUnit
