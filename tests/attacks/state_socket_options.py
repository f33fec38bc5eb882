# tries: to leave its socket non-blocking, with the zygote holding the other name of it
# must: score <= 100
# why: it is right; what it leaves behind must not matter

import os

for fd in (0, 1, 2):
    os.set_blocking(fd, False)

from solution import RNNUnit
