# tries: to have a signal come later, in the midst of other code
# must: blocked

import signal

signal.setitimer(signal.ITIMER_REAL, 1000)

from solution import RNNUnit
