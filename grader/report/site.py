"""The report as files: which pages there are, what goes into each, and where they are written."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from grader.errors import UsageError
from grader.model import Assignment, Course
from grader.report.gather import Gathered, gather
from grader.report.handout import FOLDER, hand_out, own_page
from grader.report.material import Material
from grader.report.page import STATUS, packed, packed_pieces, render
from grader.report.pairs import MOST_SHOWN, Pair
from grader.report.people import HASH, Person
from grader.report.summary import bars, is_graded
from grader.report.verdicts import verdicts
from grader.results import points_text
from grader.verdict import Result

INDEX, DETAIL, STUDENTS, PAIRS = "index.html", "detail.html", "student.html", "pairs.html"
OWN_PAGE = re.compile(rf"[a-z0-9-]+-[0-9a-f]{{{HASH}}}\.(html|md)")
"""What `people.file_of` makes: the only files of a folder that a new report may remove."""

JUDGED_BY_VALUE = ("matches", "gradient")
"""Kinds of checks that compare values, so that their relative error says something."""


def write_report(
    course: Course,
    assignments: Mapping[str, Assignment],
    results: Sequence[Result],
    out: Path,
    material: Material | None = None,
    *,
    hand_outs: bool = False,
) -> Path:
    """Write the report into the folder `out` and return the path of its index.html.

    `results` holds at most one result per student and assignment; missing ones are seen as such
    whether they are among them or not. With `hand_outs`, each student's page is written as HTML
    and as Markdown, too. The same arguments give the same bytes; what an earlier report left and
    this one does not have is removed. Raises UsageError if `out` cannot be written, or a result's
    exercise is not in `assignments`.
    """
    pages = report_pages(course, assignments, results, material, hand_outs=hand_outs)
    try:
        out.mkdir(parents=True, exist_ok=True)
        _tidy(out, pages)
        for path, text in pages.items():
            (out / path).parent.mkdir(exist_ok=True)
            (out / path).write_text(text, encoding="utf-8", newline="\n")
    except OSError as e:
        raise UsageError(
            f"The report cannot be written to {out} ({e.strerror}). Name another folder with --out."
        ) from e
    return out / INDEX


def _tidy(out: Path, pages: Mapping[str, str]) -> None:
    """Remove what only an earlier report can have written."""
    for name in (DETAIL, STUDENTS, PAIRS):
        if name not in pages:
            (out / name).unlink(missing_ok=True)
    folder = out / FOLDER
    if folder.is_dir():
        for old in folder.iterdir():
            if OWN_PAGE.fullmatch(old.name) and f"{FOLDER}/{old.name}" not in pages:
                old.unlink()
        if not any(folder.iterdir()):
            folder.rmdir()


def report_pages(
    course: Course,
    assignments: Mapping[str, Assignment],
    results: Sequence[Result],
    material: Material | None = None,
    *,
    hand_outs: bool = False,
) -> dict[str, str]:
    """Every page of the report by its path within the folder."""
    g = gather(course, assignments, results, material or Material())
    pages = {INDEX: _index(g)}
    if not g.worked_on:
        return pages
    whose = {p.file: p for p in g.everyone.values()}
    pages[DETAIL] = _shell(
        "Details", "detail", g, {file: _detail(g, p) for file, p in whose.items()}
    )
    pages[STUDENTS] = _shell(
        "Pages of students", "student", g, {file: own_page(g, p) for file, p in whose.items()}
    )
    if shown := _shown_pairs(g):
        sides = {
            str(n): render("pair.html", pair=p, n=n, people=g.everyone, titles=_titles(g))
            for n, p in enumerate(shown, start=1)
        }
        pages[PAIRS] = _shell("Similar work", "pair", g, sides)
    if hand_outs:
        for p in whose.values():
            pages |= hand_out(g, p)
    return pages


def _shell(title: str, kind: str, g: Gathered, pieces: Mapping[str, str]) -> str:
    """A page that holds many, packed, and shows the one that its address names after a #."""
    packed_up = packed_pieces(pieces)
    return render("shell.html", title=title, kind=kind, course=g.course, packed=packed_up)


def _titles(g: Gathered) -> dict[str, str]:
    return {e.assignment.slug: e.assignment.title for e in g.exercises}


def _shown_pairs(g: Gathered) -> tuple[Pair, ...]:
    """Those with a view side by side: of students and exercises that are in the report."""
    slugs = _titles(g)
    known = [
        p
        for p in g.material.pairs
        if p.assignment in slugs and all(s.student in g.everyone for s in p.sides)
    ]
    return tuple(known[:MOST_SHOWN])


def _index(g: Gathered) -> str:
    results = g.results
    isolation = Counter(r.isolation for r in results if r.isolation)
    slugs = {e.assignment.slug for e in g.worked_on}
    late = [r for r in results if r.is_late]
    late.sort(key=lambda r: r.lateness.minutes if r.lateness else 0, reverse=True)
    absent = {
        e.assignment.slug: [p for s, p in g.everyone.items() if e.assignment.slug not in g.work[s]]
        for e in g.worked_on
    }
    totals = [t for t in g.totals.values() if t is not None] if len(g.worked_on) > 1 else []
    return render(
        "index.html",
        course_bars=bars(t / 100 for t in totals) if totals else (),
        course_median=statistics.median(totals) if totals else None,
        **g.common(results),
        exercises=g.exercises,
        worked_on=g.worked_on,
        people=g.everyone,
        by_student=g.work,
        totals=g.totals,
        submissions=len(results),
        full=sum(e.full for e in g.exercises),
        late=late,
        absent={slug: names for slug, names in absent.items() if names},
        missing=sum(e.missing for e in g.exercises),
        nothing=[p for s, p in g.everyone.items() if not slugs & set(g.work[s])],
        ungraded=sum(not is_graded(r) for r in results),
        pairs=_shown_pairs(g),
        titles=_titles(g),
        heat=packed({e.assignment.slug: _heat(g, e.assignment) for e in g.worked_on}),
        isolation=sorted(isolation.items()),
        unconfined=sum(n for text, n in isolation.items() if text.startswith("not sandboxed")),
    )


def _heat(g: Gathered, assignment: Assignment) -> dict[str, object]:
    """A heat map's data: its checks, and for each student a letter for each of these.

    Best scores first, as in the summary; students who handed in nothing are not in it.
    """
    (summary,) = (e for e in g.worked_on if e.assignment.slug == assignment.slug)
    ids = [c.id for c in assignment.checks]
    rows = []
    for r in summary.results:
        came = {c.result.id: STATUS[c.result.status][0] for c in r.checks}
        p = g.everyone[r.student]
        letters = "".join(came.get(id, " ") for id in ids)
        rows.append([p.file, p.name, points_text(r.score), letters])
    return {"checks": [[c.id, c.title] for c in assignment.checks], "rows": rows}


def _detail(g: Gathered, person: Person) -> str:
    assignments = [e.assignment for e in g.worked_on]
    results = g.work[person.id]
    return render(
        "person.html",
        **g.common(results.values()),
        total=g.totals[person.id],
        assignments=assignments,
        person=person,
        results=results,
        verdicts={slug: verdicts(r.checks, told=True) for slug, r in results.items()},
        by_value={c.id for a in assignments for c in a.checks if c.kind in JUDGED_BY_VALUE},
    )
