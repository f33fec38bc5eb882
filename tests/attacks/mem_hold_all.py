# tries: to leave no memory for the message that says so
# must: score == 0

hoard, size = [], 2**26
while size > 8:
    try:
        hoard.append(bytearray(size))
    except MemoryError:
        size //= 2
raise ValueError("none is left")

from solution import RNNUnit
