"""The command that shows which submissions are unusually alike: similarity."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import common
from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.exercise import Exercise
    from grader.model import Course
    from grader.similarity.code import Code
    from grader.similarity.texts import HandedIn


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("--assignment", "slug", help="Only this one. Default: all of the course.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write the document. Default: similarity.json in the results.",
)
@click.option("--unsafe-no-sandbox", "unsafe", is_flag=True, help="Read notebooks unconfined.")
@common.course
@common.results
@common.as_json
def similarity(
    paths: tuple[Path, ...],
    slug: str | None,
    out: Path | None,
    unsafe: bool,
    course_dir: Path | None,
    results_dir: Path | None,
    as_json: bool,
) -> int:
    """Show pairs of submissions that are more alike than this class leads one to expect.

    Of PATH, or of the results if none is given. They are worth a person's look, and no more: it
    is compared what is rare in the class, without the given code. Nothing of a student's is run.
    `grader report` shows the pairs side by side.
    """
    from grader import doctor
    from grader.messages import plain
    from grader.progress import bar
    from grader.similarity import alike, code, told
    from grader.similarity.texts import NotToldError, Reader

    root = common.root(course_dir)
    course, exercises = common.exercises(root, [])
    slugs = common.known([slug] if slug else exercises, exercises)
    folder = results_dir or root / common.RESULTS
    works, passed_over = _handed_in(paths, course, exercises, folder)
    works = [w for w in works if w.assignment in slugs]
    texts: dict[str, list[alike.Text]] = {slug: [] for slug in slugs}

    @cache
    def read(text: str) -> Code:
        return code.read(text)  # who hands in often hands in the same

    with Reader(course.limits, lambda: doctor.isolation(course.limits, unsafe=unsafe)) as reader:
        for w in bar(works, len(works), "reading"):
            try:
                text = reader.text(w.source)
            except NotToldError as e:
                passed_over.append(f"{w.student}, {w.assignment}: the notebook is left out: {e}")
                continue
            texts[w.assignment].append(alike.Text(w.student, w.file, text, read(text)))
    compared = {
        slug: alike.compare(own, _given(course, exercises[slug]))
        for slug, own in texts.items()
        if own
    }
    document = told.document(compared, passed_over)
    path = out or folder / told.FILE
    _write(path, document)
    if as_json:
        common.print_json(document)
    else:
        common.echo(told.lines(compared))
    for line in passed_over:
        click.echo(plain(line, 300), err=True)
    if not as_json:
        click.echo(f"Written: {path}", err=True)
        if document["pairs"] and out is None:
            click.echo("For the pairs side by side: grader report", err=True)
    return common.LOOK if document["pairs"] or passed_over else common.ALL_WELL


def _handed_in(
    paths: tuple[Path, ...], course: Course, exercises: dict[str, Exercise], folder: Path
) -> tuple[list[HandedIn], list[str]]:
    """All attempts that can be read, and a line on each that cannot."""
    from grader import collect
    from grader.similarity.texts import HandedIn
    from grader.store import Store

    if not paths:
        with Store(folder) as store:
            stored = [
                HandedIn(row.student, row.assignment, row.file, row.source)
                for row in store.attempts(lambda _, slug: slug in exercises)
            ]
        return [s for s in stored if s.source], []
    assignments = [e.assignment for e in exercises.values()]
    given = course.root / "assignments"
    found = collect.collect(paths, assignments, None, course.policy.zone, given=given)
    read = [s for work in found.works for s in found.read(work)]
    works = [HandedIn(s.student, s.assignment, s.file, s.source) for s in read if s.problem is None]
    return works, found.problems


def _given(course: Course, e: Exercise) -> Iterator[Code]:
    """What the course itself wrote: whatever of it two students share says nothing of them."""
    from grader.probe import read_text
    from grader.similarity import code

    a = e.assignment
    stub = course.root / "assignments" / a.slug / a.file_name
    accepted = sorted((course.root / "solutions" / a.slug / "accepted").glob("*.py"))
    for path in [*([stub] if stub.is_file() else []), *accepted]:
        yield code.read(read_text(course.root, path))
    yield code.read(e.source)
    for mistake in e.mistakes:
        yield code.read(e.with_mistake(mistake))


def _write(path: Path, document: object) -> None:
    """The whole document or nothing; only its owner may read it, since it is students' work."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, suffix=".json", delete=False
        ) as f:
            json.dump(document, f, indent=1, ensure_ascii=False)
        os.replace(f.name, path)
    except OSError as e:
        raise UsageError(
            f"{path} cannot be written ({e.strerror}). Name another file with --out FILE."
        ) from None
