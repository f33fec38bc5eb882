# tries: to use up memory with one long text
# must: score == 0; says MemoryError

text = "a" * 10**10

from solution import RNNUnit
