"""A class in the terminal: one line a student, then a line for each exercise. Pure text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from statistics import mean, median

import click

from grader.messages import plain
from grader.model import Result
from grader.results import duration_text, points_text

MOST_REMARK = 100
LATE, REFUSED = "L", "R"


def class_table(
    results: Sequence[Result],
    assignments: Sequence[str],
    totals: Mapping[str, Fraction | None],
) -> Iterator[str]:
    """One line a student, one column an assignment; then what could not be graded, and why.

    `totals` are shares of the course, shown where there are several assignments.
    """
    by_student: dict[str, dict[str, Result]] = {}
    for r in results:
        by_student.setdefault(r.student, {})[r.assignment] = r
    assignments = [a for a in assignments if any(r.assignment == a for r in results)]
    several = len(assignments) > 1
    names = {s: plain(s, 30) for s in by_student}
    wide = max([len("student"), *(len(n) for n in names.values())])
    columns = [max(len(a), 7) for a in assignments]
    heads = [f"{a:>{w}}  " for a, w in zip(assignments, columns, strict=True)]
    heads += ["  total  "] if several else []
    yield click.style(" ".join([f"{'student':<{wide}} ", *heads, "what to look at"]), bold=True)
    for student in sorted(by_student):
        row = by_student[student]
        cells = [_cell(row.get(a), width) for a, width in zip(assignments, columns, strict=True)]
        cells += [_total(totals.get(student))] if several else []
        own = [row[a] for a in assignments if a in row]
        yield " ".join([f"{names[student]:<{wide}} ", *cells, _remark(own, several)]).rstrip()
    yield ""
    yield from _legend(results)
    for a in assignments:
        yield _summary(a, [r for r in results if r.assignment == a])


def _cell(result: Result | None, width: int) -> str:
    if result is None or result.status == "missing":
        return click.style(f"{'–':>{width}}", dim=True) + "  "
    mark = " "
    if result.lateness and result.is_late:
        mark = REFUSED if result.lateness.refused else LATE
    text = f"{points_text(result.score):>{width}}"
    share = result.score / result.max_score if result.max_score else Fraction(0)
    colour = "green" if share == 1 else "yellow" if share >= 0.5 else "red"
    return f"{click.style(text, fg=colour)} {mark}"


def _total(share: Fraction | None) -> str:
    return f"{'–' if share is None else points_text(100 * share):>7}  "


def _remark(results: Sequence[Result], several: bool) -> str:
    """The shortest useful remark: what could not be graded, else what is wrong, and lateness."""
    parts = []
    for r in results:
        about = [x for x in (_trouble(r), _late(r)) if x]
        if about:
            parts.append((f"{r.assignment}: " if several else "") + "; ".join(about))
    remark = "; ".join(parts)
    return plain(remark, MOST_REMARK) if several else remark


def _trouble(r: Result) -> str:
    if r.problem:
        return plain(r.problem, 70)
    if r.earned < r.max_score and r.status != "missing":
        return ", ".join(_named(r)) or _lost(r)
    return ""


def _late(r: Result) -> str:
    late = r.lateness
    if late is None or not r.is_late:
        return ""
    by = f"{duration_text(late.minutes)} late"
    if late.refused:
        return f"{by}, refused"
    return f"{by}, −{points_text(100 * late.penalty)}%" if late.penalty else by


def _named(r: Result) -> Iterator[str]:
    """Each diagnosis once: the mistake's name, or "a / b" where they cannot be told apart."""
    found = (" / ".join(m.name for m in d.mistakes) for c in r.checks for d in c.result.diagnosis)
    return iter(dict.fromkeys(found))


def _lost(r: Result) -> str:
    lost = [c.result.id for c in r.checks if c.points < c.max_points]
    return "lost: " + ", ".join(lost[:4]) + (", …" if len(lost) > 4 else "")


def _legend(results: Sequence[Result]) -> Iterator[str]:
    """What the marks in the table mean, if there are any."""
    late = [r.lateness for r in results if r.lateness and r.is_late]
    meanings = [
        (any(not x.refused for x in late), f"{LATE}: late"),
        (any(x.refused for x in late), f"{REFUSED}: too late, refused"),
        (any(r.status == "missing" for r in results), "–: nothing handed in, counted as 0"),
    ]
    shown = [text for there, text in meanings if there]
    if shown:
        yield click.style(". ".join(shown) + ".", dim=True)


def _summary(assignment: str, results: Sequence[Result]) -> str:
    handed_in = [r for r in results if r.status != "missing"]
    points = [r.score for r in handed_in]
    late = sum(r.is_late for r in handed_in)
    missing = len(results) - len(handed_in)
    return (
        f"{assignment}: {len(points)} submissions, mean {float(mean(points)):.1f}, "
        f"median {float(median(points)):.1f}, "
        f"{sum(r.score == r.max_score for r in handed_in)} with full marks"
        + (f", {late} late" if late else "")
        + (f", {missing} missing" if missing else "")
    )
