"""A CSV file of another system as bytes of which single cells can be replaced, and nothing else.

A CSV library would quote, end lines and write numbers in its own way. Here each cell knows which
bytes it is made of, and what is not replaced is never written anew.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UsageError
from grader.messages import plain

DELIMITERS = (b",", b";", b"\t")
_ENDS = re.compile(rb"\r\n|\n|\r")
_QUOTED = re.compile(rb'"[^"]*(?:""[^"]*)*"')
_BARE = {d: re.compile(rb"[^\r\n" + re.escape(d) + rb"]*") for d in DELIMITERS}
_ASCII = "".join(map(chr, (9, 10, 13, *range(32, 127))))


class BadFile(UsageError):
    """A file that is not what it should be. The message begins with its name and the line."""


@dataclass(frozen=True)
class Cell:
    """One cell: its text, and from where to where its bytes are, with the quotes if it has some."""

    text: str
    start: int
    end: int
    quoted: bool


@dataclass(frozen=True)
class Row:
    """One row, and the line that it begins in, from 1."""

    line: int
    cells: tuple[Cell, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(c.text for c in self.cells)


@dataclass(frozen=True)
class Sheet:
    """A file that was read. `rows` are those that are not empty, the first is the header."""

    path: Path
    data: bytes
    delimiter: bytes
    encoding: str
    rows: tuple[Row, ...]

    @property
    def header(self) -> tuple[str, ...]:
        return self.rows[0].texts

    def place(self, line: int) -> str:
        return f"{self.path}:{line}"


def parse(path: Path, data: bytes, encoding: str = "utf-8") -> Sheet:
    """The cells of `data`, with or without a byte order mark. `path` is for messages.

    Raises BadFile for what is no CSV file in that encoding, and UsageError for an encoding that is
    not known, or in which commas and quotes are not single bytes.
    """
    _check_encoding(encoding)
    start = _begin(path, data)
    if start:
        encoding = "utf-8"
    try:
        text = data[start:].decode(encoding)
    except UnicodeDecodeError as e:
        line = _lines(data[: start + e.start]) + 1
        raise BadFile(
            f"{path}:{line}: this is not {encoding}. Name the file's encoding with "
            "--encoding, such as cp1252."
        ) from None
    if not text.strip():
        raise BadFile(f"{path}:1: the file is empty. Download it again.")
    delimiter = max(DELIMITERS, key=lambda d: _width(data, start, d))
    rows = _rows(path, data, start, delimiter, encoding)
    return Sheet(path, data, delimiter, encoding, rows)


def same_width(sheet: Sheet) -> None:
    """Raises BadFile with the first row that has more or fewer cells than the header."""
    wide = len(sheet.header)
    for row in sheet.rows[1:]:
        if len(row.cells) != wide:
            raise BadFile(
                f"{sheet.place(row.line)}: {len(row.cells)} cells, but the header has {wide}. "
                "Download the file again; an editor may have damaged it."
            )


def edited(sheet: Sheet, edits: Mapping[tuple[int, int], str]) -> bytes:
    """The file with other texts in the cells at (row, column), both from 0; all else as it was."""
    pieces, at = [], 0
    for row, column in sorted(edits):
        cell = sheet.rows[row].cells[column]
        pieces += [sheet.data[at : cell.start], _written(sheet, cell, edits[row, column])]
        at = cell.end
    return b"".join([*pieces, sheet.data[at:]])


def _written(sheet: Sheet, cell: Cell, text: str) -> bytes:
    """A text as the bytes of a cell: in quotes where there were some, or where it needs them."""
    special = {'"', "\r", "\n", sheet.delimiter.decode()}
    if cell.quoted or special & set(text) or text != text.strip():
        text = '"' + text.replace('"', '""') + '"'
    return text.encode(sheet.encoding, errors="xmlcharrefreplace")


def _check_encoding(encoding: str) -> None:
    try:
        ascii_bytes = _ASCII.encode("ascii")
        fits = _ASCII.encode(encoding) == ascii_bytes and ascii_bytes.decode(encoding) == _ASCII
    except (LookupError, UnicodeError, ValueError, TypeError):
        fits = False
    if not fits:
        raise UsageError(
            f"There is no encoding {plain(encoding, 40)} for CSV files here. "
            "Name one such as utf-8 or cp1252."
        )


def _begin(path: Path, data: bytes) -> int:
    """Where the text begins: behind the byte order mark of UTF-8, if there is one."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise BadFile(
            f"{path}:1: the file is in UTF-16. Download it again, or save it as CSV in UTF-8."
        )
    nul = data.find(b"\0")
    if nul >= 0:
        raise BadFile(
            f"{path}:{_lines(data[:nul]) + 1}: there is a NUL byte, so this is no CSV file in "
            "UTF-8. Download it again."
        )
    return len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0


def _lines(data: bytes) -> int:
    return len(_ENDS.findall(data))


def _width(data: bytes, at: int, delimiter: bytes) -> int:
    """How many cells the first row would have."""
    count = 1
    while True:
        found = (_QUOTED if data[at : at + 1] == b'"' else _BARE[delimiter]).match(data, at)
        if found is None or data[found.end() : found.end() + 1] != delimiter:
            return count
        at, count = found.end() + 1, count + 1


def _rows(path: Path, data: bytes, at: int, delimiter: bytes, encoding: str) -> tuple[Row, ...]:
    bare = _BARE[delimiter]
    rows: list[Row] = []
    cells: list[Cell] = []
    line = begun = 1
    while True:
        quoted = data[at : at + 1] == b'"'
        found = (_QUOTED if quoted else bare).match(data, at)
        if found is None:
            raise BadFile(
                f"{path}:{line}: a quoted cell begins here and never ends. Download the file again."
            )
        end = found.end()
        raw = found[0][1:-1].replace(b'""', b'"') if quoted else found[0]
        cells.append(Cell(raw.decode(encoding), at, end, quoted))
        line += _lines(found[0]) if quoted else 0
        if data[end : end + 1] == delimiter:
            at = end + 1
            continue
        over = _ENDS.match(data, end)
        if over is None and end < len(data):
            raise BadFile(
                f"{path}:{line}: there is text behind the closing quote of a cell. "
                "Download the file again; an editor may have damaged it."
            )
        if len(cells) > 1 or cells[0].text.strip():
            rows.append(Row(begun, tuple(cells)))
        if over is None or over.end() == len(data):
            return tuple(rows)
        at, cells = over.end(), []
        line += 1
        begun = line
