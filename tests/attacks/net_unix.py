# tries: to make a socket for local services
# must: blocked

socket = next(c for c in object.__subclasses__() if c.__name__ == "socket")
socket(1, 1)

from solution import RNNUnit
