"""What a gradebook of nbgrader holds, as CSV that a spreadsheet may open, or as JSON.

    nbgrader export --exporter=grader.nbgrader.exporters.CsvExporter --to grades.csv
    nbgrader export --exporter=grader.nbgrader.exporters.JsonExporter --to grades.json

nbgrader's own CSV joins strings without quoting, so a comma in a name moves all that follows it.
"""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from nbgrader.api import MissingEntry
from nbgrader.plugins import ExportPlugin
from traitlets import Unicode

from grader.errors import UsageError
from grader.messages import plain
from grader.results import csv_cell, number

SCHEMA = 1
COLUMNS = (
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
    "status",
)
"""Those of nbgrader's own CSV, and `status`: graded, waiting for a person, or missing."""


class CsvExporter(ExportPlugin):  # type: ignore[misc]
    """A line for each student and assignment; points to the cent, times in UTC."""

    to = Unicode("grades.csv", help="The file to write.").tag(config=True)

    def export(self, gradebook: Any) -> None:
        """Write `self.to`."""
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for row in _rows(self, gradebook):
            writer.writerow([csv_cell(row[column]) for column in COLUMNS])
        _write(self, Path(self.to or "grades.csv"), out.getvalue())


class JsonExporter(ExportPlugin):  # type: ignore[misc]
    """One document with the checks of each student and assignment, and who gave their points."""

    to = Unicode("grades.json", help="The file to write.").tag(config=True)

    def export(self, gradebook: Any) -> None:
        """Write `self.to`."""
        document = {"schema": SCHEMA, "results": list(_rows(self, gradebook, checks=True))}
        text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
        _write(self, Path(self.to or "grades.json"), text)


def _rows(plugin: Any, gradebook: Any, *, checks: bool = False) -> Iterator[dict[str, Any]]:
    """What there is to say of everybody, by assignment and student; names as they stand there."""
    students = [str(s) for s in plugin.student]
    assignments = [str(a) for a in plugin.assignment]
    for assignment in sorted(gradebook.assignments, key=lambda a: a.name):
        if assignments and assignment.name not in assignments:
            continue
        for student in sorted(gradebook.students, key=lambda s: s.id):
            if not students or student.id in students:
                yield _row(gradebook, assignment, student, checks)


def _row(gradebook: Any, assignment: Any, student: Any, checks: bool) -> dict[str, Any]:
    row = {
        "assignment": assignment.name,
        "duedate": _time(assignment.duedate),
        "timestamp": None,
        "student_id": student.id,
        "last_name": student.last_name,
        "first_name": student.first_name,
        "email": student.email,
        "raw_score": 0,
        "late_submission_penalty": 0,
        "score": 0,
        "max_score": _points(assignment.max_score),
        "status": "missing",
    }
    try:
        submission = gradebook.find_submission(assignment.name, student.id)
    except MissingEntry:
        return {**row, "checks": []} if checks else row
    score, penalty = submission.score, submission.late_submission_penalty or 0.0
    row |= {
        "duedate": _time(submission.duedate if assignment.duedate else None),
        "timestamp": _time(submission.timestamp),
        "raw_score": _points(score),
        "late_submission_penalty": _points(penalty),
        "score": _points(max(0.0, score - penalty)),
        "status": "waiting" if submission.needs_manual_grade else "graded",
    }
    if checks:
        grades = [g for sheet in submission.notebooks for g in sheet.grades]
        row["checks"] = [_check(g) for g in sorted(grades, key=lambda g: (g.notebook.name, g.name))]
    return row


def _check(grade: Any) -> dict[str, Any]:
    return {
        "notebook": grade.notebook.name,
        "id": grade.name,
        "points": _points(grade.score),
        "max_points": _points(grade.max_score),
        "by_hand": grade.manual_score is not None,
        "extra_credit": _points(grade.extra_credit or 0.0),
        "waiting": bool(grade.needs_manual_grade),
    }


def _points(score: float) -> float | int:
    """Points to the cent. A float a hair beside a half cent is taken for that half cent."""
    return number(Fraction(score).limit_denominator(10**6))


def _time(time: datetime | None) -> str | None:
    """A time as nbgrader keeps it, in UTC without saying so, with the zone said."""
    return None if time is None else time.replace(tzinfo=UTC).isoformat()


def _write(plugin: Any, path: Path, text: str) -> None:
    """All of `text`, or the file as it was.

    If that cannot be done, the `nbgrader` that runs the plugin ends with a message; UsageError is
    raised where nobody runs it.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as e:
        told = f"{plain(str(path))} cannot be written ({e.strerror}). Name another with --to."
        if hasattr(plugin.parent, "fail"):
            plugin.parent.fail("%s", told)
        raise UsageError(told) from None
