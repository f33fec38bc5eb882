# tries: to loop in a trace function, which is called for every line
# must: score == 0; says time limit

import sys


def trace(*_):
    while True:
        pass


sys.settrace(trace)

from solution import RNNUnit
