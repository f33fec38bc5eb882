"""The class report: a folder of HTML files that needs no network and no server.

`index.html` is for the instructor. `detail.html`, `student.html` and `pairs.html` hold the pages of
all students, or pairs, packed, and unpack in the browser the one that is asked for by its address.
What a student is told, in `student.html` or in a file of its own, holds reasons, diagnoses, hints
and public cases, but no case, no number and no message of a hidden check. Names and messages are
hostile input; what is done about them is in `grader.report.page`, `people` and `markdown`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grader.errors import UsageError
from grader.messages import plain
from grader.model import Assignment, Course
from grader.report.gather import gather
from grader.report.handout import own_markdown, own_page
from grader.report.material import Material
from grader.report.site import write_report
from grader.verdict import Result

__all__ = ["Material", "feedback", "write_report"]


def feedback(
    course: Course,
    assignments: Mapping[str, Assignment],
    results: Sequence[Result],
    student: str,
    material: Material,
    *,
    markdown: bool,
) -> str:
    """What `student` is told, as Markdown or as a page of HTML that stands alone.

    Raises UsageError for a student of whom nothing is known.
    """
    gathered = gather(course, assignments, results, material)
    person = gathered.everyone.get(student)
    if person is None:
        raise UsageError(
            f"There is no result of {plain(student)}. `grader rescore` lists all students."
        )
    if markdown:
        return own_markdown(gathered, person)
    return own_page(gathered, person, alone=True)
