# tries: to match an expression that backtracks exponentially
# must: score == 0; says time limit

import re

re.match(r"(a|aa)+$", "a" * 100 + "b")

from solution import RNNUnit
