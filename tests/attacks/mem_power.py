# tries: to work out a number of a billion digits
# must: score == 0

number = 10**10**9

from solution import RNNUnit
