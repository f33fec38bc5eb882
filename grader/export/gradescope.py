"""One result as the results.json that an autograder of Gradescope writes.

The fields are those of https://gradescope-autograders.readthedocs.io/en/latest/specs/. No test is
hidden, since Gradescope then hides the total too; what tests say is fit for students.
"""

from __future__ import annotations

from typing import Any

from grader.export import told
from grader.model import Assignment
from grader.results import number
from grader.verdict import Result


def document(result: Result, assignment: Assignment) -> dict[str, Any]:
    """results.json. `score` is after lateness, so it may be less than that of the tests."""
    summary = told.summary(result, assignment)
    return {
        "score": number(result.score),
        "output": summary,
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {
            "student": result.student,
            "assignment": result.assignment,
            "attempt": result.attempt.number,
            "max_score": number(result.max_score),
            "earned": number(result.earned),
            "status": result.status,
        },
        "tests": [
            {
                "name": check.title,
                "number": str(place),
                "score": number(check.points),
                "max_score": number(check.max_points),
                "status": "passed" if check.full else "failed",
                "output": check.text,
                "output_format": "text",
                "tags": [check.id],
                "visibility": "visible",
            }
            for place, check in enumerate(told.checks(result, assignment), start=1)
        ],
    }
