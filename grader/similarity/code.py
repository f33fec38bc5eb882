"""A text as words that outlast renaming, reformatting and other comments; and its fingerprints.

The lexer is Pygments': it takes whatever text it is given, and rich brings it along anyway. A
fingerprint is a hash of some consecutive words, as in Schleimer, Wilkerson and Aiken, "Winnowing"
(SIGMOD 2003); submissions are so short that all are kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from pygments.lexers.python import PythonLexer
from pygments.token import Token

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORDS = 12
"""How many words make a fingerprint."""

MOST_TOKENS = 20_000
"""What is longer than any honest submission is read so far."""

NAME, TEXT = "name", "text"
_KEPT = frozenset(dir(np)) | frozenset(dir(np.ndarray)) | frozenset(dir(np.linalg))
_OPENERS = ("def", "class")
_LAYOUT = ("(", ")", ",", ";", "\\")
"""What may be put in or left out without another meaning, and is by those who format code."""

_FACTOR = np.uint64(0x100000001B3)


@dataclass(frozen=True)
class Code:
    """Words in order, and the line, from 1, that each stands in."""

    words: tuple[str, ...]
    lines: tuple[int, ...]

    @cached_property
    def all_prints(self) -> NDArray[np.uint64]:
        """The fingerprints in order, each of them at `places`."""
        numbers = np.array([_number(w) for w in self.words], np.uint64)
        hashed = np.zeros(len(self.places), np.uint64)
        for k in range(WORDS):
            hashed = hashed * _FACTOR + numbers[self.places + k]  # modulo 2**64
        return hashed

    @cached_property
    def places(self) -> NDArray[np.intp]:
        """Where a fingerprint begins. None reaches into the next function, so that the order of
        functions makes no difference."""
        size = len(self.words)
        ends = [k for k, word in enumerate(self.words) if word in _OPENERS]
        last = np.repeat([*ends, size], np.diff([0, *ends, size]))
        at = np.arange(size)
        return at[at + WORDS <= last]

    @cached_property
    def prints(self) -> NDArray[np.uint64]:
        """The different fingerprints, in order of size."""
        return np.unique(self.all_prints)

    def spans(self, wanted: NDArray[np.uint64]) -> tuple[tuple[int, int], ...]:
        """The first and last lines of stretches with one of the `wanted` fingerprints."""
        found: list[tuple[int, int]] = []
        for at in self.places[np.isin(self.all_prints, wanted)]:
            first, last = self.lines[at], self.lines[at + WORDS - 1]
            if found and first <= found[-1][1] + 1:
                found[-1] = found[-1][0], max(found[-1][1], last)
            else:
                found.append((first, last))
        return tuple(found)


def read(text: str) -> Code:
    """The words of a Python source, or of whatever else was handed in as one."""
    pairs = list(_words(text))
    return Code(tuple(word for word, _ in pairs), tuple(line for _, line in pairs))


def _words(text: str) -> Iterator[tuple[str, int]]:
    line, at, before = 1, 0, ""
    tokens = PythonLexer().get_tokens_unprocessed(text)
    for start, kind, value in islice(tokens, MOST_TOKENS):
        line += text.count("\n", at, start)
        at = start
        if kind in Token.Comment or kind in Token.Text or kind in Token.Literal.String.Doc:
            continue
        word = value
        if kind in Token.Literal.String:
            word = TEXT  # the lexer splits one at its escapes
            if before == TEXT:
                continue
        elif kind in Token.Literal.Number and "." in value:
            word = value.rstrip("0").rstrip(".") or "0"  # 1. and 1.0 are 1
        elif kind in Token.Name and not _is_given(kind, value, before):
            word = NAME
        elif value in _LAYOUT:
            continue
        yield word, line
        before = word


def _is_given(kind: object, name: str, before: str) -> bool:
    """Whether a name is Python's or numpy's own. All others are for a student to choose."""
    if before == ".":
        return name in _KEPT
    return kind in Token.Name.Builtin and kind not in Token.Name.Builtin.Pseudo


@cache
def _number(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=8).digest())
