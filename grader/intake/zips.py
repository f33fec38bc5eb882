"""The index of a zip."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
from datetime import UTC, datetime
from typing import BinaryIO

from grader.intake.index import MAX_DIRECTORY, MAX_DIRECTORY_INSIDE, MAX_RATIO, Index, Member


def fill(index: Index, f: BinaryIO) -> None:
    _check_directory(index, f)
    with zipfile.ZipFile(f) as z:
        infos = z.infolist()
        index.check_count(len(infos))
        overlapping = _overlapping(infos)
        for i, info in enumerate(infos):
            mode = info.external_attr >> 16 if info.create_system == 3 else 0
            is_folder = info.is_dir() or stat.S_ISDIR(mode)
            kind = stat.S_IFMT(mode)
            why = ""
            if info.flag_bits & 0x41:
                why = "it is encrypted"
            elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                why = f"it is packed by a method (number {info.compress_type}) that is not read"
            elif i in overlapping:
                why = "it shares its bytes with another member"
            elif info.file_size > max(1 << 20, MAX_RATIO * info.compress_size):
                why = "it would unpack to hundreds of times its size"
            member = Member(
                size=info.file_size,
                packed=info.compress_size,
                start=info.header_offset,
                deflated=info.compress_type == zipfile.ZIP_DEFLATED,
                crc=info.CRC,
                changed=_dos_time(info.date_time),
                refused=why,
                regular=kind in (0, stat.S_IFREG),
            )
            index.add(_zip_name(info), member, is_folder)


def _check_directory(index: Index, f: BinaryIO) -> None:
    """The list of members is loaded whole, so it must not be too large."""
    size = f.seek(0, os.SEEK_END)
    f.seek(max(0, size - (1 << 16) - 22))
    end = f.read()
    at = end.rfind(b"PK\x05\x06")
    f.seek(0)
    if at < 0 or len(end) < at + 22:
        raise zipfile.BadZipFile("cut off")
    (listed,) = struct.unpack_from("<I", end, at + 12)
    if listed == 0xFFFFFFFF:
        if index.inside:
            raise index.refuse("it has too many members")
        found = end.rfind(b"PK\x06\x06", 0, at)
        (listed,) = struct.unpack_from("<Q", end, found + 40) if found >= 0 else (0,)
    if listed > (MAX_DIRECTORY_INSIDE if index.inside else MAX_DIRECTORY):
        raise index.refuse("it has too many members")


def _overlapping(infos: list[zipfile.ZipInfo]) -> set[int]:
    """Members that begin before an earlier one ends, and those earlier ones: a bomb's."""
    order = sorted(range(len(infos)), key=lambda i: infos[i].header_offset)
    found: set[int] = set()
    end, last = -1, -1
    for i in order:
        info = infos[i]
        if info.header_offset < end:
            found |= {i, last}
        until = info.header_offset + 30 + info.compress_size
        if until > end:
            end, last = until, i
    return found


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The name; where it is not said to be UTF-8 it may be all the same, as on a Mac."""
    name = info.orig_filename
    if not info.flag_bits & 0x800:
        try:
            return name.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return name


def _dos_time(when: tuple[int, int, int, int, int, int]) -> int | None:
    """By the clock of whoever packed it, which nobody knows: taken as UTC."""
    try:
        return int(datetime(*when, tzinfo=UTC).timestamp()) * 10**9
    except ValueError:
        return None
