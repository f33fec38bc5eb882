# tries: to read the memory of the process that started it
# must: blocked

CDLL = next(c for c in object.__subclasses__() if c.__name__ == "CDLL")
libc = CDLL(None, use_errno=True)
word = CDLL.__init__.__globals__["c_size_t"]
here, there = (word * 1)(0), (word * 2)(id(None), 8)
into = (word * 2)(CDLL.__init__.__globals__["addressof"](here), 8)
assert libc.process_vm_readv(libc.getppid(), into, 1, there, 1, 0) == 8

from solution import RNNUnit
