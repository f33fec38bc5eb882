"""Reading one file that was handed in. Nothing is parsed, compiled or followed."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from grader.errors import SubmissionError

if TYPE_CHECKING:
    from grader.model import Assignment

MAX_BYTES = 256 << 10
MAX_NOTEBOOK = 4 << 20
"""A notebook has its outputs and pictures in it."""

NOTEBOOK = ".ipynb"
_BEGINS = re.compile(rb"[\xef\xbb\xbf\xff\xfe\0\s]*+\{")
_KEYS = (b'"cells"', b'"nbformat"', b'"worksheets"')


def file_names(a: Assignment) -> tuple[str, ...]:
    """What may be handed in for an assignment: its module, or the same as a notebook."""
    notebooks = (f"{a.module}{NOTEBOOK}", f"{a.slug}{NOTEBOOK}")
    return (a.file_name, *dict.fromkeys(notebooks))


def limit(name: str) -> int:
    """How many bytes a file of this name may have."""
    return MAX_NOTEBOOK if name.lower().endswith(NOTEBOOK) else MAX_BYTES


def is_notebook(raw: bytes) -> bool:
    """Whether `raw` means to be a notebook, well-formed or not. No Python looks like this."""
    if not _BEGINS.match(raw):
        return False
    narrow = raw.replace(b"\0", b"")  # of UTF-16, which is told apart later
    return any(key in narrow for key in _KEYS)


def read_bytes(folder: Path, name: str) -> bytes:
    """The bytes of what was handed in as `name` in `folder`: see `read_submission`."""
    return read_submission(folder, name)[0]


def read_submission(folder: Path, name: str) -> tuple[bytes, int]:
    """The bytes of regular file `name` in `folder`, and when it was changed: see `read_file`.

    Raises SubmissionError if it is missing, no regular file, too large or unreadable, or by its
    name a notebook and by its beginning none.
    """
    content, changed = read_file(folder, name, limit(name))
    checked(name, content)
    return content, changed


def checked(name: str, content: bytes) -> None:
    """Raises SubmissionError for what is by its name a notebook and by its beginning none."""
    if name.lower().endswith(NOTEBOOK) and not is_notebook(content):
        raise SubmissionError("not_notebook", file=name)


def read_file(folder: Path, name: str, most: int) -> tuple[bytes, int]:
    """The bytes of `name` in `folder`, `most` of them at most, and when it was last changed.

    By openat without following links; the time is in nanoseconds since 1970. Raises SubmissionError
    if it is missing, no regular file, too large or unreadable.
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
            content = f.read(min(most, found.st_size) + 1)  # which is allocated at once
    except OSError as e:
        raise SubmissionError("unreadable", file=name, why=e.strerror or "error") from None
    finally:
        os.close(fd)
    if len(content) > most:
        raise SubmissionError("too_large", file=name, limit=most)
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
