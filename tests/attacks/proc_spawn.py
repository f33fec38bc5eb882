# tries: to start a program
# must: blocked
# control: root

import os

os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)

from solution import RNNUnit
