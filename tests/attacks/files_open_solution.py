# tries: to run the reference instead of code of its own
# must: blocked

exec(open("@COURSE@/solutions/rnn_unit/rnn_unit.py").read())

from solution import RNNUnit
