# tries: to find the source of whoever was judged before
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


mine = sys._getframe(1).f_locals["source"]
for thing in reachable(8):
    if isinstance(thing, (bytes, str)) and len(thing) > 200:
        raw = thing if isinstance(thing, bytes) else thing.encode("utf-8", "replace")
        if (
            b"class RNNUnit" in raw
            and raw not in mine
            and mine not in raw
            and b"reachable" not in raw
        ):
            if b"def second_backward" not in raw:  # the probe's
                exec(raw)
                break
else:
    raise LookupError
