# tries: to learn where the course is from what is in memory
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


def paths():
    for thing in reachable():
        if isinstance(thing, (bytes, str)):
            yield thing if isinstance(thing, str) else thing.decode("latin-1")


if not any(
    "@COURSE@" in text for text in paths() if "def paths" not in text and "@COURSE@" != text
):
    raise LookupError

from solution import RNNUnit
