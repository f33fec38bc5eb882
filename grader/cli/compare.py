"""What a change of the course does to results: the command diff, and what is said of stale ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import common
from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.difference import Marks
    from grader.exercise import Exercise
    from grader.model import Course
    from grader.store import Store


@click.command("diff")
@click.argument("before", type=click.Path(path_type=Path), metavar="RESULTS_A")
@click.argument("after", type=click.Path(path_type=Path), metavar="RESULTS_B")
@click.option("--assignment", "slug", help="Only this one. Default: all.")
@common.course
@common.as_json
def diff(
    before: Path, after: Path, slug: str | None, course_dir: Path | None, as_json: bool
) -> int:
    """List whose marks differ between two sets of results, and why.

    Each is a results folder, or a document that `grade --json` has printed. Both folders are
    counted by rubric and policy as they are now. Exit code 1 if anything differs.
    """
    from grader import difference

    folders = [path for path in (before, after) if path.is_dir()]
    course = _course(course_dir, slug) if folders else None
    one, other = (
        _stored(path, *course) if course and path.is_dir() else difference.read(path)
        for path in (before, after)
    )
    if slug:
        one, other = (_only(slug, marks) for marks in (one, other))
        if not one and not other:
            raise UsageError(f"Neither has a result of {slug}. Check the name.")
    found = difference.compare(one, other)
    if as_json:
        common.print_json(difference.as_json(found))
    else:
        common.echo(difference.lines(found))
    return common.LOOK if found.changes else common.ALL_WELL


def tell_stale(
    store: Store,
    exercises: Mapping[str, Exercise],
    secret: bytes | None,
    again: Collection[tuple[str, str]] = frozenset(),
) -> None:
    """Say on stderr which stored results are stale, and why.

    `again` are the (student, assignment) that are about to be graded.
    """
    from grader import stale

    there = stale.find(store.attempts(lambda *whose: whose in again), exercises, secret)
    elsewhere = stale.find(store.attempts(lambda *whose: whose not in again), exercises, secret)
    for line in (*stale.again(there), *stale.left(elsewhere)):
        click.echo(line, err=True)


def _course(course_dir: Path | None, slug: str | None) -> tuple[Course, dict[str, Exercise]]:
    return common.exercises(common.root(course_dir), [slug] if slug else [])


def _stored(folder: Path, course: Course, exercises: dict[str, Exercise]) -> Marks:
    from grader import counting, difference
    from grader.results import document
    from grader.store import Store

    assignments = {slug: e.assignment for slug, e in exercises.items()}
    with Store(folder) as store:
        results = list(counting.of_store(store, assignments, course.policy))
    return difference.marks(document(results, []))


def _only(slug: str, marks: Marks) -> Marks:
    return {key: mark for key, mark in marks.items() if key[1] == slug}
