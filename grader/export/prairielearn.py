"""One result as the results.json of an external grader of PrairieLearn.

The fields are those of docs/externalGrading.md in PrairieLearn's repository, section "Grading
results"; PrairieLearn takes at most 1 MB.
"""

from __future__ import annotations

from typing import Any

from grader.export import told
from grader.export.points import share
from grader.model import Assignment
from grader.report.summary import is_graded
from grader.results import number
from grader.verdict import Result


def document(result: Result, assignment: Assignment) -> dict[str, Any]:
    """results.json. What could not be run is not gradable, which costs no attempt there."""
    summary = told.summary(result, assignment)
    if not is_graded(result):
        return {"gradable": False, "format_errors": [summary], "message": summary, "tests": []}
    return {
        "gradable": True,
        "score": float(share(result)),
        "message": summary,
        "tests": [
            {
                "name": check.title,
                "points": number(check.points),
                "max_points": number(check.max_points),
                "message": check.text,
                "output": "",
            }
            for check in told.checks(result, assignment)
        ],
    }
