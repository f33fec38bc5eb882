"""What the terminal shows of a student's checks. Pure text.

Colour is asked for by `click.style` and dropped by `click.echo` where there is no terminal.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

import click

from grader.explain import diagnosis_text
from grader.messages import plain
from grader.model import CheckResult, Judgement, Result, ScoredCheck, Status
from grader.results import points_text

WIDTH = 88
WIDEST_TITLE = 80

MARKS = {
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
        yield from indented(result.problem, "  ", fg="red")
        yield from indented(common_detail(result.checks), "  ")
    else:
        yield ""
        told: dict[object, str] = {}
        width = min(max((len(c.title) for c in result.checks), default=0), WIDEST_TITLE)
        for check in result.checks:
            yield from check_lines(check, told, width)
    yield ""
    yield from _printed(judgement.printed)
    yield _score(result)


def check_lines(
    check: ScoredCheck, told: dict[object, str], width: int, window: int = WIDTH
) -> Iterator[str]:
    """One check in full, its title `width` wide, its text wrapped to fit a `window`.

    What has been `told` of an earlier check, by its cause, is referred to.
    """
    r = check.result
    mark, colour = MARKS[r.status]
    score = f"{points_text(check.points)}/{points_text(check.max_points)}"
    line = f"  {mark} {check.title:<{width}} {score:>8}"
    yield f"{click.style(line, fg=colour)}  {click.style(r.id, dim=True)}"
    if r.status is Status.PASSED:
        return
    mistakes = tuple(d.mistakes for d in r.diagnosis)
    for cause in (mistakes, r.detail):
        if cause and cause in told:
            text = f"{r.reason} The cause is that of {told[cause]}."
            yield from indented(text, "      ", window)
            return
        told[cause] = r.id
    yield from indented(r.reason, "      ", window)
    for line in r.detail:
        yield from indented(line, "      ", window, dim=True)
    yield from _advice(r, window)


def _advice(r: CheckResult, window: int) -> Iterator[str]:
    for d in r.diagnosis:
        yield from indented(diagnosis_text(d), "    → ", window, fg="yellow")
    if r.hint:
        yield from indented(f"Hint: {r.hint}", "      ", window, fg="cyan")


def common_detail(checks: Sequence[ScoredCheck]) -> str:
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


def indented(text: str, indent: str, window: int = WIDTH, **style: object) -> Iterator[str]:
    """`text` wrapped to fit a `window`, `indent` before its first line, blanks before others."""
    for i, line in enumerate(textwrap.wrap(text, window - len(indent))):
        start = indent if i == 0 else " " * len(indent)
        yield start + click.style(line, **style)  # type: ignore[arg-type]
