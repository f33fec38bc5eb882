"""The commands for who uses nbgrader: nbgrader init."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from grader.cli import common
from grader.errors import UsageError


@click.group()
def nbgrader() -> None:
    """Use nbgrader with this course: its commands, its gradebook, its formgrader."""


@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--roster",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A CSV with the columns id, first_name, last_name, email.",
)
@common.course
def _init(folder: Path, roster: Path | None, course_dir: Path | None) -> int:
    """Make DIR an nbgrader course with all exercises, or bring it up to date."""
    # The gradebook runs `alembic`, which is where this Python is.
    here = str(Path(sys.executable).parent)
    os.environ["PATH"] = os.pathsep.join([here, os.environ.get("PATH", "")])
    try:
        from grader.nbgrader import course as nbgrader_course
    except ModuleNotFoundError as e:
        if (e.name or "").partition(".")[0] not in ("nbgrader", "nbconvert", "nbformat"):
            raise
        raise UsageError(
            f"There is no {e.name} here. Install it with: pip install 'rnn-grader[nbgrader]'"
        ) from None
    course, exercises = common.exercises(common.root(course_dir), [])
    students = nbgrader_course.roster(roster) if roster else ()
    written = nbgrader_course.write(folder, course, exercises, students)
    for path in written:
        click.echo(folder / path)
    if not written:
        click.echo(f"{folder}: up to date")
    click.echo(
        f"Next: cd {folder} && nbgrader generate_assignment {next(iter(exercises))}", err=True
    )
    return common.ALL_WELL


# Not by a decorator: every command that a module names is a command of `grader` itself.
nbgrader.command("init")(_init)
