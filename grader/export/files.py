"""Reading and writing the files of other systems: bounded, and all of a file or nothing."""

from __future__ import annotations

import os
import re
import stat
import tempfile
import unicodedata
from pathlib import Path

from grader.errors import UsageError

MOST_BYTES = 16 * 2**20
"""A gradebook of 10,000 students and 100 columns is smaller."""


def read(path: Path) -> bytes:
    """All of a file. Raises UsageError if there is none, or one that is no gradebook."""
    try:
        if not path.is_file():
            what = "is a folder" if path.is_dir() else "does not exist"
            raise UsageError(f"{path} {what}. Name the file that you downloaded.")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as e:
        raise UsageError(f"{path} cannot be read ({e.strerror}). Check the file.") from None
    if len(data) > MOST_BYTES:
        raise UsageError(
            f"{path} has more than {MOST_BYTES // 2**20} MB, too many for a gradebook. "
            "Check that it is the file that you mean."
        )
    return data


def write(path: Path, data: bytes) -> None:
    """All of `data` under that name, or the file as it was. Its permissions stay as they are.

    Raises UsageError if it cannot be written.
    """
    try:
        target = path.resolve()
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(_mode(target))
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as e:
        raise UsageError(f"{path} cannot be written ({e.strerror}). Name another file.") from None


def safe_name(text: str) -> str:
    """A name of a student as a file name: never a path, hidden or too long. Not always distinct."""
    kept = re.sub(r"[^\w.@+-]", "_", unicodedata.normalize("NFC", text))
    return re.sub(r"^[.-]+", lambda m: "_" * len(m[0]), kept)[:100] or "_"


def _mode(path: Path) -> int:
    """The permissions of `path`, or those of a new file."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
