# tries: to become root again
# must: blocked
# control: root

import os

os.setuid(0)

from solution import RNNUnit
