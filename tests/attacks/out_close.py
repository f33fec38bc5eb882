# tries: to close all standard streams
# must: score == 100
# why: it is right

import os
import sys

sys.stdout.close()
sys.stdout = sys.stderr = sys.stdin = None
for fd in (0, 1, 2):
    os.close(fd)

from solution import RNNUnit
