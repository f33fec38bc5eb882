"""A complete nbgrader course out of ours: source notebooks, configuration, gradebook.

DIR/nbgrader_config.py            what `nbgrader` reads wherever it is run in DIR
DIR/source/<slug>/<slug>.ipynb    the instructor's version, with solutions
DIR/source/<slug>/probe.py, examples.json      what its checks need in a student's kernel
DIR/gradebook.db                  students and due times, if there are any
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from nbgrader.api import Gradebook

from grader import build, source
from grader.errors import UsageError
from grader.exercise import Exercise
from grader.model import Course
from grader.source import Source

CONFIG = "nbgrader_config.py"
FIRST_LINE = "# An nbgrader course, made by `grader nbgrader init`. Run that again to update it."
KEPT_BELOW = "# Settings of your own go below this line, where an update leaves them alone."
ID_COLUMNS = ("id", "student", "student_id")

_SETTINGS = f"""\
{FIRST_LINE}
c = get_config()

c.CourseDirectory.course_id = {{course_id}}

# `nbgrader autograde` asks the judge of this course, in its sandbox, and starts no kernel.
c.Judge.course = {{course}}
c.Autograde.exporter_class = "grader.nbgrader.autograde.Submitted"
c.Autograde.sanitize_preprocessors = [
    "grader.nbgrader.autograde.Restore",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "grader.nbgrader.autograde.Judge",
    "nbgrader.preprocessors.SaveAutoGrades",
    "grader.nbgrader.autograde.Advise",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.OverwriteCells.add_missing_cells = True

# A student's own module is never replaced by one that lies in source/.
c.Autograde.exclude_overwriting = {{modules}}

# Lateness costs what course.yaml says.
c.AssignLatePenalties.plugin_class = "grader.nbgrader.late.LatePolicy"
c.LatePolicy.course = {{course}}
c.GenerateFeedback.preprocessors = [
    # Once more: people have given points since `nbgrader autograde`.
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.GetGrades",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]

# `nbgrader export` writes a CSV that is quoted, and safe to open in a spreadsheet.
c.ExportApp.plugin_class = "grader.nbgrader.exporters.CsvExporter"

{KEPT_BELOW}
"""


@dataclass(frozen=True)
class Student:
    """A line of a roster. All but `id` may be ""."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""


def write(
    folder: Path, course: Course, exercises: Mapping[str, Exercise], students: Sequence[Student]
) -> list[str]:
    """Make or update the nbgrader course in `folder`; what was written, as paths in it.

    Raises UsageError for a folder that holds anything else.
    """
    kept = _kept(folder)
    where = os.path.relpath(course.root.resolve(), folder.resolve())
    settings = _SETTINGS.format(
        course_id=json.dumps(course.id),
        course=json.dumps(Path(where).as_posix()),
        modules=json.dumps({slug: [e.assignment.file_name] for slug, e in exercises.items()}),
    )
    files = {CONFIG: (settings + kept).encode()}
    for slug, e in exercises.items():
        for name, content in _source(course, e).items():
            files[f"source/{slug}/{name}"] = content
    written = []
    for name, content in files.items():
        path = folder / name
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            written.append(name)
    _enrol(folder, course, list(exercises), students)
    return written


def roster(path: Path) -> tuple[Student, ...]:
    """The students in a CSV with a column `id` and perhaps first_name, last_name and email.

    Raises UsageError if it cannot be read, has no such column, or a line without an id.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = list(csv.DictReader(text.splitlines()))
    except (OSError, ValueError, csv.Error) as e:
        why = getattr(e, "strerror", None) or "it is no CSV in UTF-8"
        raise UsageError(f"{path} cannot be read ({why}). Name a CSV file.") from None
    heads = list(rows[0]) if rows else []
    column = next((name for name in ID_COLUMNS if name in heads), None)
    if column is None:
        raise UsageError(f"{path} has no column `id`. Give its first line: id,first_name,last_name")
    students = []
    for line, row in enumerate(rows, 2):
        name = (row[column] or "").strip()
        # nbgrader makes folders of these names, and takes the character + apart.
        if not name or "/" in name or "+" in name or name.startswith("."):
            raise UsageError(f"{path}:{line}: {name!r} can be no student's id. Mend the line.")
        rest = ((row.get(key) or "").strip() for key in ("first_name", "last_name", "email"))
        students.append(Student(name, *rest))
    return tuple(students)


def _source(course: Course, e: Exercise) -> dict[str, bytes]:
    """The files of one exercise. Nothing else of solutions/ leaves it.

    Raises UsageError if `grader build` has not been run.
    """
    slug = e.assignment.slug
    folder = course.root / "assignments" / slug
    examples = folder / "examples.json"
    if not examples.is_file():
        raise UsageError(f"assignments/{slug}/examples.json is missing. Run `grader build`.")
    parsed = source.parse(e.source, Path("solutions", slug, e.assignment.file_name))
    files = build.generate(e.assignment, parsed, examples.read_bytes())
    return {
        f"{slug}.ipynb": instructor_version(files[f"{slug}.ipynb"], parsed),
        "probe.py": (folder / "probe.py").read_bytes(),
        "examples.json": files["examples.json"],
    }


def instructor_version(notebook: bytes, parsed: Source) -> bytes:
    """A student's notebook with the solutions in it, between nbgrader's marks."""
    solved = [c for c in parsed.code if c.regions]
    document = json.loads(notebook)
    cells = [
        c
        for c in document["cells"]
        if c["metadata"]["nbgrader"]["solution"] and not c["metadata"]["nbgrader"]["grade"]
    ]
    for cell, code in zip(cells, solved, strict=True):
        cell["source"] = code.text.splitlines(keepends=True)
    return (json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _kept(folder: Path) -> str:
    """The instructor's own settings, if `folder` is a course of ours already."""
    if not folder.exists():
        return ""
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder. Name a new one.")
    config = folder / CONFIG
    text = config.read_text(encoding="utf-8") if config.is_file() else ""
    if text.startswith(FIRST_LINE):
        return text.partition(f"{KEPT_BELOW}\n")[2]
    if any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty, and was not made by this. Name a new folder.")
    return ""


def _enrol(folder: Path, course: Course, slugs: Sequence[str], students: Sequence[Student]) -> None:
    """Students and due times, in the gradebook that nbgrader uses by default."""
    due = {slug: course.policy.of(slug).due for slug in slugs}
    if not students and not any(due.values()):
        return
    url = f"sqlite:///{(folder / 'gradebook.db').resolve()}"
    with Gradebook(url, course.id) as gradebook:
        for slug, time in due.items():
            if time is not None:  # nbgrader keeps times in UTC, and does not say so
                utc = time.astimezone(UTC).replace(tzinfo=None)
                gradebook.update_or_create_assignment(slug, duedate=utc)
        for s in students:
            names = {"first_name": s.first_name, "last_name": s.last_name, "email": s.email}
            given = {key: value for key, value in names.items() if value}
            gradebook.update_or_create_student(s.id, **given)
