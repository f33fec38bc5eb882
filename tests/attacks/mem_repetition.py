# tries: to write out a structure that is small only because it repeats itself
# must: score == 0

nested = [0] * 100
for _ in range(5):
    nested = [nested] * 100
str(nested)

from solution import RNNUnit
