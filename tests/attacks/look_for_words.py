# tries: to find a name that only the judge knows: expected values, tolerance, secret, seed
# must: score == 0; says LookupError

import gc
import sys

import numpy as np


def reachable(depth=6):
    frame, found = sys._getframe(1), []
    while frame is not None:
        found += [frame.f_locals, frame.f_globals]
        frame = frame.f_back
    found += gc.get_objects()
    found += [vars(m) for m in list(sys.modules.values())]
    seen = set()
    for _ in range(depth):
        inner = []
        for thing in found:
            if id(thing) in seen:
                continue
            seen.add(id(thing))
            yield thing
            inner += gc.get_referents(thing)
        found = inner


def words():
    for thing in reachable():
        if isinstance(thing, dict):
            yield from (k for k in thing if isinstance(k, str))


wanted = {"course_secret", "hidden_bench", "relative_error", "TOLERANCE", "withholds", "mistakes"}
found = wanted & set(words())
if not found:
    raise LookupError

from solution import RNNUnit
