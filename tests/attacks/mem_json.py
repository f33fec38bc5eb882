# tries: to parse text that is nested a million deep
# must: score == 0

import json

json.loads("[" * 10**6)

from solution import RNNUnit
