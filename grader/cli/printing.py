"""How the commands for instructors print results."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from grader.cli import common

if TYPE_CHECKING:
    from fractions import Fraction

    from grader.class_table import Entry
    from grader.model import Course
    from grader.verdict import Result


def print_results(
    results: Iterable[Result],
    errors: list[str],
    course: Course,
    slugs: Sequence[str],
    as_json: bool,
) -> list[Entry]:
    """The table of a class, or the document, on stdout; what is wrong on stderr.

    Results are read one by one and let go. What is shown of each is returned.
    """
    from grader import counting
    from grader.class_table import class_table, entry
    from grader.messages import plain
    from grader.results import streamed

    entries: list[Entry] = []

    def seen() -> Iterator[Result]:
        for r in results:
            entries.append(entry(r))
            yield r

    def totals() -> dict[str, Fraction | None]:
        return counting.totals((e.result for e in entries), course.policy)

    if as_json:
        common.echo(streamed(seen(), lambda: (errors, totals())))
        return entries
    for _ in seen():
        pass
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    common.echo(class_table(entries, slugs, totals(), width))
    for line in errors:
        click.echo(plain(line, 500), err=True)
    return entries
