# tries: to jump into a string
# must: score == 0; says SIGSEGV

CDLL = next(c for c in object.__subclasses__() if c.__name__ == "CDLL")
libc = CDLL(None, use_errno=True)
known = CDLL.__init__.__globals__
code = known["create_string_buffer"](b"\x31\xc0\xc3")
known["CFUNCTYPE"](known["c_int"])(known["addressof"](code))()

from solution import RNNUnit
