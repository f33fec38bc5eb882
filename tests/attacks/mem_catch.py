# tries: to use up memory again and again, whatever is raised
# must: score == 0; says time limit

hoard = []
while True:
    try:
        while True:
            hoard.append(bytes(10**7))
    except MemoryError:
        hoard.clear()

from solution import RNNUnit
