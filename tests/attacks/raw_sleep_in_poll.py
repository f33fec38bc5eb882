# tries: to wait in a system call that no Python signal handler interrupts
# must: score == 0; says time limit

CDLL = next(c for c in object.__subclasses__() if c.__name__ == "CDLL")
libc = CDLL(None, use_errno=True)
libc.poll(None, 0, -1)

from solution import RNNUnit
