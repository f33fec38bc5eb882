# tries: to leave its session, so that no group signal reaches it
# must: blocked

import os

os.setsid()

from solution import RNNUnit
