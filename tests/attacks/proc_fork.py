# tries: to fork
# must: blocked
# control: root

import os

if os.fork() == 0:
    os._exit(0)

from solution import RNNUnit
