"""The commands for who has graded: rescore, replay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import common, printing
from grader.cli.compare import tell_stale
from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.exercise import Exercise
    from grader.model import Course
    from grader.verdict import Result


@click.command()
@common.course
@common.results
@common.as_json
def rescore(course_dir: Path | None, results_dir: Path | None, as_json: bool) -> int:
    """Apply rubric, due times, late policy and extensions as they are now to stored results.

    No student's code is run.
    """
    from grader import counting, stale
    from grader.messages import plain
    from grader.store import Store

    root = common.root(course_dir)
    course, exercises = common.exercises(root, [])
    assignments = {slug: e.assignment for slug, e in exercises.items()}
    with Store(results_dir or root / common.RESULTS) as store:
        tell_stale(store, exercises, stale.secret_of(root))
        results = counting.of_store(store, assignments, course.policy)
        shown = printing.print_results(results, [], course, list(exercises), as_json)
    strangers = counting.strangers((e.result for e in shown), course.policy)
    waiting = counting.waiting_lines(
        (e.result.student, e.result.assignment, check) for e in shown for check in e.waiting
    )
    for line in (*strangers, *waiting):
        click.echo(plain(line), err=True)
    return common.ALL_WELL


@click.command()
@click.argument("student")
@click.argument("slug")
@click.option("--attempt", type=click.IntRange(1), help="Default: the attempt that counts.")
@common.course
@common.results
@common.as_json
def replay(
    student: str,
    slug: str,
    attempt: int | None,
    course_dir: Path | None,
    results_dir: Path | None,
    as_json: bool,
) -> int:
    """Show the exact hidden inputs of STUDENT in exercise SLUG, and both answers.

    For an appeal: the stored source is run again on the inputs it was judged on.
    """
    from grader import counting, inputs
    from grader import replay as replays
    from grader.store import Store

    root = common.root(course_dir)
    course, exercises = common.exercises(root, [slug])
    secret, _ = inputs.course_secret(root)
    with Store(results_dir or root / common.RESULTS) as store:
        rows = {
            r.attempt.number: r for r in store.attempts(lambda *whose: whose == (student, slug))
        }
    if not rows:
        raise UsageError(f"There is no result of {student} in {slug}. Check both names.")
    if attempt is None:
        assignments = {slug: exercises[slug].assignment}
        (counted,) = counting.results(rows.values(), assignments, course.policy)
        attempt = counted.attempt.number
    elif attempt not in rows:
        known = ", ".join(map(str, rows))
        raise UsageError(
            f"There is no attempt {attempt} of {student} in {slug}. There are: {known}."
        )
    shown = replays.replay(exercises[slug], secret, rows[attempt])
    common.echo([json.dumps(shown.as_json(), indent=1)] if as_json else replays.lines(shown))
    return common.ALL_WELL if shown.agrees else common.LOOK


def stored(folder: Path, course: Course, exercises: dict[str, Exercise]) -> list[Result]:
    """The results of everything that is stored, by the policy and rubric as they are now."""
    from grader import counting
    from grader.store import Store

    assignments = {slug: e.assignment for slug, e in exercises.items()}
    with Store(folder) as store:
        return list(counting.of_store(store, assignments, course.policy))
