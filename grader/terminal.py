"""What the terminal shows: a student's checks, and the table of a class. Pure text.

Colour is asked for by `click.style` and dropped by `click.echo` where there is no terminal.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from statistics import mean, median

import click

from grader.explain import diagnosis_text
from grader.messages import plain
from grader.model import CheckResult, Judgement, Result, ScoredCheck, Status
from grader.results import number

WIDTH = 88
_MARKS = {
    Status.PASSED: ("✓", "green"),
    Status.FOLLOW_THROUGH: ("≈", "yellow"),
    Status.FAILED: ("✗", "red"),
    Status.ERROR: ("✗", "red"),
    Status.TIMEOUT: ("✗", "red"),
    Status.SKIPPED: ("·", "bright_black"),
    Status.MANUAL: ("?", "cyan"),
}
_PRINTED_LINES = 12


def check_report(result: Result, title: str, judgement: Judgement) -> Iterator[str]:
    """A student's own check, line by line."""
    yield click.style(f"{result.assignment}: {title}", bold=True)
    if result.problem and all(c.result.status is not Status.PASSED for c in result.checks):
        yield ""
        yield from _indented(result.problem, "  ", fg="red")
        yield from _indented(_common_detail(result.checks), "  ")
    else:
        yield ""
        told: dict[object, str] = {}
        for check in result.checks:
            yield from _check(check, told)
    yield ""
    yield from _printed(judgement.printed)
    yield _score(result)


def class_table(results: Sequence[Result], assignments: Sequence[str]) -> Iterator[str]:
    """One line a student, one column an assignment; then what could not be graded, and why."""
    by_student: dict[str, dict[str, Result]] = {}
    for r in results:
        by_student.setdefault(r.student, {})[r.assignment] = r
    names = {s: plain(s, 30) for s in by_student}
    wide = max([len("student"), *(len(n) for n in names.values())])
    columns = [max(len(a), 7) for a in assignments]
    heads = [f"{a:>{w}}" for a, w in zip(assignments, columns, strict=True)]
    yield click.style("  ".join([f"{'student':<{wide}}", *heads, "what to look at"]), bold=True)
    for student in sorted(by_student):
        row = by_student[student]
        scores = [_cell(row.get(a), width) for a, width in zip(assignments, columns, strict=True)]
        yield "  ".join([f"{names[student]:<{wide}}", *scores, _remark(row.values())]).rstrip()
    yield ""
    for a in assignments:
        points = [r.score for r in results if r.assignment == a]
        if points:
            full = sum(r.score == r.max_score for r in results if r.assignment == a)
            yield (
                f"{a}: {len(points)} submissions, mean {float(mean(points)):.1f}, "
                f"median {float(median(points)):.1f}, {full} with full marks"
            )


def points_text(points: Fraction) -> str:
    """Points as people write them: 7, 7.5, 7.33."""
    return str(number(points))


def _check(check: ScoredCheck, told: dict[object, str]) -> Iterator[str]:
    r = check.result
    mark, colour = _MARKS[r.status]
    score = f"{points_text(check.points)}/{points_text(check.max_points)}"
    line = f"  {mark} {check.title:<62} {score:>8}"
    yield f"{click.style(line, fg=colour)}  {click.style(r.id, dim=True)}"
    if r.status is Status.PASSED:
        return
    mistakes = tuple(d.mistakes for d in r.diagnosis)
    for cause in (mistakes, r.detail):
        if cause and cause in told:
            yield from _indented(f"{r.reason} The cause is that of {told[cause]}.", "      ")
            return
        told[cause] = r.id
    yield from _indented(r.reason, "      ")
    for line in r.detail:
        yield from _indented(line, "      ", dim=True)
    yield from _advice(r)


def _advice(r: CheckResult) -> Iterator[str]:
    for d in r.diagnosis:
        yield from _indented(diagnosis_text(d), "    → ", fg="yellow")
    if r.hint:
        yield from _indented(f"Hint: {r.hint}", "      ", fg="cyan")


def _common_detail(checks: Sequence[ScoredCheck]) -> str:
    """Where it happened, if every check says the same: the student's line."""
    details = {c.result.detail for c in checks}
    if len(details) == 1:
        return " ".join(line for line in next(iter(details)) if line.startswith("line "))
    return ""


def _printed(printed: str) -> Iterator[str]:
    lines = [plain(line, WIDTH) for line in printed.splitlines()]
    if not lines:
        return
    yield click.style("  Your code printed:", dim=True)
    for line in lines[:_PRINTED_LINES]:
        yield click.style(f"    {line}", dim=True)
    if len(lines) > _PRINTED_LINES:
        yield click.style(f"    … and {len(lines) - _PRINTED_LINES} more lines", dim=True)
    yield ""


def _score(result: Result) -> str:
    text = f"{points_text(result.score)} of {points_text(result.max_score)} points"
    colour = "green" if result.score == result.max_score else "yellow"
    return f"{click.style(text, fg=colour, bold=True)} on the public cases ({result.isolation})"


def _cell(result: Result | None, width: int) -> str:
    if result is None:
        return click.style(f"{'–':>{width}}", dim=True)
    text = f"{points_text(result.score):>{width}}"
    share = result.score / result.max_score if result.max_score else Fraction(0)
    return click.style(text, fg="green" if share == 1 else "yellow" if share >= 0.5 else "red")


def _remark(results: Iterable[Result]) -> str:
    """The shortest useful remark: what could not be graded, else the mistakes that were named."""
    parts = []
    for r in results:
        if r.problem:
            parts.append(plain(r.problem, 70))
        elif r.score < r.max_score:
            parts.append(", ".join(_named(r)) or _lost(r))
    return "; ".join(parts)


def _named(r: Result) -> Iterator[str]:
    """Each diagnosis once: the mistake's name, or "a / b" where they cannot be told apart."""
    found = (" / ".join(m.name for m in d.mistakes) for c in r.checks for d in c.result.diagnosis)
    return iter(dict.fromkeys(found))


def _lost(r: Result) -> str:
    lost = [c.result.id for c in r.checks if c.points < c.max_points]
    return "lost: " + ", ".join(lost[:4]) + (", …" if len(lost) > 4 else "")


def _indented(text: str, indent: str, **style: object) -> Iterator[str]:
    for i, line in enumerate(textwrap.wrap(text, WIDTH - len(indent))):
        start = indent if i == 0 else " " * len(indent)
        yield start + click.style(line, **style)  # type: ignore[arg-type]
