"""An example of a mistake: the line of a student's that reads most like it.

A known mistake is an edit of the solution. Of the lines of a student who made it, the one is shown
that is more like what the edit puts in than like what it takes out. Sources are compared as text;
nothing of a student's is parsed. Where no line is alike enough there is no example.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from grader.messages import plain

ALIKE = 0.6
"""From 0 to 1: less than that, and two lines are about different things."""
MOST_SOURCES = 8
"""How many students' files are looked through for one mistake."""
MOST_SOURCE_LINES = 1000
MOST_COLUMNS = 120
_TOKEN = re.compile(r"[^\W\d]\w*|\d[\w.]*|[^\w\s]")


@dataclass(frozen=True)
class Example:
    """A line of a student's file, from 1, safe to print."""

    student: str
    file: str
    line: int
    text: str


def example(
    edits: Iterable[tuple[str, str]], sources: Iterable[tuple[str, str, bytes]]
) -> Example | None:
    """The line most like what `edits` put in, of `sources`: student, file name and bytes."""
    wanted = [pair for edit in edits for pair in _changed(*edit)]
    best: tuple[float, Example] | None = None
    for student, file, source in [s for s in sources if s[1].endswith(".py")][:MOST_SOURCES]:
        text = source.decode("utf-8", "replace").removeprefix("\ufeff")
        for n, line in enumerate(text.splitlines()[:MOST_SOURCE_LINES], start=1):
            alike = max((_alike(_tokens(line), *pair) for pair in wanted), default=0.0)
            if alike >= ALIKE and (best is None or alike > best[0]):
                shown = plain(line.strip(), MOST_COLUMNS)
                best = alike, Example(student, file, n, shown)
    return best[1] if best else None


Tokens = tuple[str, ...]


def _changed(old: str, new: str) -> list[tuple[Tokens, Tokens]]:
    """Each line that is put in, with what is taken out in its place, as tokens."""
    before, after = ([_tokens(x) for x in text.splitlines()] for text in (old, new))
    pairs = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag in ("replace", "insert"):
            for k, line in enumerate(after[c:d]):
                instead = before[a + k] if a + k < b else ()
                if len(line) > 2:
                    pairs.append((line, instead))
    return pairs


def _tokens(line: str) -> Tokens:
    return tuple(_TOKEN.findall(line.partition("#")[0][: 4 * MOST_COLUMNS]))


def _alike(line: Tokens, new: Tokens, old: Tokens) -> float:
    """How like `new` a line is, from 0 to 1; 0 for one that is as like `old`."""
    if len(line) < 3 or 2 * len(set(line) & set(new)) < len(set(new)):
        return 0.0
    alike = _ratio(line, new)
    return alike if alike > ALIKE and alike > _ratio(line, old) else 0.0


def _ratio(a: Sequence[str], b: Sequence[str]) -> float:
    return SequenceMatcher(None, a, b, autojunk=False).ratio()
