"""What a child does to itself before it reads anything: the layers, in order."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from grader.sandbox.limits import Limits


def steps(memory_bytes: int, seconds: float) -> Sequence[Callable[[], object]]:
    """The layers to apply, prepared once in the zygote so that each child only applies them."""
    limits = Limits(memory_bytes=memory_bytes, cpu_seconds=math.ceil(seconds) + 1)
    return (limits.apply,)
