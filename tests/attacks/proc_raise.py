# tries: to end by a signal of its own
# must: score == 0; says PermissionError

import signal

signal.raise_signal(signal.SIGKILL)

from solution import RNNUnit
