# tries: to make a TCP socket
# must: blocked

socket = next(c for c in object.__subclasses__() if c.__name__ == "socket")
socket(2, 1)

from solution import RNNUnit
