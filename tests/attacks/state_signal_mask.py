# tries: to block all signals
# must: score == 100
# why: it is right; what it leaves behind must not matter

import signal

signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())

from solution import RNNUnit
