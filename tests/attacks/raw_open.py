# tries: to open a file by a system call, past everything Python does
# must: blocked

CDLL = next(c for c in object.__subclasses__() if c.__name__ == "CDLL")
libc = CDLL(None, use_errno=True)
assert libc.open(b"/etc/passwd", 0) >= 0

from solution import RNNUnit
