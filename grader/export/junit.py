"""The results of a class as JUnit XML, as `grader check --junit` writes one's own.

What it says is fit for students, since CI systems show it to whoever pushes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from grader.ci import junit
from grader.counting import MISSING
from grader.model import Assignment
from grader.report.advice import for_student
from grader.verdict import Result


def document(results: Iterable[Result], rubrics: Mapping[str, Assignment]) -> bytes:
    """A suite for each submission with a case for each check, UTF-8. Missing work has none."""
    handed_in = [r for r in results if r.status != MISSING]
    return junit.document([for_student(r, rubrics[r.assignment]) for r in handed_in])
