"""Archives, read where they lie: nothing is unpacked, so nothing can land where it should not.

The index is made once, with a reason for each member that is refused. A member's bytes are read
when they are asked for, as many as are allowed and no more, whatever size it claims to have; their
check sum must be right. Only stored and deflated members of zips are read, since other methods
cannot be stopped on the way.
"""

from __future__ import annotations

import io
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from grader.errors import SubmissionError
from grader.intake import tars, zips
from grader.intake.index import MAX_INSIDE, Index, Member, Parts
from grader.intake.tree import Entry, hidden

SUFFIXES = (".zip", ".tar", ".tgz", ".gz", ".tbz2", ".bz2", ".rar", ".7z", ".xz", ".txz")

_MAGIC = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b", "gz"),
    (b"BZh", "bz2"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"%PDF", "a PDF"),
)
_BROKEN = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, struct.error, EOFError, OSError),
    *(NotImplementedError, RuntimeError, ValueError, OverflowError, IndexError),
)


class Store(Protocol):
    """What holds members by path: an archive, or a commit."""

    @property
    def path(self) -> Path: ...
    @property
    def index(self) -> Index: ...
    def read(self, parts: Parts, most: int) -> tuple[bytes, int | None]: ...


@dataclass(frozen=True)
class Archive:
    """An archive at `path`, which is only a name if it is inside something else."""

    path: Path
    index: Index
    opened: Callable[[], BinaryIO]

    def read(self, parts: Parts, most: int) -> tuple[bytes, int | None]:
        """See `Folder.read`."""
        name, member = parts[-1], self.index.member(parts, most)
        try:
            with self.opened() as f:
                return _content(f, member), member.changed
        except SubmissionError as e:
            raise SubmissionError("refused", file=name, why=e.details.get("why", e.code)) from None
        except (*_BROKEN, MemoryError) as e:
            raise SubmissionError("refused", file=name, why=_why(e)) from None


@dataclass(frozen=True)
class Packed:
    """A folder in an archive or a commit."""

    archive: Store
    parts: Parts = ()

    @property
    def path(self) -> Path:
        return self.archive.path.joinpath(*self.parts)

    def entries(self) -> list[Entry]:
        names = self.archive.index.folders.get(self.parts)
        if names is None:
            raise NotADirectoryError(20, "Not a directory")
        return [self._entry(name) for name in sorted(names) if not hidden(name)]

    def has(self, name: str) -> bool:
        return name in self.archive.index.folders.get(self.parts, ())

    def folder(self, name: str) -> Packed:
        return Packed(self.archive, (*self.parts, name))

    def read(self, name: str, most: int) -> tuple[bytes, int | None]:
        return self.archive.read((*self.parts, name), most)

    def _entry(self, name: str) -> Entry:
        member = self.archive.index.members.get((*self.parts, name))
        if member is None:
            return Entry(name, "folder")
        return Entry(name, "file" if member.regular else "other")


def stem(name: str) -> str:
    """An archive's name without what says that it is one."""
    return re.sub(r"(?i)\.(?:zip|rar|7z|t[gbx]z2?|(?:tar)?(?:\.?(?:gz|bz2|xz))?)$", "", name)


def open_file(path: Path) -> Packed:
    """The archive that was named itself. Raises SubmissionError("refused") if it is none, or one
    that cannot be read."""
    return _archive(path, lambda: path.open("rb"), inside=False)


def open_inside(path: Path, read: Callable[[int], tuple[bytes, int | None]]) -> Packed:
    """An archive within something else, whose bytes `read` gives. Raises SubmissionError."""
    return _archive(path, lambda: io.BytesIO(read(MAX_INSIDE)[0]), inside=True)


def _archive(path: Path, opened: Callable[[], BinaryIO], inside: bool) -> Packed:
    index = Index(path.name, inside)
    try:
        with opened() as f:
            kind = _kind(f)
            if kind == "zip":
                zips.fill(index, f)
        if kind in ("gz", "bz2"):
            opened = tars.decompressed(index, opened, kind)
        if kind in ("gz", "bz2", "tar"):
            with opened() as f:
                tars.fill(index, f)
        elif kind != "zip":
            raise index.refuse(f"it is {kind}, and no zip or tar")
    except (*_BROKEN, MemoryError) as e:
        raise index.refuse(_why(e)) from None
    return Packed(Archive(path, index, opened))


def _kind(f: BinaryIO) -> str:
    head = f.read(512)
    f.seek(0)
    if not head:
        return "empty"
    named = next((kind for magic, kind in _MAGIC if head.startswith(magic)), "")
    if not named and head[257:262] == b"ustar":
        return "tar"
    if not named and zipfile.is_zipfile(f):  # with something before it, as one that unpacks itself
        named = "zip"
    f.seek(0)
    return named or "no archive that is known here"


def _content(f: BinaryIO, member: Member) -> bytes:
    start = member.start
    if member.crc is not None:
        f.seek(start)
        head = f.read(30)
        if head[:4] != b"PK\x03\x04" or len(head) < 30:
            raise zipfile.BadZipFile("damaged")
        start += 30 + sum(struct.unpack_from("<HH", head, 26))
    f.seek(start)
    raw = f.read(member.packed)
    if len(raw) < member.packed:
        raise EOFError
    if member.deflated:
        unpacker = zlib.decompressobj(-15)
        raw = unpacker.decompress(raw, member.size + 1)
    if len(raw) != member.size or (member.crc is not None and zlib.crc32(raw) != member.crc):
        raise zipfile.BadZipFile("damaged")
    return raw


def _why(e: BaseException) -> str:
    if isinstance(e, MemoryError):
        return "it is too large"
    if isinstance(e, OSError) and e.strerror:
        return e.strerror
    return "it is damaged or cut off"
