"""The index of a tar, and a tar out of what it is compressed with."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import tarfile
import tempfile
import weakref
from collections.abc import Callable
from typing import IO, BinaryIO

from grader.intake.index import MAX_INSIDE, MAX_RATIO, MAX_TAR, Index, Member

Open = Callable[[], BinaryIO]


def fill(index: Index, f: BinaryIO) -> None:
    """Raises SubmissionError, tarfile.TarError."""
    try:
        tar = tarfile.open(fileobj=f, mode="r:")  # noqa: SIM115 - it closes nothing of ours
    except tarfile.ReadError:
        raise index.refuse("it is packed, but holds no tar") from None
    count = 0
    while (info := tar.next()) is not None:
        tar.members = []  # type: ignore[attr-defined] # or it keeps them all
        count += 1
        index.check_count(count)
        regular = info.isreg() and not info.issparse()
        changed = int(info.mtime) * 10**9 if 0 <= info.mtime < 1 << 40 else None
        member = Member(info.size, info.size, info.offset_data, changed=changed, regular=regular)
        index.add(info.name, member, info.isdir())


def decompressed(index: Index, opened: Open, kind: str) -> Open:
    """What opens the tar in a .gz or .bz2: that of a submission is decompressed each time, so that
    many of them take no room; that of a class once, into a file that has no name in any folder and
    is gone with this process, however that ends. Raises SubmissionError for one that is too large.
    """
    if index.inside:
        _copy(index, opened, kind, io.BytesIO())

        def again() -> BinaryIO:
            whole = io.BytesIO()
            _copy(index, opened, kind, whole)
            whole.seek(0)
            return whole

        return again
    spool = _Spool()
    _copy(index, opened, kind, spool.file)
    return spool.open


class _Spool:
    """A file without a name, closed when nobody needs it any more."""

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115
        weakref.finalize(self, self.file.close)

    def open(self) -> BinaryIO:
        f = os.fdopen(os.dup(self.file.fileno()), "rb")
        f.seek(0)
        return f


def _copy(index: Index, opened: Open, kind: str, into: IO[bytes]) -> None:
    most = MAX_INSIDE if index.inside else MAX_TAR
    size = 0
    with opened() as f:
        packed = f.seek(0, os.SEEK_END)
        f.seek(0)
        with gzip.open(f) if kind == "gz" else bz2.open(f) as source:
            while block := source.read(1 << 16):
                size += len(block)
                if size > min(most, max(1 << 20, MAX_RATIO * packed)):
                    raise index.refuse("it unpacks to far more than its size")
                into.write(block)
    into.flush()
