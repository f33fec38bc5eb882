"""The command that grades a class: grade."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import common, printing
from grader.cli.compare import tell_stale
from grader.cli.running import Log, Stopping
from grader.errors import GraderError, UsageError

if TYPE_CHECKING:
    from grader.ci import Threshold

MOST_BELOW = 20
"""Results below the threshold that are named."""


@click.command()
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH..."
)
@click.option("--assignment", "slug", help="What PATH holds, if its names do not tell.")
@click.option("--student", help="Whose work PATH is, if its names do not tell.")
@click.option(
    "--roster",
    "roster_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A CSV of the class: id, name, email, and the ids that systems know them by.",
)
@click.option("--workers", type=click.IntRange(1, 256), help="Default: one for each core.")
@click.option(
    "--cluster",
    "address",
    metavar="ADDRESS",
    help="Grade on a Dask cluster: tls://host:8786, where its scheduler is.",
)
@click.option("--force", is_flag=True, help="Judge again what is judged already.")
@click.option(
    "--fail-under",
    "threshold",
    metavar="POINTS|PERCENT%",
    callback=common.read_threshold,
    help="Exit with 1 only if a result is below. Default: if one has not all.",
)
@click.option("--github", is_flag=True, help="Write a step summary for GitHub.")
@click.option("--unsafe-no-sandbox", "unsafe", is_flag=True, help="Run others' code unconfined.")
@common.course
@common.results
@common.as_json
def grade(
    paths: tuple[Path, ...],
    slug: str | None,
    student: str | None,
    roster_file: Path | None,
    workers: int | None,
    address: str | None,
    force: bool,
    threshold: Threshold | None,
    github: bool,
    unsafe: bool,
    course_dir: Path | None,
    results_dir: Path | None,
    as_json: bool,
) -> int:
    """Grade files or folders of submissions on hidden cases.

    PATH is a file, a student's folder, a folder of students, or what Canvas, Moodle, Gradescope or
    a classroom gave you, in an archive or not. What is graded already is left alone, so an
    interrupted run goes on where it stopped.
    """
    from grader import batch, cluster, collect, counting, doctor, inputs, progress, roster
    from grader.messages import plain
    from grader.store import Store

    if address is not None and workers:
        raise UsageError("A cluster has its own workers. Leave out --workers, or --cluster.")
    root = common.root(course_dir)
    course, exercises = common.exercises(root, [slug] if slug else [])
    assignments = {slug: e.assignment for slug, e in exercises.items()}
    given = course.root / "assignments"
    people = roster.load(roster_file) if roster_file else None
    found = collect.collect(
        paths,
        list(assignments.values()),
        student,
        course.policy.zone,
        given=given,
        roster=people,
        policy=course.policy,
    )
    if not as_json:
        for line in (*found.recognised, *found.absent()):
            click.echo(plain(line, 500), err=True)
    works, errors = found.works, found.problems
    total = sum(len(work.places) for work in works)
    secret, made = inputs.course_secret(root)
    if made:
        click.echo(f"Made a course secret: {root / '.grader' / 'secret'}. Keep it.", err=True)
    if workers is None:
        workers = min(os.cpu_count() or 1, 1 + total // 8)
    crowd: batch.Crowd
    if address is not None:
        crowd = cluster.Cluster(course, exercises, secret, address, unsafe, _tell)
    else:
        isolation = doctor.isolation(course.limits, unsafe=unsafe)
        job = batch.Job(course, tuple(exercises), secret, isolation)
        crowd = batch.Processes(job, workers) if workers > 1 else batch.Alone(job, exercises)
    folder = results_dir or root / common.RESULTS
    command = shlex.join(["grader", *sys.argv[1:]])
    with Store(folder, create=True) as store:
        tell_stale(store, exercises, secret, {(work.student, work.assignment) for work in works})
        with Stopping() as stopping, Log(store, command, total) as log:
            graded = batch.grade(
                crowd,
                exercises,
                secret,
                map(found.read, works),
                store,
                force=force,
                stop=stopping.asked,
                total=total,
                log=log,
            )
            for s, done in progress.bar(graded, total, worked=lambda item: item[1] is not None):
                if isinstance(done, GraderError):
                    errors.append(f"{s.student}, {s.assignment}: {done}")
        if log.told.done < total:
            click.echo(
                f"Interrupted: {log.told.done:,} of {total:,} submissions are done, and kept.",
                err=True,
            )
            click.echo(f"To go on: {command}", err=True)
            return common.INTERRUPTED
        wanted = {(work.student, work.assignment) for work in works}
        results = counting.of_store(
            store, assignments, course.policy, lambda *whose: whose in wanted
        )
        shown = printing.print_results(results, errors, course, list(exercises), as_json)
    if github:
        from grader.ci import github as ci
        from grader.ci import summary

        ci.write_summary(summary(shown, errors))
    told = [e.result for e in shown]
    if not as_json and any(r.isolation == "not sandboxed" for r in told):
        click.secho("Submissions were run in processes of their own, not sandboxed.", fg="red")
    guessed = sum(bool(r.lateness and r.attempt.time_from == "file") for r in told)
    if guessed:
        click.echo(
            f"{guessed} of {len(told)} times of submission are the files' own, which a "
            "checkout or an unpacked archive sets anew. Give them in submissions.csv.",
            err=True,
        )
    if not as_json:
        click.echo(f"Results: {folder}. For pages to read: grader report", err=True)
    if threshold is None:
        clean = all(r.score == r.max_score for r in told)
    else:
        below = [r for r in told if not threshold.met(r)]
        for r in below[:MOST_BELOW]:
            click.echo(f"{plain(r.student, 80)}: {threshold.told(r)}", err=True)
        if len(below) > MOST_BELOW:
            click.echo(f"{len(below) - MOST_BELOW} more such results.", err=True)
        clean = not below
    return common.ALL_WELL if clean and not errors else common.LOOK


def _tell(text: str) -> None:
    click.echo(text, err=True)
