"""The commands that make pages to read: report, feedback."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import common
from grader.cli.compare import tell_stale
from grader.errors import GraderError, UsageError

if TYPE_CHECKING:
    from grader.exercise import Exercise
    from grader.gradient_map import GradientMap
    from grader.model import Course
    from grader.report import Material
    from grader.store import Row
    from grader.verdict import Result

roster_option = click.option(
    "--roster",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="CSV",
    help="Who is in the class: names to show, and who is missing.",
)
no_maps = click.option(
    "--no-maps", is_flag=True, help="Run nobody's code: no gradients on public cases."
)


@click.command()
@common.course
@common.results
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to write. Default: report/ beside the results.",
)
@click.option("--hand-out", "hand_outs", is_flag=True, help="A file for each student to be sent.")
@roster_option
@no_maps
def report(
    course_dir: Path | None,
    results_dir: Path | None,
    out: Path | None,
    hand_outs: bool,
    roster: Path | None,
    no_maps: bool,
) -> int:
    """Write the class report, with a page for each student, as HTML.

    Wrong gradients are run once more in the sandbox, on public cases, to show where they are off.
    """
    from grader import counting
    from grader.messages import plain
    from grader.report import write_report

    root = common.root(course_dir)
    course, exercises = common.exercises(root, [])
    folder = results_dir or root / common.RESULTS
    results, material = _material(folder, course, exercises, roster, no_maps)
    assignments = {slug: e.assignment for slug, e in exercises.items()}
    index = write_report(
        course,
        assignments,
        results,
        out or folder.parent / "report",
        material,
        hand_outs=hand_outs,
    )
    click.echo(f"Report: {index}")
    for line in (*counting.strangers(results, course.policy), *counting.waiting(results)):
        click.echo(plain(line), err=True)
    return common.ALL_WELL


@click.command()
@click.argument("student")
@click.option(
    "--format", "form", type=click.Choice(["md", "html"]), default="md", show_default=True
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Default: stdout.")
@common.course
@common.results
@roster_option
@no_maps
def feedback(
    student: str,
    form: str,
    out: Path | None,
    course_dir: Path | None,
    results_dir: Path | None,
    roster: Path | None,
    no_maps: bool,
) -> int:
    """Print what STUDENT is told, for an e-mail or a pull request: nothing hidden is in it."""
    from grader.report import feedback as told

    root = common.root(course_dir)
    course, exercises = common.exercises(root, [])
    folder = results_dir or root / common.RESULTS
    results, material = _material(folder, course, exercises, roster, no_maps, student)
    assignments = {slug: e.assignment for slug, e in exercises.items()}
    text = told(course, assignments, results, student, material, markdown=form == "md")
    if out is None:
        common.echo([text.rstrip("\n")])
        return common.ALL_WELL
    try:
        out.write_text(text, encoding="utf-8", newline="\n")
    except OSError as e:
        raise UsageError(f"{out} cannot be written ({e.strerror}). Name another with --out.") from e
    return common.ALL_WELL


def _material(
    folder: Path,
    course: Course,
    exercises: dict[str, Exercise],
    roster: Path | None,
    no_maps: bool,
    student: str | None = None,
) -> tuple[list[Result], Material]:
    """The results, and all that the report shows besides; gradients of one student, if named."""
    from grader import counting, stale
    from grader.report import Material, pairs
    from grader.roster import load
    from grader.store import Store

    names = {p.id: p.name for p in load(roster).people} if roster else {}
    with Store(folder) as store:
        tell_stale(store, exercises, stale.secret_of(course.root))
        rows = [r for r in store.attempts() if r.assignment in exercises]
    assignments = {slug: e.assignment for slug, e in exercises.items()}
    results = counting.results(rows, assignments, course.policy)
    counts = {(r.student, r.assignment, r.attempt.number) for r in results}
    rows = [r for r in rows if (r.student, r.assignment, r.attempt.number) in counts]
    looked = [r for r in rows if student in (None, r.student)]
    told = [r for r in rows if any(c.diagnosis for c in r.judgement.checks)]
    return results, Material(
        names=names,
        sources={(r.student, r.assignment): (r.file, r.source) for r in told},
        edits={slug: {m.name: m.edits for m in e.mistakes} for slug, e in exercises.items()},
        maps={} if no_maps else _maps(folder, course, exercises, looked),
        pairs=pairs.read(folder),
    )


def _maps(
    folder: Path, course: Course, exercises: dict[str, Exercise], rows: list[Row]
) -> dict[tuple[str, str], tuple[GradientMap, ...]]:
    """Wrong gradients on public cases. What cannot be run here is left out, and that is told."""
    from grader import doctor, progress
    from grader.public_view import Views
    from grader.worker import Worker

    views = Views(folder, exercises)
    maps, left = views.split(rows)
    if not left:
        return maps
    try:
        isolation = doctor.isolation(course.limits, unsafe=False)
        with Worker(course.limits, isolation) as worker:
            done = progress.bar(views.run(worker, left), len(left), worked=lambda _: True)
            maps |= {(row.student, row.assignment): found for row, found in done}
    except GraderError as e:
        click.echo(f"Gradients on public cases are not shown. {e}", err=True)
    views.keep()
    return maps
