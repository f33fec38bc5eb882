"""What is in an archive: its members by their place, and the reasons why some are refused."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from grader.errors import SubmissionError

MAX_MEMBERS, MAX_MEMBERS_INSIDE = 200_000, 5_000
"""Of the archive that was named, and of one that a student made."""
MAX_DIRECTORY, MAX_DIRECTORY_INSIDE = 64 << 20, 1 << 20
"""Bytes of a zip's list of members."""
MAX_INSIDE = 64 << 20
"""Bytes of an archive within another, and of a student's tar once it is decompressed."""
MAX_TAR = 8 << 30
"""Bytes of the tar that was named, once it is decompressed: into a file without a name."""
MAX_RATIO = 200
"""How many times its size a member may have once it is decompressed, beyond the first megabyte."""
MAX_LEVELS = 32
MAX_PART = 255

_DIRECTIONS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")

Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """One member: where its bytes begin and how they are packed; or why it is refused."""

    size: int = 0
    packed: int = 0
    start: int = 0
    deflated: bool = False
    crc: int | None = None
    changed: int | None = None
    refused: str = ""
    regular: bool = True


@dataclass
class Index:
    """The members of the archive `name`, which is `inside` another one or a submission.

    `refused` has a line for each member that has no place of its own, such as `../x`.
    """

    name: str
    inside: bool
    members: dict[Parts, Member] = field(default_factory=dict)
    folders: dict[Parts, set[str]] = field(default_factory=lambda: {(): set()})
    refused: list[str] = field(default_factory=list)

    def member(self, parts: Parts, most: int) -> Member:
        """The file at that place. Raises SubmissionError if there is none to be read.

        That is: none at all, no regular one, a refused one, or one of more than `most` bytes.
        """
        name, member = parts[-1], self.members.get(parts)
        if member is None and parts not in self.folders:
            raise SubmissionError("missing", want=name)
        if member is None or not member.regular:
            raise SubmissionError("not_regular", file=name)
        if member.refused:
            raise SubmissionError("refused", file=name, why=member.refused)
        if member.size > most:
            raise SubmissionError("too_large", file=name, limit=most)
        return member

    def refuse(self, why: str) -> SubmissionError:
        """The error that says why the archive as a whole is not read."""
        return SubmissionError("refused", file=self.name, why=why)

    def check_count(self, count: int) -> None:
        """Raises SubmissionError for more members than anybody needs."""
        most = MAX_MEMBERS_INSIDE if self.inside else MAX_MEMBERS
        if count > most:
            raise self.refuse(f"it has more than {most} members")

    def add(self, name: str, member: Member, is_folder: bool) -> None:
        """Put a member in its place, if it has one of its own."""
        parts, why = parts_of(name)
        if why:
            self.refused.append(f"{name!r} {why}")
        elif is_folder:
            self._make_folders(parts, name)
        elif parts in self.members:
            self.members[parts] = Member(refused="it is in the archive twice")
        elif parts in self.folders:
            self.refused.append(f"{name!r} is both a file and a folder")
        elif self._make_folders(parts[:-1], name):
            self.folders[parts[:-1]].add(parts[-1])
            self.members[parts] = member

    def _make_folders(self, parts: Parts, name: str) -> bool:
        if any(parts[:n] in self.members for n in range(1, len(parts) + 1)):
            self.refused.append(f"{name!r} is both a file and a folder")
            return False
        for n in range(len(parts)):
            self.folders[parts[:n]].add(parts[n])
            self.folders.setdefault(parts[: n + 1], set())
        return True


def parts_of(name: str) -> tuple[Parts, str]:
    """The steps of a member's name, or why it may not be used."""
    parts = name.replace("\\", "/").split("/")
    if parts[0] == "" or re.match(r"[A-Za-z]:", name):
        return (), "is an absolute name"
    parts = [p for p in parts if p not in ("", ".")]
    if ".." in parts:
        return (), "leads out of the archive"
    if _DIRECTIONS.search(name) or any(unicodedata.category(c) in ("Cc", "Cs") for c in name):
        return (), "has characters that control how it is shown"
    if len(parts) > MAX_LEVELS or any(len(p.encode()) > MAX_PART for p in parts):
        return (), "is too long"
    return tuple(parts), ""
