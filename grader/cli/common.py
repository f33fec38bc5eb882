"""What several commands share: options, exit codes, finding the course, printing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.errors import ConfigError, Problem, UsageError

if TYPE_CHECKING:
    from grader.ci import Threshold
    from grader.exercise import Exercise
    from grader.model import Course

ALL_WELL, LOOK, BAD_USAGE, INTERRUPTED = 0, 1, 2, 130
RESULTS = "results"

course = click.option(
    "--course",
    "course_dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="The course's folder. Default: the nearest with a course.yaml, upwards from here.",
)
results = click.option(
    "--results",
    "results_dir",
    type=click.Path(path_type=Path, file_okay=False),
    help=f"Where results are kept. Default: {RESULTS}/ in the course.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")


class ReaderGone(Exception):
    """Nobody reads our output any more."""


def root(course_dir: Path | None) -> Path:
    """The course's folder. Raises UsageError if there is none."""
    from grader.places import find_course

    return find_course(course_dir or Path.cwd())


def exercises(folder: Path, slugs: Iterable[str]) -> tuple[Course, dict[str, Exercise]]:
    """The course and the named exercises (all by default); every file's problems at once."""
    from grader import exercise
    from grader.course import load_course

    course = load_course(folder)
    wanted = known(list(slugs) or course.slugs, course.slugs)
    problems: list[Problem] = []
    loaded: dict[str, Exercise] = {}
    for slug in wanted:
        try:
            loaded[slug] = exercise.load(course, slug)
        except ConfigError as e:
            problems += e.problems
    if problems:
        raise ConfigError(problems)
    return course, loaded


def known(slugs: Iterable[str], all_slugs: Iterable[str]) -> list[str]:
    """`slugs` without repeats. Raises UsageError for one that is not among `all_slugs`."""
    known = list(all_slugs)
    slugs = list(dict.fromkeys(slugs))
    for slug in slugs:
        if slug not in known:
            raise UsageError(f"There is no exercise {slug}. There are: {', '.join(known)}.")
    return slugs


def print_json(document: object) -> None:
    """One JSON document on stdout."""
    echo([json.dumps(document, indent=1, ensure_ascii=False)])


def echo(lines: Iterable[str]) -> None:
    """Lines on stdout. Raises ReaderGone if nobody reads them."""
    for line in lines:
        try:
            click.echo(line)
        except BrokenPipeError:
            raise ReaderGone from None


def read_threshold(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> Threshold | None:
    """Read when it is given: nobody else waits for the module."""
    if value is None:
        return None
    from grader.ci import Threshold

    try:
        return Threshold.read(value)
    except ValueError as e:
        raise click.BadParameter(str(e)) from None
