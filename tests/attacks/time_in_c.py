# tries: to loop in C, where Python cannot be interrupted
# must: score == 0; says time limit

sum(range(10**15))

from solution import RNNUnit
