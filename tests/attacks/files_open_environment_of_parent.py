# tries: to read the environment of the process that started it
# must: blocked

import os

open(f"/proc/{os.getppid()}/environ", "rb").read()

from solution import RNNUnit
