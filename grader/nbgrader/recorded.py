"""An assignment as nbgrader's gradebook records it: its notebook and cells, and its submissions.

What `nbgrader generate_assignment` would record is taken from the notebook that is handed out, so
that it finds nothing to add or remove when it is run later. (It refuses to, once there are
submissions.)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import nbformat
import sqlalchemy as sa
from nbgrader import api, utils
from sqlalchemy.orm import Session, selectinload

from grader.errors import UsageError
from grader.model import Assignment

DEFAULT_COURSE = "default_course"


@dataclass
class Recorded:
    """An assignment of a gradebook, with its notebook of ours, and its submissions by student.

    Things of nbgrader's own have no types: `assignment` is its Assignment, `notebook` its Notebook,
    the cells are by name, and `submissions` are its SubmittedAssignments.
    """

    db: Session
    assignment: Any
    notebook: Any
    grade_cells: dict[str, Any]
    solution_cells: dict[str, Any]
    submissions: dict[str, Any]


def find(db: Session, slug: str) -> Recorded | None:
    """What is recorded of the exercise `slug`, or None if there is no notebook of it."""
    assignment: Any = db.scalar(sa.select(api.Assignment).where(api.Assignment.name == slug))
    notebooks = assignment.notebooks if assignment is not None else ()
    notebook = next((n for n in notebooks if n.name == slug), None)
    if notebook is None:
        return None
    query = (
        sa.select(api.SubmittedAssignment)
        .where(api.SubmittedAssignment.assignment_id == assignment.id)
        .options(
            selectinload(api.SubmittedAssignment.notebooks).options(
                selectinload(api.SubmittedNotebook.grades),
                selectinload(api.SubmittedNotebook.comments),
            )
        )
    )
    return Recorded(
        db,
        assignment,
        notebook,
        {c.name: c for c in notebook.grade_cells},
        {c.name: c for c in notebook.solution_cells},
        {s.student_id: s for s in db.scalars(query)},
    )


def record(db: Session, rubric: Assignment, released: bytes | None, course: str) -> Recorded:
    """The recorded exercise, made or completed where needed, with the points of `rubric`.

    `released` is the notebook that is handed out, `course` the id of ours. Raises UsageError if
    cells have to be recorded and that notebook does not have them.
    """
    found = find(db, rubric.slug)
    complete = found is not None and all(c.id in found.grade_cells for c in rubric.checks)
    if found is None or not complete:
        cells = _cells(rubric, released)
        if found is None:
            found = _begin(db, rubric.slug, course)
            _add(found, cells)
        else:
            _add(found, [c for c in cells if utils.is_grade(c)])
            for submission in found.submissions.values():
                for sheet in submission.notebooks:
                    if sheet.notebook_id == found.notebook.id:
                        _fill(db, sheet, found.notebook)
    for check in rubric.checks:
        cell = found.grade_cells[check.id]
        if cell.max_score != float(check.points):  # setting it counts as a change of what is unread
            cell.max_score = float(check.points)
    return found


def submit(found: Recorded, student: str) -> Any:
    """A new submission of `student`, with a place for every grade and comment."""
    submission = api.SubmittedAssignment(
        id=api.new_uuid(), assignment=found.assignment, student_id=student
    )
    found.db.add(submission)
    for notebook in found.assignment.notebooks:
        _sheet(found.db, submission, notebook)
    found.submissions[student] = submission
    return submission


def sheet_of(found: Recorded, submission: Any) -> Any:
    """The submitted notebook that is about our exercise, made if it is not there."""
    for sheet in submission.notebooks:
        if sheet.notebook_id == found.notebook.id:
            return sheet
    return _sheet(found.db, submission, found.notebook)


def _sheet(db: Session, submission: Any, notebook: Any) -> Any:
    sheet = api.SubmittedNotebook(
        id=api.new_uuid(), notebook=notebook, notebook_id=notebook.id, assignment=submission
    )
    db.add(sheet)
    _fill(db, sheet, notebook)
    return sheet


def _begin(db: Session, slug: str, course: str) -> Recorded:
    assignment = db.scalar(sa.select(api.Assignment).where(api.Assignment.name == slug))
    if assignment is None:
        assignment = api.Assignment(name=slug, course_id=_course(db, course))
        assignment.id = api.new_uuid()
        db.add(assignment)
    notebook = api.Notebook(id=api.new_uuid(), name=slug, assignment=assignment)
    db.add(notebook)
    handed_in = {s.student_id: s for s in assignment.submissions}
    return Recorded(db, assignment, notebook, {}, {}, handed_in)


def _course(db: Session, course: str) -> str:
    """The id that the gradebook has for our course; nbgrader's default if it has none."""
    known = list(db.scalars(sa.select(api.Course.id)))
    if course in known:
        return course
    if len(known) == 1:
        return str(known[0])
    if DEFAULT_COURSE not in known:
        db.add(api.Course(id=DEFAULT_COURSE))
        db.flush()
    return DEFAULT_COURSE


