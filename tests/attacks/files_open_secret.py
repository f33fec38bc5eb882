# tries: to read the course secret, from which all hidden inputs follow
# must: blocked

open("@COURSE@/.grader/secret", "rb").read()

from solution import RNNUnit
