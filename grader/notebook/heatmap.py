"""A picture of where an array is wrong: one square for each entry, the fuller the further off.

A table with text beside the colour: titles on the squares, marks in the worst, a scale in words.
Not SVG, of which Jupyter leaves only the text in a notebook that is not trusted; and its colour is
one that can be seen on light and dark, since of colours such a notebook keeps only plain ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from grader import compare
from grader.messages import say

if TYPE_CHECKING:
    from grader.model import Array

ROWS, COLUMNS = 24, 40
"""The most squares a picture has; in a larger array a square is the worst of several entries."""
MARKED = 3
ERROR = "224,82,82"
WORST, NO_NUMBER = "•", "×"
_TABLE = "border-collapse:separate;border-spacing:2px;border:0;font-size:11px;margin:4px 0"
_PLAIN = "background:none;border:0"
_SQUARE = "width:16px;min-width:16px;height:16px;padding:0;text-align:center;line-height:1"
_LABEL = f"{_SQUARE};font-weight:400;{_PLAIN}"


@dataclass(frozen=True)
class Map:
    """`gap` [R, C] is how far off each square is, infinite where the answer is not finite.

    `rows` and `columns` are how many entries a square stands for. `told` says of a square what is
    in it; `worst` are the squares to mark, and `caption` says what one sees.
    """

    gap: Array
    rows: int
    columns: int
    height: int
    width: int
    told: dict[tuple[int, int], str]
    worst: tuple[tuple[int, int], ...]
    caption: str

    @property
    def html(self) -> str:
        """The picture. All text in it is escaped."""
        r, c = self.gap.shape
        head = "".join(_label(j * self.columns if j in _ticks(c) else "") for j in range(c))
        body = "".join(
            f'<tr style="{_PLAIN}">{_label(i * self.rows if i in _ticks(r) else "")}'
            f"{''.join(self._square(i, j) for j in range(c))}</tr>"
            for i in range(r)
        )
        return (
            f'<table aria-label="{escape(self.caption)}" style="{_TABLE}">'
            f'<tbody><tr style="{_PLAIN}">{_label("")}{head}</tr>{body}</tbody></table>'
        )

    @cached_property
    def _largest(self) -> float:
        return float(self.gap[np.isfinite(self.gap)].max(initial=0.0)) or 1.0

    def _square(self, i: int, j: int) -> str:
        gap = float(self.gap[i, j])
        number = math.isfinite(gap)
        # The square root, so that errors a hundred times smaller can still be seen.
        full = math.sqrt(gap / self._largest) if number else 1.0
        mark = NO_NUMBER if not number else WORST if (i, j) in self.worst else ""
        return (
            f'<td title="{escape(self.told.get((i, j), ""))}" style="{_SQUARE};'
            f'background-color:rgba({ERROR},{full:.2f});border:1px solid #8a8a8a">{mark}</td>'
        )


def _label(text: object) -> str:
    return f'<td style="{_LABEL}">{text}</td>'


def of(
    what: str, case: str, got: Array | None, want: Array | None, *, own: bool = False
) -> Map | None:
    """The picture of `got` beside `want`, called `what`, in a case; None if there is none to draw.

    With `own`, `want` is what the student's own forward asks for. Arrays of more than two
    dimensions have a row for each place in all but the last.
    """
    if got is None or want is None or got.shape != want.shape:
        return None
    if got.size < 2 or want.dtype.kind != "f":
        return None
    with np.errstate(all="ignore"):
        gap = np.abs(got.astype(np.float64) - want)
    gap[~np.isfinite(gap)] = np.inf
    flat = gap.reshape(-1, gap.shape[-1])
    rows, columns = math.ceil(flat.shape[0] / ROWS), math.ceil(flat.shape[1] / COLUMNS)
    pooled = _pooled(flat, rows, columns)
    told = {}
    for i, j in np.ndindex(*pooled.shape):
        told[i, j] = _told(what, got, want, flat, i, j, rows, columns, float(pooled[i, j]))
    worst = []
    for index, _, _ in compare.worst(got, want, MARKED):
        place = int(np.ravel_multi_index(index, gap.shape))
        worst.append((place // flat.shape[1] // rows, place % flat.shape[1] // columns))
    largest = f"{float(gap[np.isfinite(gap)].max(initial=0.0)):.3g}"
    if own:
        caption = say("notebook.map_own", what=what, case=case, largest=largest)
    else:
        caption = say("notebook.map", what=what, case=case, largest=largest)
    return Map(pooled, rows, columns, *flat.shape, told, tuple(worst), caption)


def _told(
    what: str,
    got: Array,
    want: Array,
    flat: Array,
    i: int,
    j: int,
    rows: int,
    columns: int,
    gap: float,
) -> str:
    place = i * rows * flat.shape[1] + j * columns
    index = np.unravel_index(place, got.shape)
    name = f"{what}[{', '.join(str(int(k)) for k in index)}]"
    if rows == columns == 1:
        return say("notebook.entry", what=name, got=float(got[index]), want=float(want[index]))
    return say("notebook.entries", what=name, gap=gap)


def _pooled(flat: Array, rows: int, columns: int) -> Array:
    """The largest entry of each block of `rows` × `columns`."""
    down = np.maximum.reduceat(flat, range(0, flat.shape[0], rows), axis=0)
    return np.asarray(np.maximum.reduceat(down, range(0, flat.shape[1], columns), axis=1))


def _ticks(n: int) -> range:
    return range(0, n, 1 if n <= 12 else 5)
