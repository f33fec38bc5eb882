"""The commands for who grades: grade, rescore, report, replay."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import common
from grader.errors import GraderError, UsageError

if TYPE_CHECKING:
    from grader.exercise import Exercise
    from grader.model import Course, Result


@click.command()
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH..."
)
@click.option("--assignment", "slug", help="What PATH holds, if its names do not tell.")
@click.option("--student", help="Whose work PATH is, if its names do not tell.")
@click.option("--workers", type=click.IntRange(1, 256), help="Default: one for each core.")
@click.option("--force", is_flag=True, help="Judge again what is judged already.")
@click.option("--unsafe-no-sandbox", "unsafe", is_flag=True, help="Run others' code unconfined.")
@common.course
@common.results
@common.as_json
def grade(
    paths: tuple[Path, ...],
    slug: str | None,
    student: str | None,
    workers: int | None,
    force: bool,
    unsafe: bool,
    course_dir: Path | None,
    results_dir: Path | None,
    as_json: bool,
) -> int:
    """Grade files or folders of submissions on hidden cases.

    PATH is a file, a student's folder, or a folder of students. What is graded already is left
    alone, so an interrupted run goes on where it stopped.
    """
    from grader import batch, collect, counting, doctor, inputs, progress
    from grader.store import Store

    root = common.root(course_dir)
    course, exercises = common.exercises(root, [slug] if slug else [])
    assignments = {slug: e.assignment for slug, e in exercises.items()}
    given = course.root / "assignments"
    found = collect.collect(
        paths, list(assignments.values()), student, course.policy.zone, given=given
    )
    submissions, errors = found.submissions, found.problems
    secret, made = inputs.course_secret(root)
    if made:
        click.echo(f"Made a course secret: {root / '.grader' / 'secret'}. Keep it.", err=True)
    if workers is None:
        workers = min(os.cpu_count() or 1, 1 + len(submissions) // 8)
    isolation = doctor.isolation(course.limits, unsafe=unsafe)
    folder = results_dir or root / common.RESULTS
    with Store(folder, create=True) as store:
        job = batch.Job(course, tuple(exercises), secret, isolation)
        graded = batch.grade(job, exercises, submissions, store, workers, force)
        bar = progress.bar(graded, len(submissions), worked=lambda item: item[1] is not None)
        for s, done in bar:
            if isinstance(done, GraderError):
                errors.append(f"{s.student}, {s.assignment}: {done}")
        wanted = {(s.student, s.assignment) for s in submissions}
        rows = [r for r in store.attempts() if (r.student, r.assignment) in wanted]
    results = counting.results(rows, assignments, course.policy)
    _print(results, errors, course, list(exercises), as_json)
    loose = {r.isolation for r in results} & {"not sandboxed"}
    if loose and not as_json:
        click.secho("Submissions were run in processes of their own, not sandboxed.", fg="red")
    guessed = [r for r in results if r.lateness and r.attempt.time_from == "file"]
    if guessed:
        click.echo(
            f"{len(guessed)} of {len(results)} times of submission are the files' own, which a "
            "checkout or an unpacked archive sets anew. Give them in submissions.csv.",
            err=True,
        )
    if not as_json:
        click.echo(f"Results: {folder}. For pages to read: grader report", err=True)
    clean = not errors and all(r.score == r.max_score for r in results)
    return common.ALL_WELL if clean else common.LOOK


@click.command()
@common.course
@common.results
@common.as_json
def rescore(course_dir: Path | None, results_dir: Path | None, as_json: bool) -> int:
    """Apply rubric, due times, late policy and extensions as they are now to stored results.

    No student's code is run.
    """
    from grader import counting
    from grader.messages import plain

    root = common.root(course_dir)
    course, exercises = common.exercises(root, [])
    results = _stored(results_dir or root / common.RESULTS, course, exercises)
    _print(results, [], course, list(exercises), as_json)
    for line in (*counting.strangers(results, course.policy), *counting.waiting(results)):
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
            r.attempt.number: r
            for r in store.attempts()
            if (r.student, r.assignment) == (student, slug)
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


@click.command()
@common.course
@common.results
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to write. Default: report/ beside the results.",
)
def report(course_dir: Path | None, results_dir: Path | None, out: Path | None) -> int:
    """Write the class report and a page for each student, as HTML."""
    from grader import counting
    from grader.messages import plain
    from grader.report import write_report

    root = common.root(course_dir)
    course, exercises = common.exercises(root, [])
    folder = results_dir or root / common.RESULTS
    results = _stored(folder, course, exercises)
    assignments = {slug: e.assignment for slug, e in exercises.items()}
    index = write_report(course, assignments, results, out or folder.parent / "report")
    click.echo(f"Report: {index}")
    for line in (*counting.strangers(results, course.policy), *counting.waiting(results)):
        click.echo(plain(line), err=True)
    return common.ALL_WELL


def _stored(folder: Path, course: Course, exercises: dict[str, Exercise]) -> list[Result]:
    """The results of everything that is stored, by the policy and rubric as they are now."""
    from grader import counting
    from grader.store import Store

    with Store(folder) as store:
        rows = [r for r in store.attempts() if r.assignment in exercises]
    assignments = {slug: e.assignment for slug, e in exercises.items()}
    return counting.results(rows, assignments, course.policy)


def _print(
    results: list[Result], errors: list[str], course: Course, slugs: list[str], as_json: bool
) -> None:
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
