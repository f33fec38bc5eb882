"""The commands that take results to other systems and back: export, import."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import common
from grader.errors import UsageError

if TYPE_CHECKING:
    from types import ModuleType

_slugs = click.option(
    "--assignment", "slugs", multiple=True, metavar="SLUG", help="Default: all of the course."
)


def _gradebook() -> ModuleType:
    """What talks to nbgrader's gradebook. Raises UsageError if nbgrader is not installed."""
    try:
        from grader.nbgrader import gradebook
    except ModuleNotFoundError as e:
        if (e.name or "").partition(".")[0] not in (
            "alembic",
            "nbformat",
            "nbgrader",
            "sqlalchemy",
        ):
            raise
        raise UsageError(
            f"nbgrader is not installed here ({e.name} is missing). "
            "Run `pip install 'rnn-grader[nbgrader]'`."
        ) from None
    return gradebook


def _plural(n: int, one: str) -> str:
    return f"{n} {one}{'' if n == 1 else 's'}"


@click.group("export")
def export_() -> None:
    """Write results into other systems."""


@click.option("--into", required=True, metavar="FILE|URL", help="The gradebook.")
@click.option("--create", is_flag=True, help="Make the gradebook if there is none.")
@_slugs
@common.course
@common.results
def _export_nbgrader(
    into: str,
    create: bool,
    slugs: tuple[str, ...],
    course_dir: Path | None,
    results_dir: Path | None,
) -> int:
    """Write scores, comments and lateness into nbgrader's gradebook.

    FILE or sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE. All is written or nothing,
    and what people have graded by hand is left alone.
    """
    from grader import counting
    from grader.messages import plain
    from grader.store import Store

    gradebook = _gradebook()
    root = common.root(course_dir)
    course, exercises = common.exercises(root, slugs)
    with Store(results_dir or root / common.RESULTS) as store:
        rows = [r for r in store.attempts() if r.assignment in exercises]
    assignments = {slug: e.assignment for slug, e in exercises.items()}
    files = {slug: root / "assignments" / slug / f"{slug}.ipynb" for slug in assignments}
    notebooks = {slug: file.read_bytes() for slug, file in files.items() if file.is_file()}
    results = counting.results(rows, assignments, course.policy)
    written = gradebook.write(
        into, results, assignments, notebooks, course.policy, course.id, create=create
    )
    what = f"{_plural(written.submissions, 'submission')}, {_plural(written.scores, 'score')}"
    where = gradebook.database.shown(into)
    if written.changed:
        click.echo(f"Written to {where}: {what}.")
    else:
        click.echo(f"{where} had all of it already, so nothing was changed: {what}.")
    for line in written.notes:
        click.echo(plain(line), err=True)
    return common.LOOK if written.notes else common.ALL_WELL


@click.group("import")
def import_() -> None:
    """Take into our results what people have given in other systems."""


@click.option("--from", "source", required=True, metavar="FILE|URL", help="The gradebook.")
@_slugs
@common.course
@common.results
def _import_nbgrader(
    source: str, slugs: tuple[str, ...], course_dir: Path | None, results_dir: Path | None
) -> int:
    """Take the points and comments of manual checks from nbgrader's gradebook.

    They are kept beside the judgements, so grading again does not touch them. What is not marked
    in the gradebook stays as it is here.
    """
    from grader.messages import plain
    from grader.store import Store

    gradebook = _gradebook()
    root = common.root(course_dir)
    _, exercises = common.exercises(root, slugs)
    rubrics = [e.assignment for e in exercises.values()]
    if not any(c.kind == "manual" for a in rubrics for c in a.checks):
        click.echo("No check of these exercises is for a person to mark, so nothing was taken.")
        return common.ALL_WELL
    with Store(results_dir or root / common.RESULTS) as store:
        taken = gradebook.read(source, rubrics)
        before = store.marked()
        news = {whose: m for whose, m in taken.marked.items() if before.get(whose) != m}
        store.mark(news)
        known = {(r.student, r.assignment) for r in store.attempts()}
    new = sum(whose not in before for whose in news)
    marks = _plural(len(taken.marked), "mark")
    click.echo(
        f"Taken from {gradebook.database.shown(source)}: {marks} of people, "
        f"{new} new, {len(news) - new} changed."
    )
    for (slug, check), students in taken.waiting.items():
        click.echo(plain(f"{slug}, {check}: not marked yet: {', '.join(students)}.", 500), err=True)
    strangers = sorted({(s, slug) for s, slug, _ in taken.marked if (s, slug) not in known})
    for student, slug in strangers:
        click.echo(f"{plain(student, 60)}, {slug}: marked, but nothing is graded here.", err=True)
    for line in taken.notes:
        click.echo(plain(line), err=True)
    look = taken.waiting or taken.notes or strangers
    return common.LOOK if look else common.ALL_WELL


# Not by a decorator: every command that a module names is a command of `grader` itself.
export_.command("nbgrader")(_export_nbgrader)
import_.command("nbgrader")(_import_nbgrader)
