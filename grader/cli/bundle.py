"""The commands that pack the grader for other systems: bundle."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import common

if TYPE_CHECKING:
    from grader.bundle import Bundle
    from grader.exercise import Exercise
    from grader.model import Course

_slug = click.option("--assignment", "slug", required=True, metavar="SLUG", help="The exercise.")
_out = click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.zip",
    help="The archive. An earlier bundle there is replaced.",
)


@click.group("bundle")
def bundle() -> None:
    """Pack one exercise with the grader for another system's autograder."""


@_slug
@_out
@common.course
def _gradescope(slug: str, out: Path, course_dir: Path | None) -> int:
    """For Gradescope: setup.sh, run_autograder, and all they need. Holds the solution."""
    from grader.bundle import systems

    return _private(systems.gradescope, slug, out, course_dir)


@_slug
@_out
@common.course
def _prairielearn(slug: str, out: Path, course_dir: Path | None) -> int:
    """For PrairieLearn: a question with an external grader. Holds the solution."""
    from grader.bundle import systems

    return _private(systems.prairielearn, slug, out, course_dir)


@_slug
@_out
@common.course
def _classroom50(slug: str, out: Path, course_dir: Path | None) -> int:
    """For Classroom 50: autograder.py with the public checks. Holds no solution."""
    from grader.bundle import systems, write
    from grader.verify import generated

    course, exercises = common.exercises(common.root(course_dir), [slug])
    made = generated(course, exercises[slug])
    write(systems.classroom50(course, exercises[slug], made), out)
    click.echo(f"{out} is made. It holds public cases, no solution and no hidden case.")
    return common.ALL_WELL


def _private(
    make: Callable[[Course, Exercise, bytes], Bundle], slug: str, out: Path, course_dir: Path | None
) -> int:
    from grader.bundle import write
    from grader.inputs import course_secret

    root = common.root(course_dir)
    course, exercises = common.exercises(root, [slug])
    secret, made = course_secret(root)
    if made:
        click.echo(f"Made a course secret: {root / '.grader' / 'secret'}. Keep it.", err=True)
    write(make(course, exercises[slug], secret), out)
    click.echo(f"{out} is made. It holds the solution and the hidden cases: keep it to yourself.")
    return common.ALL_WELL


# Not by a decorator: every command that a module names is a command of `grader` itself.
bundle.command("gradescope")(_gradescope)
bundle.command("prairielearn")(_prairielearn)
bundle.command("classroom50")(_classroom50)
