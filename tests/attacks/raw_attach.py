# tries: to be traced by its parent, the first half of attaching to another process
# must: blocked

CDLL = next(c for c in object.__subclasses__() if c.__name__ == "CDLL")
libc = CDLL(None, use_errno=True)
assert libc.ptrace(0, 0, 0, 0) == 0

from solution import RNNUnit
