"""Our results into nbgrader's gradebook, in one transaction that a second run finds done; and back.

What people give stays theirs: `manual_score`, `extra_credit`, `manual_comment` and flags are read
and never written. The penalty for lateness is our share of what nbgrader itself counts, theirs
included, so that its total is ours wherever nobody has changed anything by hand.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from nbgrader import api

from grader.explain import diagnosis_text
from grader.messages import plain, say
from grader.model import Assignment, Check
from grader.nbgrader import database, recorded
from grader.policy import Policy
from grader.report.advice import for_student, lateness
from grader.results import points_text
from grader.verdict import Marked, Result, ScoredCheck, Status

LONGEST_NAME = 128
"""Characters of a student's id that nbgrader's tables have room for."""


@dataclass
class Written:
    """What a gradebook holds of ours now. `changed`: rows that were made or altered for that.

    `notes` are lines on what could not be written, or counts there and not here.
    """

    submissions: int = 0
    scores: int = 0
    changed: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass
class Taken:
    """What people have given for manual checks, by student, assignment and check.

    `waiting` are those, by assignment and check, who have handed in and are not marked, or whose
    answer has changed since; `notes` are lines on what was not taken.
    """

    marked: dict[tuple[str, str, str], Marked] = field(default_factory=dict)
    waiting: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def write(
    where: str,
    results: Iterable[Result],
    assignments: Mapping[str, Assignment],
    notebooks: Mapping[str, bytes],
    policy: Policy,
    course: str,
    *,
    create: bool = False,
) -> Written:
    """Write `results` into the gradebook at `where`, a file or a URL; all of them or nothing.

    `notebooks` are those handed out, by assignment; they are needed where a gradebook has not
    recorded their cells yet. Missing work is not written: nbgrader counts it as 0. Raises
    UsageError for what cannot be done.
    """
    written = Written()
    by_slug: dict[str, list[Result]] = {}
    for r in results:
        if not r.attempt.number:
            continue
        if _has_room(r.student):
            by_slug.setdefault(r.assignment, []).append(r)
        else:
            written.notes.append(f"{plain(r.student, 60)}: nbgrader has no room for this name.")
    with database.opened(where, create=create, write=True) as db:
        students = {s.id for s in db.scalars(sa.select(api.Student))}
        for slug, of_slug in by_slug.items():
            rubric = assignments[slug]
            found = recorded.record(db, rubric, notebooks.get(slug), course)
            due = policy.of(slug).due
            if due is not None:
                found.assignment.duedate = _naive(due)
            db.add_all(api.Student(id=r.student) for r in of_slug if r.student not in students)
            students |= {r.student for r in of_slug}
            for r in of_slug:
                _write(found, rubric, r, _extension(policy, r), written)
            written.notes += _of_others(found, rubric)
        written.changed = len(db.new) + sum(db.is_modified(x) for x in db.dirty)
    return written


def read(where: str, assignments: Iterable[Assignment]) -> Taken:
    """What people have given for manual checks of `assignments` in the gradebook at `where`.

    An answer that nbgrader itself gave 0, as nothing was written, counts as given. Raises
    UsageError for what cannot be done.
    """
    taken = Taken()
    with database.opened(where) as db:
        for rubric in assignments:
            found = recorded.find(db, rubric.slug)
            manual = [c for c in rubric.checks if c.kind == "manual"]
            if found is None or not manual:
                continue
            for student, submission in sorted(found.submissions.items()):
                sheet = recorded.sheet_of(found, submission)
                for check in manual:
                    _take(found, sheet, student, rubric.slug, check, taken)
            taken.notes += _of_others(found, rubric)
    return taken


def _write(
    found: recorded.Recorded,
    rubric: Assignment,
    result: Result,
    extension: timedelta | None,
    written: Written,
) -> None:
    before = found.submissions.get(result.student)
    submission = before if before is not None else recorded.submit(found, result.student)
    came = result.came
    if came is not None:
        submission.timestamp = _naive(came)
    if extension is not None:
        submission.extension = extension
    sheet = recorded.sheet_of(found, submission)
    grades = {g.cell_id: g for g in sheet.grades}
    checks = {c.result.id: c for c in result.checks}
    for check in rubric.checks:
        grade = grades[found.grade_cells[check.id].id]
        scored = checks.get(check.id)
        _grade(grade, check, scored, new=before is None)
        written.scores += check.kind != "manual"
    lost = result.lateness.penalty if result.lateness else Fraction(0)
    counted = sum((_counted(g) for g in sheet.grades), Fraction(0))
    penalty = float(max(lost * counted, Fraction(0)))
    sheet.late_submission_penalty = penalty or None
    _comment(found, rubric, sheet, result)
    written.submissions += 1


def _grade(grade: Any, check: Check, scored: ScoredCheck | None, *, new: bool) -> None:
    """The score of one check. Manual ones are the business of people from their first row on."""
    if check.kind == "manual":
        if new and scored is not None and not scored.waiting:
            grade.auto_score = float(scored.points)
            grade.needs_manual_grade = False
        return
    earned = float(scored.points) if scored is not None else 0.0
    if grade.manual_score is None:
        grade.needs_manual_grade = False
    elif grade.auto_score != earned:
        grade.needs_manual_grade = True  # whoever overrode the score should look again
    grade.auto_score = earned


def _comment(found: recorded.Recorded, rubric: Assignment, sheet: Any, result: Result) -> None:
    """What is wrong, beside the first of the cells in which the student wrote code."""
    answers = {c.id for c in rubric.checks if c.kind == "manual"}
    cells = [found.solution_cells[n].id for n in sorted(found.solution_cells) if n not in answers]
    comments = {c.cell_id: c for c in sheet.comments}
    if cells:
        comments[cells[0]].auto_comment = comment(for_student(result, rubric)) or None


def comment(result: Result) -> str:
    """What a student is told of `result`, line by line; nothing if there is nothing to say."""
    lines = [plain(result.problem)] if result.problem else []
    for c in result.checks:
        if c.points < c.max_points and c.result.status is not Status.MANUAL:
            r = c.result
            said = [r.reason, *map(diagnosis_text, r.diagnosis), r.hint]
            lines.append(
                say(
                    "comment.check",
                    title=c.title,
                    points=points_text(c.points),
                    most=points_text(c.max_points),
                    said=plain(" ".join(x for x in said if x), 1000),
                )
            )
    return "\n".join([*lines, *lateness(result)])


def _take(
    found: recorded.Recorded, sheet: Any, student: str, slug: str, check: Check, taken: Taken
) -> None:
    cell = found.grade_cells.get(check.id)
    grade = next((g for g in sheet.grades if cell is not None and g.cell_id == cell.id), None)
    given = None if grade is None else grade.manual_score
    if grade is None or grade.needs_manual_grade:
        taken.waiting.setdefault((slug, check.id), []).append(student)
    elif given is None:
        given = grade.auto_score
    if given is None:
        return
    whose = f"{plain(student, 60)}, {slug}, {check.id}"
    given += (grade.extra_credit or 0.0) if grade is not None else 0.0
    if not math.isfinite(given) or not 0 <= Fraction(repr(given)) <= check.points:
        taken.notes.append(
            f"{whose}: {given:g} is not taken. Give from 0 to {points_text(check.points)} points."
        )
        return
    words = (c.manual_comment for c in sheet.comments if c.cell_id == _solution(found, check))
    taken.marked[student, slug, check.id] = Marked(Fraction(repr(given)), next(words, None) or "")


def _solution(found: recorded.Recorded, check: Check) -> str | None:
    cell = found.solution_cells.get(check.id)
    return None if cell is None else cell.id


def _of_others(found: recorded.Recorded, rubric: Assignment) -> Iterator[str]:
    """A line for whatever counts in the gradebook and not here."""
    automatic = {
        found.grade_cells[c.id].id: c.id
        for c in rubric.checks
        if c.kind != "manual" and c.id in found.grade_cells
    }
    for student, submission in sorted(found.submissions.items()):
        changed = [
            automatic[g.cell_id]
            for sheet in submission.notebooks
            for g in sheet.grades
            if g.cell_id in automatic and (g.manual_score is not None or g.extra_credit)
        ]
        if changed:
            which = f"{plain(student, 60)}, {rubric.slug}, {', '.join(changed)}"
            yield f"{which}: a person's points count in the gradebook alone."
    known = {c.id for c in rubric.checks}
    others = sorted(name for name in found.grade_cells if name not in known)
    if others:
        yield f"{rubric.slug}: cells of no check count in the gradebook alone: {', '.join(others)}."


def _counted(grade: Any) -> Fraction:
    """What nbgrader counts for one grade: a person's score if there is one, and extra credit."""
    score = grade.auto_score if grade.manual_score is None else grade.manual_score
    if score is None:
        return Fraction(0)
    parts = (Fraction(x) for x in (score, grade.extra_credit or 0.0) if math.isfinite(x))
    return sum(parts, Fraction(0))


def _extension(policy: Policy, result: Result) -> timedelta | None:
    """How much later than others the student has to hand in; None if no later."""
    times = [t.astimezone(UTC) for t in policy.due_times(result.student, result.assignment)]
    more = max(times) - times[0] if times else timedelta(0)
    return more or None


def _naive(time: datetime) -> datetime:
    """A time as nbgrader keeps it: in UTC, without saying so."""
    return time.astimezone(UTC).replace(tzinfo=None)


def _has_room(student: str) -> bool:
    try:
        student.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return 0 < len(student) <= LONGEST_NAME and "\0" not in student
