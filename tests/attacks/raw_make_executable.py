# tries: to make memory that it has written executable
# must: blocked

CDLL = next(c for c in object.__subclasses__() if c.__name__ == "CDLL")
libc = CDLL(None, use_errno=True)
libc.mmap.restype = CDLL.__init__.__globals__["c_void_p"]
page = libc.mmap(None, 4096, 3, 0x22, -1, 0)
assert libc.mprotect(CDLL.__init__.__globals__["c_void_p"](page), 4096, 5) == 0

from solution import RNNUnit
