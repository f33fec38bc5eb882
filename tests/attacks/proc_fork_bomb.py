# tries: to fork without end
# must: score == 0; says PermissionError

import os

while True:
    os.fork()

from solution import RNNUnit
