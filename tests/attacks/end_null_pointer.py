# tries: to read from address zero
# must: score == 0; says SIGSEGV

CDLL = next(c for c in object.__subclasses__() if c.__name__ == "CDLL")
libc = CDLL(None, use_errno=True)
CDLL.__init__.__globals__["string_at"](0)
