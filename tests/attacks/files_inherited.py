# tries: to find a descriptor that somebody left open for it
# must: blocked

import os


def is_open(fd):
    try:
        os.get_inheritable(fd)
    except OSError:
        return False
    return True


assert any(is_open(fd) for fd in range(3, 64) if fd != 20)

from solution import RNNUnit
