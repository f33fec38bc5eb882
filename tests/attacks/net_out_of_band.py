# tries: to send an out-of-band byte, which raises a signal at a reader that asks for it
# must: score == 0; says PermissionError

import sys

sys._getframe(1).f_locals["self"].channel.send(b"!", 1)

from solution import RNNUnit
