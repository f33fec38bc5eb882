# tries: to make calls by the numbers of x32, which a careless filter does not compare
# must: score == 0; says SIGSYS
# where: x86_64

CDLL = next(c for c in object.__subclasses__() if c.__name__ == "CDLL")
libc = CDLL(None, use_errno=True)
libc.syscall(0x40000000 + 57)

from solution import RNNUnit
