"""A folder of files, wherever it is: on disk, in an archive, in a commit."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from grader.submission import read_file

IGNORED = frozenset({"__pycache__", "__MACOSX"})

Kind = Literal["folder", "file", "other"]


@dataclass(frozen=True)
class Entry:
    """What one name in a folder is. Links, fifos and devices are `other`, and never followed."""

    name: str
    kind: Kind

    @property
    def is_folder(self) -> bool:
        return self.kind == "folder"

    def ends(self, *suffixes: str) -> bool:
        """Whether it has one of these suffixes, in whichever case."""
        return self.name.lower().endswith(suffixes)


class Folder(Protocol):
    """What all folders can do. `path` names it to people; it need not exist on disk."""

    @property
    def path(self) -> Path: ...

    def entries(self) -> list[Entry]:
        """What is in it, by name; caches and hidden files left out. Raises OSError."""

    def has(self, name: str) -> bool:
        """Whether there is something of that name, hidden or not."""

    def folder(self, name: str) -> Folder:
        """The folder in it of that name, without looking."""

    def read(self, name: str, most: int) -> tuple[bytes, int | None]:
        """The bytes of a file, `most` of them at most, and when it was changed, if that is known,
        in nanoseconds since 1970. Raises SubmissionError; nothing is ever followed."""


@dataclass(frozen=True)
class Disk:
    """A folder on disk."""

    path: Path

    def entries(self) -> list[Entry]:
        with os.scandir(self.path) as found:
            return sorted(
                (Entry(e.name, _kind(e)) for e in found if not hidden(e.name)),
                key=lambda e: e.name,
            )

    def has(self, name: str) -> bool:
        return os.path.lexists(self.path / name)

    def folder(self, name: str) -> Disk:
        return Disk(self.path / name)

    def read(self, name: str, most: int) -> tuple[bytes, int | None]:
        return read_file(self.path, name, most)


def hidden(name: str) -> bool:
    return name in IGNORED or name.startswith(".")


def is_real_folder(path: Path) -> bool:
    """Whether `path` is a folder itself and no link to one."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def _kind(entry: os.DirEntry[str]) -> Kind:
    if entry.is_dir(follow_symlinks=False):
        return "folder"
    return "file" if entry.is_file(follow_symlinks=False) else "other"
