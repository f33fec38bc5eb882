"""A class compared, every student with every other, by what few of them have in common.

1. A fingerprint weighs log(n / d), where d of the n students have it: what everybody writes weighs
   nothing. What stands in the file that all started from is left out, and so is what stands in
   the course's own solutions, since whoever follows the handout will write it.
2. The score of two submissions is the weight they share, over the geometric mean of what each has.
   A little is added to the latter, so that two small things in common are not everything.
3. Each student's nearest other has some score; these n scores are what is usual in this class. To
   `-log(1 - score)` of them a Gumbel distribution, that of maxima, is fitted by median and lower
   quartile, so that up to half of a class may have copied without hiding it. The rank of a pair is
   how far it lies above the highest of n that this distribution leads one to expect, in units of
   its scale: 0 is as alike as the most alike pair of any such class.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grader.similarity.code import Code

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LEAST_STUDENTS = 8
"""In a smaller class there is no telling what is usual."""

LEAST_PRINTS = 40
"""A submission with fewer fingerprints of its own is too short to be like another."""

STANDS_OUT = 4.0
"""From this rank on a pair is worth a look."""

PRIOR = 10.0
"""How many of the rarest fingerprints are added to what a text has."""

LEAST_SCALE = 0.05
_EXACT = 0.01
_BLOCK = 2048


@dataclass(frozen=True)
class Text:
    """What one student has handed in at one attempt, as it is compared and shown."""

    student: str
    file: str
    source: str
    code: Code


@dataclass(frozen=True)
class Side:
    """One of a pair, with the first and last lines of what is rare and in both."""

    student: str
    file: str
    source: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Pair:
    """Two students' submissions. `score` is from 0 to 1; `rank` is against the class."""

    score: float
    rank: float
    sides: tuple[Side, Side]


@dataclass(frozen=True)
class Compared:
    """One assignment's class. `usual` is the median score of a student and the nearest other.

    `short` are the students whose work is too short; `pairs` those that stand out, highest first.
    `students` are those compared; if too few for a distribution, there are no pairs.
    """

    students: int
    usual: float = 0.0
    short: tuple[str, ...] = ()
    pairs: tuple[Pair, ...] = ()

    @property
    def enough(self) -> bool:
        return self.students >= LEAST_STUDENTS


def compare(texts: Iterable[Text], given: Iterable[Code]) -> Compared:
    """Every student's attempts with all others', without what stands in the course's own `given`.

    The order of `texts` makes no difference.
    """
    texts = sorted(texts, key=lambda t: (t.student, t.file, t.source))
    known = np.unique(np.concatenate([np.empty(0, np.uint64), *(c.prints for c in given)]))
    prints = [np.setdiff1d(t.code.prints, known, assume_unique=True) for t in texts]
    long = [k for k, p in enumerate(prints) if len(p) >= LEAST_PRINTS]
    kept, prints = [texts[k] for k in long], [prints[k] for k in long]
    students = sorted({t.student for t in kept})
    short = tuple(sorted({t.student for t in texts} - set(students)))
    if len(students) < LEAST_STUDENTS:
        return Compared(len(students), short=short)
    owner = np.searchsorted(np.array(students), [t.student for t in kept])
    vocabulary = _Vocabulary(prints, owner)
    scores = vocabulary.scores()
    scores[owner[:, None] == owner[None, :]] = 0.0
    best, usual, ranks = _ranked(scores, owner, len(students))
    found = []
    for i, j in best:
        a, b = kept[i], kept[j]
        shared = vocabulary.rare(prints[i], prints[j])
        sides = (_side(a, shared), _side(b, shared))
        found.append(Pair(float(scores[i, j]), float(ranks[i, j]), sides))
    found.sort(key=lambda p: (-p.rank, p.sides[0].student, p.sides[1].student))
    return Compared(len(students), usual, short, tuple(found))


def _ranked(
    scores: Floats, owner: NDArray[np.intp], n: int
) -> tuple[list[tuple[int, int]], float, Floats]:
    """Which two texts of each pair of students stand out most; what is usual; all ranks."""
    nearest = np.zeros(n)
    np.maximum.at(nearest, owner, scores.max(axis=1))
    stretched = -np.log(1 - np.minimum(scores, 1) + _EXACT)
    lower, middle = np.quantile(-np.log(1 - np.minimum(nearest, 1) + _EXACT), [0.25, 0.5])
    scale = max((middle - lower) / np.log(2), LEAST_SCALE)
    place = middle + scale * np.log(np.log(2))
    ranks = (stretched - place) / scale - np.log(n)
    best: dict[tuple[int, int], tuple[int, int]] = {}
    for i, j in zip(*np.nonzero(np.triu(ranks >= STANDS_OUT)), strict=True):
        whose = int(owner[i]), int(owner[j])
        if whose not in best or ranks[i, j] > ranks[best[whose]]:
            best[whose] = int(i), int(j)
    return list(best.values()), float(np.median(nearest)), ranks


class _Vocabulary:
    """All fingerprints of a class, and what each weighs."""

    def __init__(self, prints: Sequence[NDArray[np.uint64]], owner: NDArray[np.intp]) -> None:
        lengths = [len(p) for p in prints]
        self._rows = np.repeat(np.arange(len(prints)), lengths)
        self._prints, self._columns = np.unique(np.concatenate(prints), return_inverse=True)
        n = int(owner.max()) + 1
        # Of a student who handed in often, only once.
        mine = np.unique(self._columns * n + owner[self._rows]) // n
        self._students = np.bincount(mine, minlength=len(self._prints))
        self._n = n
        self._weights = np.log(n / self._students)

    def scores(self) -> Floats:
        """[texts, texts]: from 0 for nothing to 1 for the same."""
        size = int(self._rows[-1]) + 1
        shared = np.zeros((size, size))
        total = np.bincount(self._rows, self._weights[self._columns], minlength=size)
        # By the fingerprints that several have, some at a time: all at once would take gigabytes.
        several = np.flatnonzero((self._students > 1) & (self._weights > 0))
        where = np.full(len(self._prints), -1)
        where[several] = np.arange(len(several))
        column = where[self._columns]
        order = np.argsort(column, kind="stable")
        column, row = column[order], self._rows[order]
        for first in range(0, len(several), _BLOCK):
            lo, hi = np.searchsorted(column, [first, first + _BLOCK])
            block = np.zeros((size, _BLOCK))
            weights = np.sqrt(self._weights[several[column[lo:hi]]])
            block[row[lo:hi], column[lo:hi] - first] = weights
            shared += block @ block.T
        prior = PRIOR * np.log(self._n / 2)
        scores: Floats = shared / (np.sqrt(np.outer(total, total)) + prior)
        return scores

    def rare(self, a: NDArray[np.uint64], b: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """What both have and less than a quarter of the class; if there is none, what both have."""
        shared = np.intersect1d(a, b, assume_unique=True)
        at = np.searchsorted(self._prints, shared)
        few = shared[self._weights[at] > np.log(4)]
        return few if len(few) else shared


def _side(text: Text, shared: NDArray[np.uint64]) -> Side:
    return Side(text.student, text.file, text.source, text.code.spans(shared))
