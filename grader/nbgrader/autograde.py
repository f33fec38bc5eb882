"""`nbgrader autograde` with our judge in the place of a kernel.

nbgrader's converter reads, cleans and then autogrades each notebook with lists of preprocessors,
all of which nbgrader_config.py sets (see grader.nbgrader.course). Ours are `Restore`, in the
cleaning, and `Judge` and `Advise`, in the place of Execute. `Submitted` is the exporter that they
hang on: it reads what was handed in, and keeps the judge from one notebook to the next.
"""

from __future__ import annotations

import os
import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.api import Gradebook
from nbgrader.converters import NbGraderException
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution
from traitlets import Bool, Unicode

from grader.errors import GraderError, SubmissionError, UsageError
from grader.messages import say
from grader.nbgrader import restore
from grader.submission import read_submission

if TYPE_CHECKING:
    from grader.nbgrader.judging import Judging
    from grader.verdict import Result, ScoredCheck

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$&])")


class Submitted(NotebookExporter):  # type: ignore[misc]
    """Writes a notebook as one, having read what was handed in without trusting it.

    Links are not followed, and a file that is no notebook is one without cells.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        """What keeps everybody's work from being judged is said here, once, and nothing is begun.

        Raises NbGraderException, at which `nbgrader` ends.
        """
        super().__init__(*given, **named)
        if self.parent is None:
            return
        try:
            self.judging.prepare(self.parent.coursedir.assignment_id)
        except GraderError as e:
            self.log.error("%s", e)
            raise NbGraderException(str(e)) from None

    def from_filename(self, filename: str, resources: Any = None, **kw: Any) -> Any:
        """`filename` through the preprocessors; `resources` says whose it is."""
        resources = resources or {}
        names = resources.get("nbgrader")
        if names is None or Path(filename).parent != self.folder(names):
            return super().from_filename(filename, resources=resources, **kw)
        try:
            source, _ = read_submission(Path(filename).parent, Path(filename).name)
        except SubmissionError:
            source = b""
        nb = restore.readable(source)
        if nb is None:
            self.log.warning("%s is no notebook that can be read.", filename)
        resources["metadata"] = {"name": Path(filename).stem, "path": str(self.folder(names))}
        found = NotebookNode(nb if nb is not None else {"cells": [], "metadata": {}})
        return self.from_notebook_node(found, resources=resources, **kw)

    def folder(self, names: dict[str, str]) -> Path:
        """Where the submission that is being marked was handed in."""
        course = self.parent.coursedir
        path = course.format_path(course.submitted_directory, names["student"], names["assignment"])
        return Path(path)

    @cached_property
    def judging(self) -> Judging:
        """The judge, for as long as this command runs."""
        # As the command `grader` does, before numpy is loaded: students' code has one thread, too.
        for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(variable, "1")
        from grader.nbgrader.judging import Judging

        settings = Judge(parent=self)
        root = Path(self.parent.coursedir.root) / settings.course
        return Judging(root, unsafe=settings.unsafe_no_sandbox)


class Restore(NbGraderPreprocessor):  # type: ignore[misc]
    """Before nbgrader's OverwriteCells: the metadata that the gradebook knows, every graded cell.

    The rest of what was handed in, but for the cells' text, is dropped.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        names = resources["nbgrader"]
        with Gradebook(names["db_url"]) as gradebook:
            known = restore.known_cells(
                gradebook.find_notebook(names["notebook"], names["assignment"])
            )
        for name in restore.missing(nb, known):
            self.log.warning("The cell of %s was missing. It was put back.", name)
        return restore.restored(nb, known), resources


