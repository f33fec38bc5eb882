"""Reading one file that was handed in. Nothing is parsed, compiled or followed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from grader.errors import SubmissionError

MAX_BYTES = 256 << 10


def read_bytes(folder: Path, name: str) -> bytes:
    """The bytes of regular file `name` in `folder`, by openat without following links.

    Raises SubmissionError if it is missing, no regular file, too large or unreadable.
    """
    return read_file(folder, name, MAX_BYTES)[0]


def read_file(folder: Path, name: str, limit: int) -> tuple[bytes, int]:
    """The bytes of `name` in `folder`, `limit` of them at most, and when it was last changed.

    That is in nanoseconds since 1970. Raises SubmissionError as `read_bytes` does.
    """
    # O_NONBLOCK: opening a fifo must not wait for a writer.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        fd = _open_at(folder, name, flags | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError:
        raise SubmissionError("missing", want=name) from None
    except OSError as e:
        path = folder / name
        if os.path.islink(path) or (os.path.lexists(path) and not os.path.isfile(path)):
            raise SubmissionError("not_regular", file=name) from None
        raise SubmissionError("unreadable", file=name, why=e.strerror or "error") from None
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            raise SubmissionError("not_regular", file=name)
        with os.fdopen(fd, "rb", closefd=False) as f:
            content = f.read(limit + 1)
    except OSError as e:
        raise SubmissionError("unreadable", file=name, why=e.strerror or "error") from None
    finally:
        os.close(fd)
    if len(content) > limit:
        raise SubmissionError("too_large", file=name, limit=limit)
    return content, found.st_mtime_ns


def _open_at(folder: Path, name: str, flags: int) -> int:
    """openat, where the system has it: the folder that was looked at is the one that is read."""
    if os.open not in os.supports_dir_fd:
        return os.open(folder / name, flags)
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return os.open(name, flags, dir_fd=at)
    finally:
        os.close(at)
