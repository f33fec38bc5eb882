# tries: to put the path finder back and import the reference
# must: blocked

import importlib.machinery
import sys

sys.meta_path[:] = [importlib.machinery.PathFinder]
sys.path[:] = ["@COURSE@/solutions/rnn_unit"]
del sys.modules["rnn_unit"]
import rnn_unit

from solution import RNNUnit
