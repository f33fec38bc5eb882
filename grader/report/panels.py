"""A gradient's map as a page draws it: three panels of squares, numeric, analytic and difference.

Drawn with a square of HTML for each entry: smaller than a picture, sharp on paper, in the colours
of the page. A square's class says its sign and how large it is; the words are beside the panels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grader.gradient_map import GradientMap
from grader.messages import say

if TYPE_CHECKING:
    from grader.model import Array

ROWS, COLUMNS = 24, 40
"""The most squares of a panel; of a larger array the part around the worst entry is shown."""
LEVELS = 4
NO_NUMBER = "o"
ENOUGH = 1e-4
"""An entry that is off by less, relative to the largest, is not counted as off."""


@dataclass(frozen=True)
class Panel:
    """`rows` holds for each entry its class: `z` for nothing, `p1` to `p4`, `n1` to `n4`, `o`."""

    name: str
    told: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Figure:
    """One map, ready to be drawn. Without `panels`, `words` is all there is to say."""

    check: str
    title: str
    words: str
    panels: tuple[Panel, ...] = ()
    worst: tuple[str, ...] = ()
    window: str = ""

    @property
    def shades(self) -> tuple[str, ...]:
        """The difference in text: a character an entry, the darker the further off."""
        rows = self.panels[-1].rows if self.panels else ()
        return tuple("".join("×" if c == NO_NUMBER else "·░▒▓█"[_size(c)] for c in r) for r in rows)


def figure(m: GradientMap) -> Figure:
    """What is to be drawn and said of a map."""
    if m.outcome == "right":
        return Figure(m.check, m.what, say("page.map_right", what=m.what))
    if m.outcome == "forward":
        return Figure(m.check, m.what, say("page.map_forward", what=m.what))
    analytic, numeric = m.arrays
    with np.errstate(all="ignore"):
        off = analytic - numeric
        largest = _largest(analytic, numeric)
        wrong = int((~(np.abs(off) <= ENOUGH * largest)).sum())
    if not off.size:
        return Figure(
            m.check, m.what, say("page.map_words", what=m.what, case=m.case, wrong=0, of=0)
        )
    rows, window = _window(off)
    both = _largest(analytic, numeric)
    panels = (
        Panel(say("page.numeric"), say("page.numeric_told"), _squares(numeric, rows, both)),
        Panel(say("page.analytic"), say("page.analytic_told"), _squares(analytic, rows, both)),
        Panel(say("page.difference"), "", _squares(off, rows, _largest(off))),
    )
    return Figure(
        m.check,
        say("page.map", what=m.what, case=m.case),
        say("page.map_words", what=m.what, case=m.case, wrong=wrong, of=off.size),
        panels,
        tuple(
            say("page.worst", entry=entry, got=f"{got:.4g}", want=f"{want:.4g}")
            for entry, got, want in m.worst()
        ),
        window,
    )


def _flat(x: Array) -> Array:
    """Two dimensions: a row for each place in all but the last."""
    return x.reshape(-1, x.shape[-1]) if x.ndim else x.reshape(1, 1)


def _largest(*arrays: Array) -> float:
    return max(float(np.abs(a[np.isfinite(a)]).max(initial=0.0)) for a in arrays) or 1.0


def _window(off: Array) -> tuple[range, str]:
    """Which rows are shown: all, or `ROWS` of them around the worst."""
    flat = _flat(np.nan_to_num(np.abs(off), nan=np.inf))
    n = flat.shape[0]
    if n <= ROWS:
        return range(n), ""
    worst = int(np.argmax(flat.max(axis=1)))
    first = min(max(worst - ROWS // 2, 0), n - ROWS)
    last = first + ROWS - 1
    return range(first, last + 1), say("page.window", first=first, last=last, of=n)


def _squares(x: Array, rows: range, largest: float) -> tuple[tuple[str, ...], ...]:
    flat = _flat(x)[rows.start : rows.stop, :COLUMNS]
    return tuple(tuple(_square(v, largest) for v in row) for row in flat.tolist())


def _square(value: float, largest: float) -> str:
    if not math.isfinite(value):
        return NO_NUMBER
    # The square root, so that what is a tenth as large can still be seen.
    level = math.ceil(LEVELS * math.sqrt(abs(value) / largest) - 0.05)
    level = min(max(level, 0), LEVELS)
    return "z" if abs(value) < ENOUGH * largest or not level else f"{'np'[value > 0]}{level}"


def _size(square: str) -> int:
    return 0 if square == "z" else int(square[1])
