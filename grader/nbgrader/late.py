"""Our late policy as nbgrader's plugin: grace, days, floor, cut-off, and extensions per student.

    c.AssignLatePenalties.plugin_class = "grader.nbgrader.late.LatePolicy"
    c.LatePolicy.course = "../the-course"

nbgrader asks its plugin only about work that came after the due time in its gradebook, which
`grader nbgrader init` and `grader export nbgrader` write there.
"""

from __future__ import annotations

from datetime import UTC
from fractions import Fraction
from pathlib import Path
from typing import Any

from nbgrader.plugins import LateSubmissionPlugin
from traitlets import Unicode

from grader.course import load_course
from grader.errors import UsageError
from grader.places import find_course
from grader.policy import Policy


class LatePolicy(LateSubmissionPlugin):  # type: ignore[misc]
    """Takes off what course.yaml and extensions.yaml say."""

    course = Unicode(
        "",
        help="The folder of the course.yaml, seen from the nbgrader course. Default: the nearest "
        "one upwards from there.",
    ).tag(config=True)

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """The points to take off `score`; None for none.

        Raises UsageError if no course can be found, or if it is not nbgrader that asks.
        """
        preprocessor = self.parent
        gradebook = getattr(preprocessor, "gradebook", None)
        slug = getattr(preprocessor, "assignment_id", None)
        if gradebook is None or slug is None:
            raise UsageError(
                "LatePolicy has to know which assignment is late. "
                "Set it as c.AssignLatePenalties.plugin_class in nbgrader_config.py."
            )
        submitted = gradebook.find_submission(slug, student_id).timestamp
        if submitted is None:
            return None
        late = self.policy().lateness(student_id, slug, submitted.replace(tzinfo=UTC))
        if late is None or not late.penalty:
            return None
        return float(late.penalty * Fraction(score))

    def policy(self) -> Policy:
        """The policy of the course. Raises UsageError or ConfigError if there is none to be had."""
        return load_course(find_course(self._root() / self.course)).policy

    def _root(self) -> Path:
        """The folder of the nbgrader course, of which one of those who own this plugin knows."""
        owner: Any = self.parent
        while owner is not None:
            coursedir = getattr(owner, "coursedir", None)
            if coursedir is not None:
                return Path(coursedir.root)
            owner = getattr(owner, "parent", None)
        return Path.cwd()
