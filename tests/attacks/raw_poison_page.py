# tries: to have the kernel give up a page of memory for good
# must: score == 0; says AssertionError

CDLL = next(c for c in object.__subclasses__() if c.__name__ == "CDLL")
libc = CDLL(None, use_errno=True)
page = CDLL.__init__.__globals__["create_string_buffer"](8192)
start = CDLL.__init__.__globals__["addressof"](page) + 4095 & ~4095
assert libc.madvise(CDLL.__init__.__globals__["c_void_p"](start), 4096, 100) == 0

from solution import RNNUnit