def _cells(rubric: Assignment, released: bytes | None) -> list[Any]:
    """The cells of the released notebook that nbgrader keeps books on."""
    hint = "Run `grader build`, or `nbgrader generate_assignment`."
    if released is None:
        raise UsageError(f"There is no notebook of {rubric.slug} to record. {hint}")
    try:
        read = nbformat.reads(released.decode("utf-8"), as_version=4)
        cells = [c for c in read.cells if "nbgrader" in c.metadata]
        graded = {c.metadata.nbgrader["grade_id"] for c in cells if utils.is_grade(c)}
    except (AttributeError, KeyError, TypeError, ValueError) as e:
        raise UsageError(f"The notebook of {rubric.slug} cannot be read ({e}). {hint}") from None
    if missing := [c.id for c in rubric.checks if c.id not in graded]:
        raise UsageError(
            f"The notebook of {rubric.slug} has no cell for {', '.join(missing)}. {hint}"
        )
    return cells


def _add(found: Recorded, cells: Iterable[Any]) -> None:
    """Record `cells` as nbgrader's SaveCells does."""
    notebook = found.notebook
    source_cells = {c.name for c in notebook.source_cells}
    for cell in cells:
        name = cell.metadata.nbgrader["grade_id"]
        if utils.is_grade(cell) and name not in found.grade_cells:
            found.grade_cells[name] = api.GradeCell(
                id=api.new_uuid(),
                name=name,
                notebook=notebook,
                max_score=float(cell.metadata.nbgrader["points"]),
                cell_type=cell.cell_type,
            )
            found.db.add(found.grade_cells[name])
        if utils.is_solution(cell) and name not in found.solution_cells:
            found.solution_cells[name] = api.SolutionCell(
                id=api.new_uuid(), name=name, notebook=notebook
            )
            found.db.add(found.solution_cells[name])
        if name not in source_cells:
            source = api.SourceCell(
                id=api.new_uuid(),
                name=name,
                notebook=notebook,
                cell_type=cell.cell_type,
                locked=utils.is_locked(cell),
                source=cell.source,
                checksum=utils.compute_checksum(cell),
            )
            found.db.add(source)


def _fill(db: Session, sheet: Any, notebook: Any) -> None:
    """A grade and a comment for each cell of `notebook` for which `sheet` has none."""
    graded = {g.cell_id for g in sheet.grades}
    commented = {c.cell_id for c in sheet.comments}
    for cell in (*notebook.grade_cells, *notebook.task_cells):
        if cell.id not in graded:
            db.add(api.Grade(id=api.new_uuid(), cell_id=cell.id, notebook=sheet))
    for cell in (*notebook.solution_cells, *notebook.task_cells):
        if cell.id not in commented:
            db.add(api.Comment(id=api.new_uuid(), cell_id=cell.id, notebook=sheet))
