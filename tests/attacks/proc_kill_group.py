# tries: to signal its process group, which the zygote is in
# must: blocked

import os

os.killpg(0, 0)

from solution import RNNUnit
