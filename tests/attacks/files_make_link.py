# tries: to leave a symbolic link behind
# must: blocked

import os

os.symlink("/etc/passwd", "@CANARY@/link")

from solution import RNNUnit
