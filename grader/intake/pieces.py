"""A student's files as they come, and which of them is of which exercise.

A file is of an exercise by its name, `lstm.py`; by its name but for what systems add to it,
`LSTM (1).py`; or by what it defines at the beginning of a line. The last is a search for bytes:
nothing is parsed or compiled. What fits two exercises is said to, and not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from grader.errors import SubmissionError
from grader.intake import archive
from grader.intake.names import bare, joined, natural, text
from grader.intake.tree import Folder
from grader.model import Assignment
from grader.submission import NOTEBOOK, file_names, is_notebook, limit

SUFFIXES = (".py", NOTEBOOK)
MAX_DEPTH = 3
"""Archives within archives."""
MAX_LEVELS = 12
MAX_FILES = 500

Where = tuple[str, ...]


@dataclass(frozen=True)
class Piece:
    """`file` in `folder`, which the student calls `name`, in folder `where` of their own."""

    folder: Folder
    file: str
    name: str
    where: Where = ()

    @property
    def shown(self) -> str:
        return text("/".join((*self.where, self.name)))


@dataclass
class Pieces:
    """What one student has: files to grade, names of others, and lines on what cannot be read."""

    files: list[Piece] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    refused: list[SubmissionError] = field(default_factory=list)
    _seen: int = 0

    def add(self, folder: Folder, file: str, name: str, where: Where = (), depth: int = 0) -> None:
        """One file, or what is in it if it is an archive."""
        self._seen += 1
        if self._seen > MAX_FILES:
            if self._seen == MAX_FILES + 1:
                self._refuse(name, f"only the first {MAX_FILES} files are looked at")
        elif name.lower().endswith(SUFFIXES):
            self.files.append(Piece(folder, file, name, where))
        elif not name.lower().endswith(archive.SUFFIXES):
            self.others.append(text(name))
        elif depth >= MAX_DEPTH:
            self._refuse(name, f"it is in an archive in an archive, more than {MAX_DEPTH} deep")
        else:
            self._open(folder, file, name, where, depth + 1)

    def walk(self, folder: Folder, where: Where = (), depth: int = 0) -> None:
        """All that is in `folder`, and below."""
        try:
            entries = folder.entries()
        except OSError as e:
            self._refuse(folder.path.name, e.strerror or "error")
            return
        for entry in entries:
            if entry.is_folder and len(where) < MAX_LEVELS and self._seen <= MAX_FILES:
                self.walk(folder.folder(entry.name), (*where, entry.name), depth)
            elif entry.kind == "file":
                self.add(folder, entry.name, entry.name, where, depth)
            elif entry.ends(*SUFFIXES, *archive.SUFFIXES):
                self.refused.append(SubmissionError("not_regular", file=entry.name))

    def _open(self, folder: Folder, file: str, name: str, where: Where, depth: int) -> None:
        try:
            inside = archive.open_inside(folder.path / file, lambda most: folder.read(file, most))
        except SubmissionError as e:
            why = e.details.get("why") or ("it is too large" if e.code == "too_large" else e.code)
            self._refuse(name, str(why))
            return
        for line in inside.archive.index.refused[:5]:
            self._refuse(name, f"a member is left out: {line}")
        self.walk(inside, where, depth)

    def _refuse(self, name: str, why: str) -> None:
        self.refused.append(SubmissionError("refused", file=text(name), why=why))


class Fit(IntEnum):
    """How a file is of an exercise: the lower, the surer."""

    NAME = 0
    CONTENT = 1
    FOLDER = 2


@dataclass(frozen=True)
class Match:
    """A file and the exercise that it is of; `number` is what its name ends in, as `-1`."""

    piece: Piece
    assignment: Assignment
    fit: Fit
    number: int = 0
    exact: bool = False


def match(piece: Piece, assignments: Sequence[Assignment]) -> Match | str:
    """The exercise that `piece` is of, or why none can be told."""
    exact = [a for a in assignments if piece.name in file_names(a)]
    stem, number = bare(piece.name)
    named = exact or [a for a in assignments if stem in (joined(a.module), joined(a.slug))]
    around = {joined(w) for w in piece.where}
    beside = [a for a in assignments if joined(a.slug) in around]
    if len(named) > 1:
        named = [a for a in named if a in beside] or named
    if len(exact) == 1 or (len(named) == 1 and named[0] in beside):
        return Match(piece, named[0], Fit.NAME, 0 if exact else number, bool(exact))
    fitting = by_content(piece, assignments)
    if len(named) == 1:
        if not fitting or named[0] in fitting:
            return Match(piece, named[0], Fit.NAME, number)
        return (
            f"{piece.shown} is of {named[0].slug} by its name and of {fitting[0].slug} by what it "
            "defines. Name it as it should be."
        )
    if named:
        fitting = [a for a in fitting if a in named] or named
    if len(fitting) > 1:
        fitting = [a for a in fitting if a in beside] or fitting
    if len(fitting) == 1:
        return Match(piece, fitting[0], Fit.CONTENT)
    if fitting:
        return (
            f"{piece.shown} fits {' and '.join(a.slug for a in fitting)}. Name it as one of them."
        )
    if len(beside) == 1:
        return Match(piece, beside[0], Fit.FOLDER)
    return f"{piece.shown} has neither the name of an exercise nor what one asks for."


def by_content(piece: Piece, assignments: Sequence[Assignment]) -> list[Assignment]:
    """The exercises all of whose names a file defines."""
    try:
        content, _ = piece.folder.read(piece.file, limit(piece.name.lower()))
    except SubmissionError:
        return []
    pattern = _IN_NOTEBOOK if is_notebook(content) else _IN_MODULE
    defined = {name.decode() for name in pattern.findall(content)}
    return [a for a in assignments if a.requires and defined.issuperset(a.requires)]


_DEFINES = rb"(?:class|def)[ \t]+([A-Za-z_][A-Za-z_0-9]*)"
_IN_MODULE = re.compile(rb"^(?:\xef\xbb\xbf)?" + _DEFINES, re.MULTILINE)
_IN_NOTEBOOK = re.compile(rb'(?:"|\\n)' + _DEFINES)


def best(matches: Sequence[Match]) -> tuple[list[Match], list[Match], bool]:
    """Of one student's files for one exercise: the attempts in order, those that do not count, and
    whether nobody can tell which are the attempts. A notebook beside a module is none of its own.
    """
    surest = min(m.fit for m in matches)
    counted = [m for m in matches if m.fit == surest]
    others = [m for m in matches if m.fit != surest]
    by_place: dict[tuple[Where, int], list[Match]] = {}
    for m in sorted(counted, key=lambda m: not m.exact):
        by_place.setdefault((m.piece.where, m.number), []).append(m)
    attempts: list[Match] = []
    for _, same in sorted(by_place.items(), key=_order):
        first, *rest = sorted(same, key=lambda m: (not m.exact, not m.piece.name.endswith(".py")))
        modules = [m for m in same if m.exact == first.exact and _kind(m) == _kind(first)]
        if len(modules) > 1 or (surest is not Fit.NAME and rest):
            return counted, others, True
        attempts.append(first)
        others += rest
    if surest is not Fit.NAME and len(attempts) > 1:
        return counted, others, True
    return attempts, others, False


def _order(
    item: tuple[tuple[Where, int], list[Match]],
) -> tuple[list[tuple[tuple[int, int, str], ...]], int]:
    (where, number), _ = item
    return [natural(w) for w in where], number


def _kind(m: Match) -> bool:
    return m.piece.name.lower().endswith(NOTEBOOK)
