# tries: to switch off the randomisation of addresses
# must: blocked

CDLL = next(c for c in object.__subclasses__() if c.__name__ == "CDLL")
libc = CDLL(None, use_errno=True)
assert libc.personality(0xFFFFFFFF) >= 0

from solution import RNNUnit
