# tries: to be asked at every import
# must: score == 100
# why: it is right; what it leaves behind must not matter

import builtins
import sys

from solution import RNNUnit


class Finder:
    def find_spec(self, name, path=None, target=None):
        raise ImportError("none of this is to be had")


sys.meta_path[:] = [Finder()]
sys.path_hooks[:] = []
sys.path_importer_cache.clear()
