"""A class in the terminal: one line a student, then a line for each exercise. Pure text."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from statistics import mean, median

import click

from grader.messages import plain
from grader.results import duration_text, points_text
from grader.terminal import to_do
from grader.verdict import Result, Status

MOST_REMARK = 100
LEAST_REMARK = 12
"""In a terminal with less room than that there are no remarks."""

NUMBERS = 7
"""How wide a column of points is."""

LATE, REFUSED = "L", "R"


@dataclass(frozen=True)
class First:
    """What to look at first: a check that is not passed, or why there are none."""

    title: str
    status: Status = Status.ERROR


@dataclass(frozen=True)
class Entry:
    """What is shown of a result: `result` without its checks and attempts, which are large.

    `trouble` is what is wrong in a few words, and `waiting` the checks that nobody has marked yet.
    """

    result: Result
    trouble: str = ""
    waiting: tuple[str, ...] = ()
    first: First | None = None


def entry(result: Result) -> Entry:
    """The entry of a result, so that the result itself can be let go."""
    light = replace(result, checks=(), attempts=(), problem="")
    waiting = tuple(c.result.id for c in result.checks if c.waiting)
    return Entry(light, _trouble(result), waiting, _first(result))


def _first(result: Result) -> First | None:
    if result.problem:
        return First(result.problem)
    todo = to_do(result)
    return First(todo[0].title, todo[0].result.status) if todo else None


def class_table(
    entries: Sequence[Entry],
    assignments: Sequence[str],
    totals: Mapping[str, Fraction | None],
    width: int | None = None,
) -> Iterator[str]:
    """One line a student, one column an assignment; then what could not be graded, and why.

    `totals` are shares of the course, shown where there are several assignments. In a terminal
    of that `width`, the last column is as long as there is room for; numbers are never cut.
    """
    by_student: dict[str, dict[str, Entry]] = {}
    by_assignment: dict[str, list[Result]] = {}
    for e in entries:
        by_student.setdefault(e.result.student, {})[e.result.assignment] = e
        by_assignment.setdefault(e.result.assignment, []).append(e.result)
    assignments = [a for a in assignments if a in by_assignment]
    several = len(assignments) > 1
    names = {s: plain(s, 30) for s in by_student}
    wide = max([len("student"), *(len(n) for n in names.values())])
    titles = [[a] if width is None else _broken(a) for a in assignments]
    columns = [max(NUMBERS, *map(len, title)) for title in titles]
    taken = wide + 2 + sum(c + 3 for c in columns) + (NUMBERS + 3 if several else 0)
    room = None if width is None else width - taken
    if room is not None and room < LEAST_REMARK:
        room = 0
    yield from _heads(titles, columns, wide, several, room != 0)
    for student in sorted(by_student):
        row = by_student[student]
        cells = [_cell(row.get(a), w) for a, w in zip(assignments, columns, strict=True)]
        cells += [_total(totals.get(student))] if several else []
        own = [row[a] for a in assignments if a in row]
        remark = _remark(own, several)
        if room is not None:
            remark = plain(remark, room) if room else ""
        yield " ".join([f"{names[student]:<{wide}} ", *cells, remark]).rstrip()
    yield ""
    yield from _legend(e.result for e in entries)
    for a in assignments:
        yield from _fitted(_summary(a, by_assignment[a]), width)


def _broken(slug: str) -> list[str]:
    """A slug in pieces short enough for a column: ["gradient_", "clipping"]."""
    pieces = [""]
    for part in re.findall(r"[^_-]*[_-]?", slug):
        if pieces[-1] and len(pieces[-1] + part) > NUMBERS + 2:
            pieces.append("")
        pieces[-1] += part
    return pieces


def _heads(
    titles: Sequence[Sequence[str]],
    columns: Sequence[int],
    wide: int,
    several: bool,
    remarks: bool,
) -> Iterator[str]:
    """The lines above the table, short titles standing low."""
    most = max(map(len, titles), default=1)
    for n in range(most):
        last = n == most - 1
        cells = []
        for title, width in zip(titles, columns, strict=True):
            pieces = [""] * (most - len(title)) + list(title)
            cells.append(f"{pieces[n]:>{width}}  ")
        if several:
            cells.append(f"{'total' if last else '':>{NUMBERS}}  ")
        if last and remarks:
            cells.append("what to look at")
        name = "student" if last else ""
        yield click.style(" ".join([f"{name:<{wide}} ", *cells]).rstrip(), bold=True)


def _fitted(line: str, width: int | None) -> list[str]:
    return [line] if width is None else textwrap.wrap(line, width, subsequent_indent="  ")


def _cell(entry: Entry | None, width: int) -> str:
    if entry is None or entry.result.status == "missing":
        return click.style(f"{'–':>{width}}", dim=True) + "  "
    result = entry.result
    mark = " "
    if result.lateness and result.is_late:
        mark = REFUSED if result.lateness.refused else LATE
    text = f"{points_text(result.score):>{width}}"
    share = result.score / result.max_score if result.max_score else Fraction(0)
    colour = "green" if share == 1 else "yellow" if share >= 0.5 else "red"
    return f"{click.style(text, fg=colour)} {mark}"


def _total(share: Fraction | None) -> str:
    return f"{'–' if share is None else points_text(100 * share):>{NUMBERS}}  "


def _remark(entries: Sequence[Entry], several: bool) -> str:
    """The shortest useful remark: what could not be graded, else what is wrong, and lateness."""
    parts = []
    for e in entries:
        about = [x for x in (e.trouble, _late(e.result)) if x]
        if about:
            parts.append((f"{e.result.assignment}: " if several else "") + "; ".join(about))
    remark = "; ".join(parts)
    return plain(remark, MOST_REMARK) if several else remark


def _trouble(r: Result) -> str:
    if r.problem:
        return plain(r.problem, 70)
    if r.earned < r.max_score and r.status != "missing":
        return "; ".join(x for x in (", ".join(_named(r)) or _lost(r), _waiting(r)) if x)
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
    lost = [c.result.id for c in r.checks if c.points < c.max_points and not c.waiting]
    if not lost:
        return ""
    return "lost: " + ", ".join(lost[:4]) + (", …" if len(lost) > 4 else "")


def _waiting(r: Result) -> str:
    ids = [c.result.id for c in r.checks if c.waiting]
    return f"not marked yet: {', '.join(ids)}" if ids else ""


def _legend(results: Iterable[Result]) -> Iterator[str]:
    """What the marks in the table mean, if there are any."""
    results = list(results)
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
    ungraded = sum(r.status == "ungraded" for r in handed_in)
    missing = len(results) - len(handed_in)
    return (
        f"{assignment}: {len(points)} submissions, mean {float(mean(points)):.1f}, "
        f"median {float(median(points)):.1f}, "
        f"{sum(r.score == r.max_score for r in handed_in)} with full marks"
        + (f", {late} late" if late else "")
        + (f", {ungraded} not graded, counted as 0" if ungraded else "")
        + (f", {missing} missing" if missing else "")
    )
