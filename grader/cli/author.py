"""The commands for who writes exercises: new, build, verify, release, doctor."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import click

from grader.cli import common


@click.command()
@click.argument("slug")
@click.option("--title", default="A new exercise", show_default=True, help="What it is called.")
@common.course
def new(slug: str, title: str, course_dir: Path | None) -> int:
    """Make a new exercise: small, complete and commented, to be changed step by step."""
    from grader import build as building
    from grader import exercise, skeleton
    from grader.course import load_course
    from grader.verify import generated

    root = common.root(course_dir)
    for path in skeleton.create(load_course(root), slug, title):
        click.echo(path)
    course = load_course(root)
    written = building.write(
        root / "assignments" / slug, generated(course, exercise.load(course, slug))
    )
    click.echo(f"generated: {', '.join(written)}")
    click.echo(f"Next: change them, then run: grader build {slug} && grader verify {slug}")
    return common.ALL_WELL


@click.command()
@click.argument("slugs", nargs=-1, metavar="[SLUG]...")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 on drift.")
@common.course
def build(slugs: tuple[str, ...], only_check: bool, course_dir: Path | None) -> int:
    """Make stub, notebook, handout and examples out of the source."""
    from grader import build as building
    from grader.verify import generated

    root = common.root(course_dir)
    course, exercises = common.exercises(root, slugs)
    drifted = False
    for slug, e in exercises.items():
        folder = root / "assignments" / slug
        files = generated(course, e)
        if only_check:
            for drift in building.check(folder, files):
                drifted = True
                click.echo(f"assignments/{slug}/{drift}")
        else:
            written = building.write(folder, files)
            click.echo(f"{slug}: {', '.join(written) if written else 'up to date'}")
    return common.LOOK if drifted else common.ALL_WELL


@click.command()
@click.argument("slugs", nargs=-1, metavar="[SLUG]...")
@click.option("--workers", type=click.IntRange(1, 256), help="Default: one for each core.")
@common.course
@common.as_json
def verify(
    slugs: tuple[str, ...], workers: int | None, course_dir: Path | None, as_json: bool
) -> int:
    """Prove the course: reference, stub, known mistakes, accepted alternatives, mutants, files."""
    from grader import progress
    from grader import verify as proving
    from grader.course import load_course
    from grader.crew import Crew
    from grader.worker import Worker

    course = load_course(common.root(course_dir))
    wanted = common.known(slugs or course.slugs, course.slugs)
    proofs = []
    with Worker(course.limits) as worker, Crew(course, workers or os.cpu_count() or 1) as crew:
        for slug in wanted:
            say = functools.partial(progress.say, slug)
            proofs.append(proving.verify(course, slug, worker, crew, say))
    progress.say()
    if as_json:
        common.print_json({"schema": 1, "assignments": [p.as_json() for p in proofs]})
    else:
        for proof in proofs:
            common.echo(proving.lines(proof))
    return common.LOOK if any(p.failures for p in proofs) else common.ALL_WELL


@click.command()
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="A folder, or a zip if it ends in .zip. An earlier kit there is replaced.",
)
@common.course
def release(out: Path, course_dir: Path | None) -> int:
    """Make the students' kit: exercises and the command that checks them, without solutions."""
    from grader import release as releasing
    from grader.verify import generated

    course, exercises = common.exercises(common.root(course_dir), [])
    made = {slug: generated(course, e) for slug, e in exercises.items()}
    count = releasing.write(releasing.make(course, exercises, made), out)
    click.echo(f"{out}: a kit of {count} files, {len(exercises)} exercises")
    return common.ALL_WELL


@click.command()
@common.as_json
def doctor(as_json: bool) -> int:
    """Show whether others' code can be confined here, by trying to break out."""
    from grader import doctor as doctors
    from grader.model import Limits

    found = doctors.examine(Limits())
    if as_json:
        common.print_json(found.as_json())
    else:
        common.echo(found.lines())
    return common.ALL_WELL if found.tight else common.LOOK
