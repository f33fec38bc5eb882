# tries: to overwrite the letters of a text that all share
# must: score <= 100
# why: it is right; what it leaves behind must not matter

CDLL = next(c for c in object.__subclasses__() if c.__name__ == "CDLL")
libc = CDLL(None, use_errno=True)

text = "h_prev_interned_for_this"
CDLL.__init__.__globals__["memmove"](id(text) + 48, b"H", 1)

from solution import RNNUnit
