"""The layers that a child puts around itself before it reads anything, in order.

Each step is prepared once, in the zygote; a child only applies it. A step that fails raises, and
the child then says so and ends: nothing is ever run half confined.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Callable, Sequence

from grader.sandbox import landlock, seccomp, syscalls
from grader.sandbox.limits import Limits, close_all_except

Step = Callable[[], object]

CPU_SLACK = 2.0
"""Seconds of CPU beyond the wall clock's: the clock decides, this only ends what escapes it."""


def limits(memory_bytes: int, seconds: float) -> Step:
    """The resource limits of a child."""
    return Limits(memory_bytes, cpu_seconds=math.ceil(seconds + CPU_SLACK)).apply


def steps(memory_bytes: int, seconds: float, channel: int) -> Sequence[tuple[str, Step]]:
    """All layers by name; `channel` is the one descriptor that stays open besides /dev/null."""
    filter_program = seccomp.program(syscalls.machine())
    return (
        ("die with the zygote", functools.partial(syscalls.die_with_parent, os.getpid())),
        ("not dumpable", syscalls.set_undumpable),
        ("descriptors", functools.partial(close_all_except, (0, 1, 2, channel))),
        ("limits", limits(memory_bytes, seconds)),
        ("no new privileges", syscalls.set_no_new_privs),
        ("landlock", landlock.restrict_all),
        ("seccomp", functools.partial(seccomp.install, filter_program)),
    )


def loose_steps(memory_bytes: int, seconds: float, channel: int) -> Sequence[tuple[str, Step]]:
    """What is left under --unsafe-no-sandbox: limits, and an end with the judge."""
    kept = ("die with the zygote", "limits")
    return tuple(s for s in steps(memory_bytes, seconds, channel) if s[0] in kept)