class Judge(NbGraderPreprocessor):  # type: ignore[misc]
    """Each test cell's points and the reason for them, from a judgement on the hidden cases.

    The judge is given the file as it was handed in, as by `grader grade`.
    """

    course = Unicode("..", help="The course's folder, from that of nbgrader's.").tag(config=True)
    unsafe_no_sandbox = Bool(False, help="Run others' code unconfined.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Raises UsageError for a notebook that the judge knows nothing of.

        nbgrader would give full marks for a test cell without outputs.
        """
        names = resources["nbgrader"]
        if names["notebook"] != names["assignment"]:
            raise UsageError(
                f"{names['notebook']}.ipynb is not the notebook of an exercise. "
                "Grade it in a course of its own, with nbgrader's own settings."
            )
        exporter: Submitted = self.parent
        result, lines = exporter.judging.result(
            names["student"], names["assignment"], exporter.folder(names)
        )
        for line in lines:
            self.log.warning("%s", line)
        checks = {c.result.id: c for c in result.checks}
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.outputs = []
            if is_grade(cell) and not is_solution(cell):
                name = cell.metadata.nbgrader.grade_id
                if name not in checks:
                    self.log.warning("There is no check %s, so its cell earns nothing.", name)
                _fill(cell, result, checks.get(name))
        resources["grader_advice"] = _advice(result)
        return nb, resources


class Advise(NbGraderPreprocessor):  # type: ignore[misc]
    """After nbgrader's SaveAutoGrades: what to look at, as the comment on the student's code.

    It is the automatic comment; one that a person writes in formgrader takes its place.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        names, advice = resources["nbgrader"], resources.get("grader_advice", "")
        cells = [c for c in nb.cells if is_solution(c) and not is_grade(c)]
        if advice and cells:
            with Gradebook(names["db_url"]) as gradebook:
                comment = gradebook.find_comment(
                    cells[0].metadata.nbgrader.grade_id,
                    names["notebook"],
                    names["assignment"],
                    names["student"],
                )
                comment.auto_comment = advice
                gradebook.db.commit()
        return nb, resources


def _fill(cell: NotebookNode, result: Result, check: ScoredCheck | None) -> None:
    """Put into a test cell what nbgrader reads its points from, and what a person reads."""
    most = float(cell.metadata.nbgrader.points)
    share = check.points / check.max_points if check is not None and check.max_points else 0
    earned = float(share) * most
    cell.execution_count = None
    if check is None:
        known = ", ".join(c.result.id for c in result.checks)
        name = cell.metadata.nbgrader.grade_id
        lines = [say("notebook.no_check", id=name, slug=result.assignment, known=known)]
    else:
        lines = _lines(result, check)
    cell.outputs = [
        # A plain float between 0 and the cell's points: anything else would be full marks.
        new_output("execute_result", data={"text/plain": repr(min(earned, most))}),
        new_output(
            "display_data",
            data={
                "text/markdown": "\n\n".join(_SPECIAL.sub(r"\\\1", line) for line in lines),
                "text/plain": "\n".join(lines),
            },
        ),
    ]


def _lines(result: Result, check: ScoredCheck) -> list[str]:
    """How a check came out, why, and what to look at. Nothing here tells of hidden cases."""
    from grader.explain import diagnosis_text
    from grader.results import points_text

    r = check.result
    of = say("notebook.points", points=points_text(check.points), of=points_text(check.max_points))
    lines = [f"{say(f'outcome.{r.status.value}')}: {of}. {check.title}"]
    lines += [result.problem or r.reason] if result.problem or r.reason else []
    lines += [diagnosis_text(d) for d in r.diagnosis]
    hints = [m.hint for d in r.diagnosis for m in d.mistakes if m.hint] or [r.hint]
    lines += [say("notebook.hint", hint=hint) for hint in dict.fromkeys(hints) if hint]
    return lines


def _advice(result: Result) -> str:
    """The whole submission's advice as one text, "" if there is nothing to say."""
    from grader.report.advice import advice

    if result.problem:
        return result.problem
    parts = []
    for told in advice(result):
        hints = [say("notebook.hint", hint=hint) for _, hint in told.hints]
        parts.append(" ".join([told.text, *hints]))
    return "\n\n".join(parts)
