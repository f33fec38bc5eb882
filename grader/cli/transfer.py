"""The commands that take results to other systems and back: export, import."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import common, exporting, exports
from grader.errors import UsageError

if TYPE_CHECKING:
    from types import ModuleType


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


@click.group("export")
def export_() -> None:
    """Write results into other systems."""


@click.option("--into", required=True, metavar="FILE|URL", help="The gradebook.")
@click.option("--create", is_flag=True, help="Make the gradebook if there is none.")
@exports.slugs
@common.course
@common.results
@common.as_json
def _export_nbgrader(
    into: str,
    create: bool,
    slugs: tuple[str, ...],
    course_dir: Path | None,
    results_dir: Path | None,
    as_json: bool,
) -> int:
    """Write scores, comments and lateness into nbgrader's gradebook.

    FILE or sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE. All is written or nothing,
    and what people have graded by hand is left alone.
    """

    def work() -> exporting.Done:
        from grader import counting
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
        submissions = exporting.plural(written.submissions, "submission")
        what = f"{submissions}, {exporting.plural(written.scores, 'score')}"
        where = gradebook.database.shown(into)
        line = f"Written to {where}: {what}."
        if not written.changed:
            line = f"{where} had all of it already, so nothing was changed: {what}."
        document = {
            "file": where,
            "written": written.scores if written.changed else 0,
            "submissions": written.submissions,
            "scores": written.scores,
            "changed": written.changed,
            "notes": list(written.notes),
        }
        return exporting.Done(document, [line], written.notes, bool(written.notes))

    return exporting.run("nbgrader", as_json, work)


@click.group("import")
def import_() -> None:
    """Take into our results what people have given in other systems."""


@click.option("--from", "source", required=True, metavar="FILE|URL", help="The gradebook.")
@exports.slugs
@common.course
@common.results
@common.as_json
def _import_nbgrader(
    source: str,
    slugs: tuple[str, ...],
    course_dir: Path | None,
    results_dir: Path | None,
    as_json: bool,
) -> int:
    """Take the points and comments of manual checks from nbgrader's gradebook.

    They are kept beside the judgements, so grading again does not touch them. What is not marked
    in the gradebook stays as it is here.
    """

    def work() -> exporting.Done:
        from grader.messages import plain
        from grader.store import Store

        gradebook = _gradebook()
        root = common.root(course_dir)
        _, exercises = common.exercises(root, slugs)
        rubrics = [e.assignment for e in exercises.values()]
        if not any(c.kind == "manual" for a in rubrics for c in a.checks):
            line = "No check of these exercises is for a person to mark, so nothing was taken."
            return exporting.Done({"taken": 0, "new": 0, "changed": 0, "notes": []}, [line])
        with Store(results_dir or root / common.RESULTS) as store:
            taken = gradebook.read(source, rubrics)
            before = store.marked()
            news = {whose: m for whose, m in taken.marked.items() if before.get(whose) != m}
            store.mark(news)
            known = {(r.student, r.assignment) for r in store.attempts()}
        new = sum(whose not in before for whose in news)
        where = gradebook.database.shown(source)
        marks = exporting.plural(len(taken.marked), "mark")
        line = f"Taken from {where}: {marks} of people, {new} new, {len(news) - new} changed."
        notes = [
            f"{slug}, {check}: not marked yet: {', '.join(students)}."
            for (slug, check), students in taken.waiting.items()
        ]
        strangers = sorted({(s, slug) for s, slug, _ in taken.marked if (s, slug) not in known})
        notes += [
            f"{plain(student, 60)}, {slug}: marked, but nothing is graded here."
            for student, slug in strangers
        ]
        notes += taken.notes
        document = {
            "file": where,
            "taken": len(taken.marked),
            "new": new,
            "changed": len(news) - new,
            "unmatched": {"students": sorted({student for student, _ in strangers})},
            "notes": notes,
        }
        return exporting.Done(document, [line], notes, bool(notes))

    return exporting.run("nbgrader", as_json, work)


# Not by a decorator: every command that a module names is a command of `grader` itself.
export_.command("nbgrader")(_export_nbgrader)
import_.command("nbgrader")(_import_nbgrader)
exports.add_to(export_)
