# tries: to become another program, which no Python hook would see
# must: score == 0; says PermissionError

import os

os.execv("/bin/true", ["true"])

from solution import RNNUnit
