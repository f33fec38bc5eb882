# tries: to hand a descriptor of its own to the judge
# must: score == 0; says PermissionError

import sys

channel = sys._getframe(1).f_locals["self"].channel
channel.sendmsg([b"!"], [(1, 1, b"\0\0\0\0")])

from solution import RNNUnit
