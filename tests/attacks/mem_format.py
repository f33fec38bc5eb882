# tries: to pad a text to two billion characters
# must: score == 0; says MemoryError

text = f"{0:>{2**31 - 1}}"

from solution import RNNUnit
