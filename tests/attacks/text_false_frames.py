# tries: to raise an exception from a million lines below, in another file
# must: score == 0

import sys

exec(compile("\n" * 2**20 + "raise ValueError", "rnn_unit.py", "exec"))
