"""One result as the result.json of Classroom 50, by its schema `classroom50/result/v1`.

Points are integers there, so all of them are hundredths of ours. What only the classroom knows,
whose repository and which commit it was, comes from the environment of its runner (runner.py in
its repository names the variables), or from a table.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from fractions import Fraction
from pathlib import Path
from typing import Any

from grader.errors import UsageError
from grader.export import files, told
from grader.messages import plain
from grader.model import Assignment
from grader.verdict import Result

SCHEMA = "classroom50/result/v1"
HUNDREDTHS = 100
COLUMNS = ("owner", "submission", "commit", "release", "review")
ENVIRONMENT = {
    "classroom": "CLASSROOM",
    "assignment": "ASSIGNMENT",
    "owner": "USERNAME",
    "submission": "SUBMISSION_TAG",
    "commit": "COMMIT_URL",
    "release": "RELEASE_URL",
    "review": "REVIEW_URL",
}


@dataclass(frozen=True)
class Origin:
    """What the classroom knows of a submission. `submission` is its tag, the rest are links."""

    classroom: str
    assignment: str
    owner: str
    submission: str
    commit: str
    release: str
    review: str


def from_environment(environment: Mapping[str, str], result: Result) -> Origin:
    """What the runner says. Raises UsageError with all that it does not."""
    told = {name: environment.get(key, "").strip() for name, key in ENVIRONMENT.items()}
    told["assignment"] = told["assignment"] or result.assignment
    told["review"] = told["review"] or told["commit"]
    missing = [ENVIRONMENT[name] for name, text in told.items() if not text]
    if missing:
        raise UsageError(
            f"Classroom 50's runner has not set {', '.join(missing)}. Run the command in its "
            "autograder.py, or give a table with --links CSV and the classroom with --classroom."
        )
    return _checked(Origin(**told), result.student)


def read_links(path: Path, classroom: str) -> dict[tuple[str, str], Origin]:
    """The origins in a table by student and assignment ("" for any).

    Columns: student, owner, submission, commit, release, and if need be assignment and review.
    Raises UsageError for a table that cannot be read.
    """
    try:
        text = files.read(path).decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        header = reader.fieldnames or []
        missing = [c for c in ("student", *COLUMNS[:-1]) if c not in header]
        if missing:
            raise UsageError(f"{path}:1: column {missing[0]} is missing. Add it.")
        origins: dict[tuple[str, str], Origin] = {}
        for row in reader:
            cells = {c: (row.get(c) or "").strip() for c in (*COLUMNS, "student", "assignment")}
            student, slug = cells.pop("student"), cells.pop("assignment")
            if any(not cells[c] for c in COLUMNS[:-1]) or not student:
                raise UsageError(f"{path}:{reader.line_num}: a cell is empty. Fill it in.")
            cells["review"] = cells["review"] or cells["commit"]
            if (student, slug) in origins:
                raise UsageError(
                    f"{path}:{reader.line_num}: {plain(student, 60)} is there twice. "
                    "Leave one row, or tell them apart in a column assignment."
                )
            origin = Origin(classroom=classroom, assignment=slug, **cells)
            origins[student, slug] = _checked(origin, student)
    except UnicodeDecodeError:
        raise UsageError(f"{path}: this is not UTF-8. Save it as CSV in UTF-8.") from None
    except csv.Error as e:
        raise UsageError(f"{path}: this is no CSV file ({e}). Check it.") from None
    return origins


def document(result: Result, assignment: Assignment, origin: Origin) -> dict[str, Any]:
    """result.json. Raises UsageError if nobody knows when the work was handed in."""
    when = result.attempt.submitted
    if when is None:
        raise UsageError(
            f"Nobody knows when {plain(result.student, 60)} handed in {result.assignment}. "
            "Give the time in submissions.csv and grade again."
        )
    most = _hundredths(result.max_score)
    return {
        "schema": SCHEMA,
        "classroom": origin.classroom,
        "assignment": origin.assignment or result.assignment,
        "assignment_type": "individual",
        "owner": origin.owner,
        "submission": origin.submission,
        "commit": origin.commit,
        "release": origin.release,
        "review": origin.review,
        "datetime": when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "score": min(_hundredths(result.score), most),
        "max-score": most,
        "tests": [
            {
                "test-name": check.title or check.id,
                "passed": check.full,
                "score": _hundredths(check.points),
                "max-score": _hundredths(check.max_points),
                "message": check.text,
            }
            for check in told.checks(result, assignment)
        ],
    }


def _hundredths(points: Fraction) -> int:
    return round(points * HUNDREDTHS)


def _checked(origin: Origin, student: str) -> Origin:
    if not origin.submission.startswith("submit/"):
        raise UsageError(
            f"{plain(student, 60)}: {plain(origin.submission, 60)!r} is no tag of a submission. "
            "Classroom 50's begin with submit/."
        )
    return origin
