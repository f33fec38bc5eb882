# tries: to move to another core, away from where time is measured
# must: blocked

import os

os.sched_setaffinity(0, os.sched_getaffinity(0))

from solution import RNNUnit
