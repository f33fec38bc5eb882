"""Our judge as nbgrader's steps ask for it: one course, one zygote, one submission at a time."""

from __future__ import annotations

import weakref
from pathlib import Path

from grader import batch, collect, doctor, exercise, inputs
from grader.course import load_course
from grader.errors import UsageError
from grader.model import Assignment, Submission, SubmissionProblem
from grader.places import find_course
from grader.report.advice import for_student
from grader.score import score
from grader.submission import file_names
from grader.verdict import Result


class Judging:
    """Marks the notebooks of a course as `grader grade` does: same cases, secret and sandbox.

    What an exercise needs is loaded when it is first asked for. The sandboxed process ends when
    this object does.
    """

    def __init__(self, folder: Path, *, unsafe: bool) -> None:
        """Raises UsageError if there is no course at `folder`, ConfigError if it is wrong."""
        try:
            self._course = load_course(find_course(folder))
        except UsageError:
            raise UsageError(
                f"There is no course.yaml in {folder.resolve()}. Run `grader nbgrader init` again, "
                "or set c.Judge.course in nbgrader_config.py."
            ) from None
        self._unsafe = unsafe
        self._judges: dict[str, tuple[Assignment, batch.Judge]] = {}

    def prepare(self, slug: str) -> None:
        """Load what is needed to judge the exercise `slug`.

        Raises UsageError if the course has no such exercise, or if nothing can be run safely here,
        and ConfigError if the exercise is wrong.
        """
        self._of(slug)

    def result(self, student: str, slug: str, folder: Path) -> tuple[Result, list[str]]:
        """What the work in `folder` earns, as far as its author may be told; what was passed over.

        Raises UsageError if the course has no such exercise, or if nothing can be run safely here,
        and WorkerError if no process can be had.
        """
        assignment, judge = self._of(slug)
        given = self._course.root / "assignments"
        found = collect.collect([folder], [assignment], student, self._course.policy.zone, given)
        name = file_names(assignment)[-1]
        problem = SubmissionProblem("missing", {"want": name})
        (submission,) = found.submissions()[-1:] or [
            Submission(student, slug, name, problem=problem)
        ]
        result = score(submission.student, assignment, judge(submission))
        return for_student(result, assignment), found.problems

    def _of(self, slug: str) -> tuple[Assignment, batch.Judge]:
        if slug not in self._judges:
            if slug not in self._course.slugs:
                known = ", ".join(self._course.slugs)
                raise UsageError(
                    f"There is no exercise {slug} in the course to judge it by. There are: {known}."
                )
            loaded = exercise.load(self._course, slug)
            secret, _ = inputs.course_secret(self._course.root)
            isolation = doctor.isolation(self._course.limits, unsafe=self._unsafe)
            job = batch.Job(self._course, (slug,), secret, isolation)
            judge = batch.Judge(job, {slug: loaded})
            weakref.finalize(self, judge.worker.close)
            self._judges[slug] = loaded.assignment, judge
        return self._judges[slug]
