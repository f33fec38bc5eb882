"""The formats of `grader export`: a command for each, with its options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from grader.cli import common, exporting
from grader.errors import UsageError

slugs = click.option(
    "--assignment", "slugs", multiple=True, metavar="SLUG", help="Default: all that are graded."
)
_roster = click.option(
    "--roster",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="CSV",
    help="Who is who: id, name, email, and the ids of other systems.",
)
_into = click.option(
    "--into",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The file that you downloaded.",
)
_copy = click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write this one, and leave FILE as it is.",
)
_zeros = click.option("--zeros", is_flag=True, help="Write 0 for work that was not handed in.")
_encoding = click.option(
    "--encoding", default="utf-8", show_default=True, help="Of a file without byte order mark."
)
_out = click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Default: stdout."
)


@click.command("canvas")
@_into
@_copy
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="SLUG=COLUMN",
    help="The column of an exercise: its title, or the number behind that.",
)
@_zeros
@_encoding
@slugs
@_roster
@common.course
@common.results
@common.as_json
def _canvas(
    into: Path,
    out: Path | None,
    columns: tuple[str, ...],
    zeros: bool,
    encoding: str,
    slugs: tuple[str, ...],
    roster: Path | None,
    course_dir: Path | None,
    results_dir: Path | None,
    as_json: bool,
) -> int:
    """Write scores into the gradebook downloaded from Canvas.

    Only the cells with scores change, and nothing is written if anything is not certain.
    """

    def work() -> exporting.Done:
        from grader.export import canvas, files

        job = exporting.job_of(course_dir, results_dir, slugs, roster)
        edit = canvas.edit(
            into,
            files.read(into),
            job.results,
            job.rubrics,
            job.people,
            columns=exporting.named(columns, job),
            zeros=zeros,
            encoding=encoding,
        )
        return exporting.edited(edit, into, out, job)

    return exporting.run("canvas", as_json, work)


@click.command("moodle")
@_into
@_copy
@click.option("--column", metavar="NAME", help="The column of grades, if it is not found.")
@click.option("--feedback", is_flag=True, help="Write what cost points into the comments.")
@click.option("--feedback-column", metavar="NAME", help="The column of comments; with --feedback.")
@_zeros
@_encoding
@slugs
@_roster
@common.course
@common.results
@common.as_json
def _moodle(
    into: Path,
    out: Path | None,
    column: str | None,
    feedback: bool,
    feedback_column: str | None,
    zeros: bool,
    encoding: str,
    slugs: tuple[str, ...],
    roster: Path | None,
    course_dir: Path | None,
    results_dir: Path | None,
    as_json: bool,
) -> int:
    """Write grades into the grading worksheet downloaded from an assignment of Moodle.

    Only the cells with grades and comments change, and nothing is written if anything is not
    certain. A worksheet is of one assignment: name the exercise with --assignment.
    """

    def work() -> exporting.Done:
        from grader.export import files, moodle

        job = exporting.job_of(course_dir, results_dir, slugs, roster)
        edit = moodle.edit(
            into,
            files.read(into),
            job.results,
            exporting.one(job),
            job.people,
            column=column,
            feedback=feedback,
            feedback_column=feedback_column,
            zeros=zeros,
            encoding=encoding,
        )
        return exporting.edited(edit, into, out, job)

    return exporting.run("moodle", as_json, work)


@click.command("junit")
@_out
@click.option("--student", metavar="ID", help="Default: all.")
@slugs
@common.course
@common.results
@common.as_json
def _junit(
    out: Path | None,
    student: str | None,
    slugs: tuple[str, ...],
    course_dir: Path | None,
    results_dir: Path | None,
    as_json: bool,
) -> int:
    """Write JUnit XML: a suite for each submission, a test case for each check."""

    def work() -> exporting.Done:
        from grader.export import junit

        job = exporting.job_of(course_dir, results_dir, slugs)
        results = exporting.handed_in(student, job)
        return exporting.whole(junit.document(results, job.rubrics), out, as_json, len(results))

    return exporting.run("junit", as_json, work)


@click.command("csv")
@_out
@click.option("--wide", is_flag=True, help="A row for each student, a column for each exercise.")
@slugs
@_roster
@common.course
@common.results
@common.as_json
def _csv(
    out: Path | None,
    wide: bool,
    slugs: tuple[str, ...],
    roster: Path | None,
    course_dir: Path | None,
    results_dir: Path | None,
    as_json: bool,
) -> int:
    """Write a table for people and spreadsheets: a row for each student and exercise."""

    def work() -> exporting.Done:
        from grader.export import table

        job = exporting.job_of(course_dir, results_dir, slugs, roster)
        data = (table.wide if wide else table.long)(job.results, job.totals, job.people)
        return exporting.whole(data, out, as_json, len(job.results))

    return exporting.run("csv", as_json, work)


@click.command("json")
@_out
@slugs
@common.course
@common.results
@common.as_json
def _json(
    out: Path | None,
    slugs: tuple[str, ...],
    course_dir: Path | None,
    results_dir: Path | None,
    as_json: bool,
) -> int:
    """Write the document of `grader grade --json`, of all that is stored."""

    def work() -> exporting.Done:
        from grader.results import streamed

        job = exporting.job_of(course_dir, results_dir, slugs)
        lines = streamed(job.results, lambda: ([], job.totals))
        data = ("\n".join(lines) + "\n").encode("utf-8", errors="replace")
        return exporting.whole(data, out, as_json, len(job.results))

    return exporting.run("json", as_json, work)


def _single(name: str, doc: str) -> click.Command:
    """The command of a format that is for one submission."""

    @click.command(name, help=doc)
    @click.option("--student", metavar="ID", help="Default: all, each in a file of its own.")
    @slugs
    @click.option(
        "--out",
        type=click.Path(path_type=Path),
        metavar="FILE|DIR",
        help="The file for one submission (default: stdout), or the folder for a class.",
    )
    @common.course
    @common.results
    @common.as_json
    def command(
        student: str | None,
        slugs: tuple[str, ...],
        out: Path | None,
        course_dir: Path | None,
        results_dir: Path | None,
        as_json: bool,
        **more: Any,
    ) -> int:
        def work() -> exporting.Done:
            job = exporting.job_of(course_dir, results_dir, slugs)
            results = exporting.handed_in(student, job)
            documents = list(exporting.documents(name, results, job, **more))
            if student is None:
                return exporting.a_file_each(documents, out)
            if len(documents) != 1:
                told = ", ".join(r.assignment for r in results)
                raise UsageError(
                    f"{student} has handed in several exercises: {told}. "
                    "Name one with --assignment."
                )
            return exporting.whole(exporting.dumped(documents[0][1]), out, as_json, 1)

        return exporting.run(name, as_json, work)

    return command


def _classroom50() -> click.Command:
    """The command with what only the classroom knows."""
    command = _single(
        "classroom50",
        "Write result.json of Classroom 50 for one submission, or for each of a class. Whose "
        "repository it is and which commit is taken from the environment of its runner, or from "
        "a table.",
    )
    command.params += [
        click.Option(["--classroom"], metavar="NAME", help="The short name; with --links."),
        click.Option(
            ["--links"],
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="CSV",
            help="Columns student, owner, submission, commit, release.",
        ),
    ]
    return command


def add_to(group: click.Group) -> None:
    """Add a command for each format."""
    gradescope = _single(
        "gradescope",
        "Write results.json of a Gradescope autograder for one submission, or for each of a class.",
    )
    prairielearn = _single(
        "prairielearn",
        "Write results.json of a PrairieLearn external grader for one submission, or for each of "
        "a class.",
    )
    for command in (
        _canvas,
        _moodle,
        gradescope,
        _classroom50(),
        prairielearn,
        _junit,
        _csv,
        _json,
    ):
        group.add_command(command)
