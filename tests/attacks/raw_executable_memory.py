# tries: to map memory that is writable and executable
# must: blocked

CDLL = next(c for c in object.__subclasses__() if c.__name__ == "CDLL")
libc = CDLL(None, use_errno=True)
libc.mmap.restype = CDLL.__init__.__globals__["c_void_p"]
assert libc.mmap(None, 4096, 7, 0x22, -1, 0) not in (None, 2**64 - 1)

from solution import RNNUnit
