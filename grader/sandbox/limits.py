"""Resource limits and the closing of descriptors: what a process may use up, and what it holds."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Collection
from dataclasses import dataclass
from math import ceil

from grader.errors import WorkerError
from grader.sandbox import syscalls

_NO_DESCRIPTOR_ABOVE = 2**32 - 1


@dataclass(frozen=True)
class Limits:
    """Limits of one process.

    `memory_bytes` counts address space, including what the process has mapped already (about
    100 MB of Python and numpy). `cpu_seconds` is rounded up; SIGXCPU comes then, and SIGKILL a
    second later. `descriptors` bounds the number of a *new* descriptor; open ones stay.
    """

    memory_bytes: int
    cpu_seconds: float
    file_bytes: int = 0
    processes: int = 0  # without effect on root: drop privileges too
    core_bytes: int = 0
    locked_bytes: int = 0
    descriptors: int = 32

    def apply(self) -> None:
        """Limit this process and its children, for good. WorkerError if refused.

        A limit that is stricter already stays as it is.
        """
        cpu = ceil(self.cpu_seconds)
        for kind, soft, hard in (
            (resource.RLIMIT_AS, self.memory_bytes, self.memory_bytes),
            (resource.RLIMIT_CPU, cpu, cpu + 1),
            (resource.RLIMIT_FSIZE, self.file_bytes, self.file_bytes),
            (resource.RLIMIT_NPROC, self.processes, self.processes),
            (resource.RLIMIT_CORE, self.core_bytes, self.core_bytes),
            (resource.RLIMIT_MEMLOCK, self.locked_bytes, self.locked_bytes),
            (resource.RLIMIT_NOFILE, self.descriptors, self.descriptors),
        ):
            try:
                resource.setrlimit(kind, _at_most(resource.getrlimit(kind), soft, hard))
            except (OSError, ValueError) as e:
                raise WorkerError(
                    f"The kernel refuses resource limit {kind}: {e}. "
                    "Run where limits may be lowered; see `grader doctor`."
                ) from e


def _at_most(now: tuple[int, int], soft: int, hard: int) -> tuple[int, int]:
    """The stricter of two limits, part by part."""
    unlimited = resource.RLIM_INFINITY
    old_soft, old_hard = (2**63 if part == unlimited else part for part in now)
    return min(soft, old_soft), min(hard, old_hard)


def close_all_except(keep: Collection[int]) -> None:
    """Close every descriptor of this process but these. Negative numbers are ignored.

    Works by ranges, so a million open descriptors cost no more than ten.
    """
    first = 0
    for fd in sorted({*keep, _NO_DESCRIPTOR_ABOVE}):
        if fd > first:
            _close_range(first, fd - 1)
        first = max(first, fd + 1)


def _close_range(first: int, last: int) -> None:
    try:
        syscalls.call("close_range", first, last, 0)
    except OSError as e:
        if e.errno != errno.ENOSYS:  # Linux before 5.9
            raise
        # No /proc in a sandbox, so one by one; none above the limit can be open.
        highest = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        os.closerange(first, min(last, highest) + 1)
