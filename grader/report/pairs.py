"""Pairs of submissions that are alike, out of similarity.json. They accuse nobody.

A person has to look: common advice, a lecture, or two who may work together look the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.errors import UsageError
from grader.messages import plain

FILE = "similarity.json"
SCHEMA = 1
MOST_SHOWN = 60
"""So many pairs have a view side by side; of the others the report names students and score."""
MOST_LINES, MOST_COLUMNS = 600, 160


@dataclass(frozen=True)
class Side:
    """One submission of a pair. `spans`: first and last lines, from 1, that are in both."""

    student: str
    file: str
    source: str
    spans: tuple[tuple[int, int], ...]

    @property
    def shared(self) -> int:
        """How many of its lines the other has too."""
        return len({n for first, last in self.spans for n in range(first, last + 1)})

    @property
    def lines(self) -> list[tuple[int, str, bool]]:
        """Number and text of each line, and whether the other has it too; safe to print."""
        marked = {n for first, last in self.spans for n in range(first, last + 1)}
        lines = self.source.expandtabs(4).split("\n")[:MOST_LINES]
        return [(n, plain(line, MOST_COLUMNS), n in marked) for n, line in enumerate(lines, 1)]

    @property
    def cut(self) -> int:
        """How many lines are not among `lines`."""
        return max(self.source.count("\n") + 1 - MOST_LINES, 0)


@dataclass(frozen=True)
class Pair:
    """Two submissions of one assignment; `score` is from 0 to 1, the highest `rank` first."""

    assignment: str
    score: float
    rank: float
    sides: tuple[Side, Side]


def read(folder: Path) -> tuple[Pair, ...]:
    """The pairs in the results folder, those most worth a look first; none without the file.

    Raises UsageError if the file is damaged.
    """
    path = folder / FILE
    try:
        told = json.loads(path.read_bytes())
        if told["schema"] != SCHEMA:
            raise ValueError(f"schema {told['schema']}")
        pairs = [_pair(p) for p in told["pairs"]]
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as e:
        raise UsageError(
            f"{path} cannot be used ({type(e).__name__}: {e}). Remove it, or make it anew."
        ) from None
    return tuple(sorted(pairs, key=lambda p: (-p.rank, p.assignment, p.sides[0].student)))


def _pair(told: dict[str, Any]) -> Pair:
    one, other = (_side(f) for f in told["files"])
    return Pair(str(told["assignment"]), float(told["score"]), float(told["rank"]), (one, other))


def _side(told: dict[str, Any]) -> Side:
    spans = ((int(first), int(last)) for first, last in told["spans"])
    bounded = tuple((first, min(last, first + MOST_LINES)) for first, last in spans)
    return Side(str(told["student"]), str(told["file"]), str(told["source"]), bounded)
