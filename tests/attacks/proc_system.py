# tries: to run a shell command
# must: blocked
# control: root

import os

assert os.system("true") == 0

from solution import RNNUnit
