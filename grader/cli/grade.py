"""The command that grades a class: grade."""

from __future__ import annotations

import os
from pathlib import Path

import click

from grader.cli import common, printing
from grader.errors import GraderError


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
    submissions, errors = found.submissions(), found.problems
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
    printing.print_results(results, errors, course, list(exercises), as_json)
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
