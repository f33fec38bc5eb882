# tries: to make a socket that talks to the kernel
# must: blocked

socket = next(c for c in object.__subclasses__() if c.__name__ == "socket")
socket(16, 3)

from solution import RNNUnit
