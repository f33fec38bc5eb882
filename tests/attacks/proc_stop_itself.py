# tries: to stop, so that nobody notices it has not ended
# must: score == 0; says PermissionError

import os
import signal

os.kill(os.getpid(), signal.SIGSTOP)

from solution import RNNUnit
