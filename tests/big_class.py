"""A class of any size out of the sample class's results: other names, other numbers, same mistakes.

    python tests/big_class.py RESULTS [STUDENTS]

says how large the report of 500 students is, file by file, made of what `grader report` has left
in RESULTS. Each student's work is that of a student of the sample class, drawn exercise by
exercise, and every number in what is told of it is drawn anew, so that nothing is repeated that
would not be in a real class.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from grader import counting
from grader.cli import common
from grader.gradient_map import GradientMap
from grader.public_view import Views
from grader.report import Material, pairs
from grader.report.site import report_pages
from grader.store import Row, Store
from grader.verdict import CheckResult

ROOT = Path(__file__).parents[1]
MOST = 2_000_000
"""Bytes that the report of 500 students and five exercises may have."""

FIRST = (  # noqa: SIM905 - names read better so
    "Ada Amara Björn Bruno Chiara Dana Emeka Esra Farid Greta Gustav Hana Hiro Inès Jean-Luc "
    "Jisoo Kofi Leïla Mary-Ann Mina Nadia Níkos Olga Priya Qasim Thandi Tomás Ugo Ximena Yusuf"
).split()
LAST = (  # noqa: SIM905
    "Abe Bauer Castillo Diallo Eriksson Fischer García Haddad Ivanova Jensen Kim Laurent Mbeki "
    "Novák Okafor Papadakis Quispe Rossi Sato Tanaka Usman Vargas Wójcik Xu Yilmaz Zhang"
).split()
_NUMBER = re.compile(r"\d+\.\d+(?:e[+-]?\d+)?")

Maps = Mapping[tuple[str, str], tuple[GradientMap, ...]]


def multiplied(
    rows: Sequence[Row], maps: Maps, students: int, seed: int = 7
) -> Iterator[tuple[Row, tuple[GradientMap, ...]]]:
    """Rows of that many students with their maps, each one's work that of one of `rows`."""
    draw = random.Random(seed)
    by_slug: dict[str, list[Row]] = {}
    for row in rows:
        by_slug.setdefault(row.assignment, []).append(row)
    names = [f"{first} {last}" for first in FIRST for last in LAST]
    draw.shuffle(names)
    for student in names[:students]:
        for own in by_slug.values():
            row = draw.choice(own)
            found = maps.get((row.student, row.assignment), ())
            judged = replace(
                row.judgement, checks=tuple(_check(c, draw) for c in row.judgement.checks)
            )
            yield (
                replace(row, student=student, judgement=judged),
                tuple(_map(m, draw) for m in found),
            )


def _check(check: CheckResult, draw: random.Random) -> CheckResult:
    factor = draw.lognormvariate(0, 1)
    told = (_NUMBER.sub(lambda _: f"{draw.gauss(0, 1):.6g}", line) for line in check.detail)
    return replace(
        check,
        detail=tuple(told),
        error=check.error and check.error * factor,
        numeric=check.numeric and check.numeric * factor,
    )


def _map(m: GradientMap, draw: random.Random) -> GradientMap:
    return replace(m, analytic=tuple(x + draw.gauss(0, 0.5) for x in m.analytic))


def report(results: Path, students: int) -> dict[str, str]:
    """The pages of that many students, out of the results of the sample class."""
    course, exercises = common.exercises(ROOT, [])
    with Store(results) as store:
        rows = [r for r in store.attempts() if r.attempt.number == 1]
    maps, _ = Views(results, exercises).split(rows)
    big = list(multiplied(rows, maps, students))
    assignments = {slug: e.assignment for slug, e in exercises.items()}
    material = Material(
        sources={(r.student, r.assignment): (r.file, r.source) for r, _ in big},
        edits={slug: {m.name: m.edits for m in e.mistakes} for slug, e in exercises.items()},
        maps={(r.student, r.assignment): own for r, own in big},
        pairs=pairs.read(results),
    )
    counted = counting.results([r for r, _ in big], assignments, course.policy)
    return report_pages(course, assignments, counted, material)


if __name__ == "__main__":
    how_many = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    sizes = {path: len(html.encode()) for path, html in report(Path(sys.argv[1]), how_many).items()}
    for path, size in {**sizes, "all": sum(sizes.values())}.items():
        print(f"{size:10,} {path}")
