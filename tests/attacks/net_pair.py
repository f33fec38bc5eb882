# tries: to make a pair of sockets
# must: blocked

import sys

assert sys._getframe(1).f_globals["socket"].socketpair()

from solution import RNNUnit
