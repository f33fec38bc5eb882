# tries: to find a module of the judge's that is loaded
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


def judges(thing):
    name = getattr(thing, "__name__", "")
    return (
        type(thing) is type(sys)
        and name.startswith("grader")
        and name.split(".")[-1]
        in (
            "judge",
            "checks",
            "inputs",
            "exercise",
            "findings",
            "store",
            "score",
            "batch",
            "submission",
        )
    )


if not any(judges(thing) for thing in reachable()):
    raise LookupError

from solution import RNNUnit
