"""What was compared, as a document for the results folder and as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from grader.messages import plain
from grader.similarity.alike import LEAST_STUDENTS, STANDS_OUT, Compared, Pair, Side

SCHEMA = 1
FILE = "similarity.json"
MOST_PAIRS = 50
MOST_SOURCE = 40_000
"""Characters of each source that are kept in the document."""

MOST_NAMES = 8
_WIDE = 60


def document(
    compared: Mapping[str, Compared], passed_over: Sequence[str], most: int = MOST_PAIRS
) -> dict[str, Any]:
    """The pairs of all assignments that stand out, highest rank first, and what was compared."""
    return {
        "schema": SCHEMA,
        "pairs": [_pair_json(slug, pair) for slug, pair in ranked(compared)[:most]],
        "assignments": [
            {
                "assignment": slug,
                "students": c.students,
                "enough": c.enough,
                "usual": round(c.usual, 3),
                "stand_out": len(c.pairs),
                "too_short": list(c.short),
            }
            for slug, c in compared.items()
        ],
        "passed_over": list(passed_over),
    }


def ranked(compared: Mapping[str, Compared]) -> list[tuple[str, Pair]]:
    """All pairs with their assignment, highest rank first."""
    pairs = [(slug, pair) for slug, c in compared.items() for pair in c.pairs]
    return sorted(pairs, key=lambda one: -one[1].rank)


def lines(compared: Mapping[str, Compared], most: int = MOST_PAIRS) -> Iterator[str]:
    """A table of the pairs, and a line for each assignment."""
    pairs = ranked(compared)
    if pairs:
        wide = max(len("assignment"), *(len(slug) for slug, _ in pairs[:most]))
        yield click.style(f" rank  score  {'assignment':<{wide}}  students, lines", bold=True)
    for slug, pair in pairs[:most]:
        one, other = (_lines_of(side) for side in pair.sides)
        yield f"{pair.rank:5.1f}   {pair.score:.2f}  {slug:<{wide}}  {one}  ~  {other}"
    if len(pairs) > most:
        yield f"{len(pairs) - most} more of lower rank."
    if pairs:
        yield ""
        yield from _legend()
        yield ""
    for slug, c in compared.items():
        yield _summary(slug, c)


def _legend() -> Iterator[str]:
    yield "Worth a person's look, and no more: nothing here says that anybody copied. Working"
    yield "together where that is allowed, a common source and chance look the same."
    yield f"Rank, from {STANDS_OUT:g} on: how far above the most alike pair of any such class."


def _summary(slug: str, c: Compared) -> str:
    short = ""
    if c.short:
        names = ", ".join(plain(s, 30) for s in c.short[:MOST_NAMES])
        more = f" and {len(c.short) - MOST_NAMES} more" if len(c.short) > MOST_NAMES else ""
        short = f" Too little of their own to compare: {names}{more}."
    if not c.enough:
        few = f"{c.students} to compare; fewer than {LEAST_STUDENTS} do not tell what is usual."
        return f"{slug}: {few}{short}"
    found = f"{len(c.pairs)} pair{'s' if len(c.pairs) > 1 else ''}" if c.pairs else "nothing"
    verb = "stand" if len(c.pairs) > 1 else "stands"
    return (
        f"{slug}: {c.students} students, usual score of the nearest other {c.usual:.2f}; "
        f"{found} {verb} out.{short}"
    )


def _lines_of(side: Side) -> str:
    spans = ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in side.spans[:3])
    more = ", …" if len(side.spans) > 3 else ""
    return plain(f"{plain(side.student, 30)} {spans}{more}", _WIDE)


def _pair_json(slug: str, pair: Pair) -> dict[str, Any]:
    return {
        "assignment": slug,
        "students": [side.student for side in pair.sides],
        "score": round(pair.score, 3),
        "rank": round(pair.rank, 1),
        "files": [
            {
                "student": side.student,
                "file": side.file,
                "source": side.source[:MOST_SOURCE],
                "spans": [list(span) for span in side.spans],
            }
            for side in pair.sides
        ],
    }
