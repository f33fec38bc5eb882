"""The report as files: which pages there are, what goes into each, and where they are written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from grader.errors import UsageError
from grader.model import Assignment, Course, Result
from grader.policy import weighted
from grader.report.advice import advice, for_student
from grader.report.page import packed, render
from grader.report.people import HASH, Person, people
from grader.report.summary import ExerciseSummary, is_graded, summarise
from grader.report.verdicts import verdicts

INDEX, DETAIL = "index.html", "detail.html"
OWN_PAGE = re.compile(rf"[a-z0-9-]+-[0-9a-f]{{{HASH}}}\.html")
"""What `people.file_of` makes: the only files of a folder that a new report may remove."""

JUDGED_BY_VALUE = ("matches", "gradient")
"""Kinds of checks that compare values, so that their relative error says something."""

ByStudent = Mapping[str, Mapping[str, Result]]
"""Results by student and assignment."""


def write_report(
    course: Course,
    assignments: Mapping[str, Assignment],
    results: Sequence[Result],
    out: Path,
) -> Path:
    """Write the report into the folder `out` and return the path of its index.html.

    `results` holds at most one result per student and assignment; missing ones are seen as such
    whether they are among them or not. The same arguments give the same
    bytes; pages that an earlier report left of students who are gone are removed. Raises UsageError
    if `out` cannot be written, or a result's exercise is not in `assignments`.
    """
    pages = report_pages(course, assignments, results)
    try:
        (out / "students").mkdir(parents=True, exist_ok=True)
        for old in (out / "students").iterdir():
            if OWN_PAGE.fullmatch(old.name) and f"students/{old.name}" not in pages:
                old.unlink()
        for path, text in pages.items():
            (out / path).write_text(text, encoding="utf-8", newline="\n")
    except OSError as e:
        raise UsageError(
            f"The report cannot be written to {out} ({e.strerror}). Name another folder with --out."
        ) from e
    return out / INDEX


def report_pages(
    course: Course, assignments: Mapping[str, Assignment], results: Sequence[Result]
) -> dict[str, str]:
    """Every page of the report by its path within the folder."""
    everyone = people(r.student for r in results)
    results = [r for r in results if r.status != "missing"]
    by_student = _by_student(everyone, assignments, results)
    slugs = [s for s in dict.fromkeys((*course.slugs, *assignments)) if s in assignments]
    exercises = [
        summarise(
            assignments[s],
            (by_student[p][s] for p in everyone if s in by_student[p]),
            len(everyone),
        )
        for s in slugs
    ]
    worked_on = [e for e in exercises if e.results]
    totals = {s: _total(course, worked_on, own) for s, own in by_student.items()}
    pages = {INDEX: _index(course, exercises, everyone, by_student, totals)}
    details = {}
    for student, person in everyone.items():
        own, total = by_student[student], totals[student]
        pages[f"students/{person.file}.html"] = _student(course, worked_on, person, own, total)
        details[person.file] = _detail(course, worked_on, person, own, total)
    if details:
        pages[DETAIL] = render("detail.html", course=course, packed=packed(details))
    return pages


def _total(
    course: Course, exercises: Sequence[ExerciseSummary], own: Mapping[str, Result]
) -> Fraction | None:
    """What a student has earned so far, out of 100; None if nothing weighs anything."""
    shares = {e.assignment.slug: Fraction(0) for e in exercises}
    shares |= {s: r.score / r.max_score if r.max_score else Fraction(1) for s, r in own.items()}
    share = weighted(shares, course.policy)
    return None if share is None else 100 * share


def _common(
    course: Course, exercises: Sequence[ExerciseSummary], results: Iterable[Result]
) -> dict[str, object]:
    """What all pages say of the course as a whole: the weights, if they differ, and the clock."""
    weights = {e.assignment.title: course.policy.of(e.assignment.slug).weight for e in exercises}
    timed = any(r.came for r in results)
    return {
        "course": course,
        "weights": weights if len(set(weights.values())) > 1 else {},
        "clock": str(course.policy.zone) if timed else "",
    }


def _by_student(
    everyone: Mapping[str, Person], assignments: Mapping[str, Assignment], results: Sequence[Result]
) -> dict[str, dict[str, Result]]:
    unknown = sorted({r.assignment for r in results} - set(assignments))
    if unknown:
        raise UsageError(
            f"There are results of {', '.join(unknown)}, which the course does not have. "
            "Add the exercise to course.yaml, or report from another results folder."
        )
    by_student: dict[str, dict[str, Result]] = {s: {} for s in everyone}
    for r in results:
        by_student[r.student][r.assignment] = r
    return by_student


def _index(
    course: Course,
    exercises: Sequence[ExerciseSummary],
    everyone: Mapping[str, Person],
    by_student: ByStudent,
    totals: Mapping[str, Fraction | None],
) -> str:
    results = [r for e in exercises for r in e.results]
    isolation = Counter(r.isolation for r in results if r.isolation)
    return render(
        "index.html",
        **_common(course, [e for e in exercises if e.results], results),
        exercises=exercises,
        worked_on=[e for e in exercises if e.results],
        people=everyone,
        by_student=by_student,
        totals=totals,
        submissions=len(results),
        full=sum(e.full for e in exercises),
        late=sum(e.late for e in exercises),
        missing=sum(e.missing for e in exercises),
        ungraded=sum(not is_graded(r) for r in results),
        isolation=sorted(isolation.items()),
        unconfined=sum(n for text, n in isolation.items() if text.startswith("not sandboxed")),
    )


def _student(
    course: Course,
    exercises: Sequence[ExerciseSummary],
    person: Person,
    results: Mapping[str, Result],
    total: Fraction | None,
) -> str:
    shown = {e.assignment.slug: e.assignment for e in exercises}
    fit = {slug: for_student(r, shown[slug]) for slug, r in results.items()}
    return render(
        "student.html",
        **_common(course, exercises, results.values()),
        total=total,
        assignments=list(shown.values()),
        person=person,
        results=fit,
        advice={slug: advice(r) for slug, r in fit.items()},
        verdicts={slug: verdicts(r.checks, told=False) for slug, r in fit.items()},
    )


def _detail(
    course: Course,
    exercises: Sequence[ExerciseSummary],
    person: Person,
    results: Mapping[str, Result],
    total: Fraction | None,
) -> str:
    assignments = [e.assignment for e in exercises]
    return render(
        "person.html",
        **_common(course, exercises, results.values()),
        total=total,
        assignments=assignments,
        person=person,
        results=results,
        verdicts={slug: verdicts(r.checks, told=True) for slug, r in results.items()},
        by_value={c.id for a in assignments for c in a.checks if c.kind in JUDGED_BY_VALUE},
    )
