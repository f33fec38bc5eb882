"""How the commands for instructors print results."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import click

from grader.cli import common

if TYPE_CHECKING:
    from grader.model import Course, Result


def print_results(
    results: list[Result], errors: list[str], course: Course, slugs: list[str], as_json: bool
) -> None:
    """The table of a class, or the document, on stdout; what is wrong on stderr."""
    from grader import counting
    from grader.class_table import class_table
    from grader.messages import plain
    from grader.results import document

    totals = counting.totals(results, course.policy)
    if as_json:
        common.print_json(document(results, errors, totals))
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    common.echo(class_table(results, slugs, totals, width))
    for line in errors:
        click.echo(plain(line, 500), err=True)
