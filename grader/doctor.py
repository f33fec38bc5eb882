"""Whether the sandbox is tight here: what isolation can be had, proven by trying to break it."""

from __future__ import annotations

import sys

from grader.errors import UsageError
from grader.launcher import Isolation
from grader.model import Limits


def isolation(limits: Limits, *, unsafe: bool) -> Isolation:
    """The best isolation for grading others' work here; its short proof has been run.

    Raises UsageError where there is none, unless `unsafe` says to go on without.
    """
    if unsafe:
        return Isolation(strict=False)
    if sys.platform != "linux":
        raise UsageError(
            "Other people's code can be confined on Linux only. Grade there, or type "
            "--unsafe-no-sandbox if you trust every submission."
        )
    from grader.sandbox import namespaces

    bubblewrap = namespaces.probe()
    return Isolation(bwrap=bubblewrap.path if bubblewrap.usable else "")
