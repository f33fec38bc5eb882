"""What the terminal shows of a student's checks: what to do next, and the rest folded. Pure text.

Colour is asked for by `click.style` and dropped by `click.echo` where there is no terminal.
"""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import click

from grader.explain import diagnosis_text
from grader.messages import plain, say
from grader.results import points_text
from grader.verdict import CheckResult, Judgement, Result, ScoredCheck, Status

WIDTH, NARROWEST = 100, 40
"""Columns: what a line is at most, and at least where the terminal has fewer."""
WIDEST_TITLE = 80
PRINTED_LINES = 12
NEWLY, NO_LONGER = "▲", "▼"

MARKS = {
    Status.PASSED: ("✓", "green"),
    Status.FOLLOW_THROUGH: ("≈", "yellow"),
    Status.FAILED: ("✗", "red"),
    Status.ERROR: ("✗", "red"),
    Status.TIMEOUT: ("✗", "red"),
    Status.SKIPPED: ("·", "bright_black"),
    Status.MANUAL: ("?", "cyan"),
}

_LATER = {Status.FOLLOW_THROUGH: 1, Status.MANUAL: 2, Status.SKIPPED: 3}
"""What can wait: marks that are partly there, and checks that wait for another themselves."""


def check_report(
    result: Result,
    title: str,
    judgement: Judgement,
    *,
    unfolded: bool = False,
    window: int = WIDTH,
) -> Iterator[str]:
    """A student's own check, line by line: by what to do next, or `unfolded` as the rubric goes.

    No line is wider than the `window`, but for those of a rubric that is unfolded.
    """
    yield click.style(f"{result.assignment}: {title}", bold=True)
    yield ""
    if nothing_ran(result):
        yield from problem_lines(result, window)
        yield ""
        yield from printed_lines(judgement.printed, window)
    elif unfolded:
        told: dict[object, str] = {}
        width = min(max((len(c.title) for c in result.checks), default=0), WIDEST_TITLE)
        for check in result.checks:
            yield from check_lines(check, told, width, window)
        yield ""
        yield from printed_lines(judgement.printed, window)
    else:
        yield from next_lines(result, judgement.printed, window)
        yield ""
    yield _score(result)
    if not unfolded and len(to_do(result)) > 1 and not nothing_ran(result):
        yield click.style(say("fold.all"), dim=True)


def nothing_ran(result: Result) -> bool:
    """Whether one sentence says it all."""
    return bool(result.problem) and not passing(result)


def problem_lines(result: Result, window: int) -> Iterator[str]:
    """That sentence, and the student's line if it is about one."""
    yield from indented(plain(result.problem, 500), "  ", window, fg="red")
    yield from indented(common_detail(result.checks), "  ", window)


def passing(result: Result) -> dict[str, None]:
    """The ids of the checks that pass, in rubric order."""
    return {c.result.id: None for c in result.checks if c.result.status is Status.PASSED}


def to_do(result: Result) -> list[ScoredCheck]:
    """The checks that do not pass, what to do next first."""
    todo = [c for c in result.checks if c.result.status is not Status.PASSED]
    return sorted(todo, key=lambda c: _LATER.get(c.result.status, 0))


def next_lines(
    result: Result,
    printed: str,
    window: int = WIDTH,
    changed: Collection[str] = (),
    most_printed: int = PRINTED_LINES,
) -> Iterator[str]:
    """What is to be done next in full, what the code printed, then a line for each other check.

    The ids that have `changed` are marked.
    """
    told: dict[object, str] = {}
    todo = to_do(result)
    if todo:
        yield from check_lines(todo[0], told, min(len(todo[0].title), window - 30), window)
        yield ""
    yield from printed_lines(printed, window, most_printed)
    folded = todo[1:]
    longest = max((len(f"{c.title}{c.result.id}{_score_of(c)}") for c in folded), default=0)
    titles = max((len(c.title) for c in folded), default=0) - max(longest + 8 - window, 0)
    for check in folded:
        yield _folded(check, told, check.result.id in changed, max(titles, 1), window)
    yield from _passed(passing(result), changed, window)


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
    if earlier := told_by(r, told):
        text = say("fold.cause", reason=r.reason, id=earlier)
        yield from indented(text, "      ", window)
        return
    remember(r, told)
    yield from indented(r.reason, "      ", window)
    for line in r.detail:
        yield from indented(line, "      ", window, dim=True)
    yield from _advice(r, window)


def _causes(r: CheckResult) -> Iterator[object]:
    """By what two checks are known to fail for one reason."""
    yield from (cause for cause in (tuple(d.mistakes for d in r.diagnosis), r.detail) if cause)


def remember(r: CheckResult, told: dict[object, str]) -> None:
    """Keep that `r` has been shown in full."""
    told.update((cause, r.id) for cause in _causes(r) if cause not in told)


def told_by(r: CheckResult, told: Mapping[object, str]) -> str:
    """The earlier check that fails for the same reason, or ""."""
    return next((told[cause] for cause in _causes(r) if cause in told), "")


def _folded(
    check: ScoredCheck, told: Mapping[object, str], changed: bool, wide: int, window: int
) -> str:
    """A check in one line, its title cut or filled up to be `wide`."""
    mark, colour = MARKS[check.result.status]
    title = plain(check.title, wide)
    line = f"{NO_LONGER if changed else ' '} {mark} {title:<{wide}} {_score_of(check)}"
    aside = check.result.id
    if earlier := told_by(check.result, told):
        same = say("fold.same", id=aside, other=earlier)
        aside = same if len(line) + 2 + len(same) <= window else aside
    return f"{click.style(line, fg=colour, bold=changed)}  {click.style(aside, dim=True)}"


def _score_of(check: ScoredCheck) -> str:
    return f"{points_text(check.points)}/{points_text(check.max_points)}".rjust(6)


def _passed(ids: Iterable[str], changed: Collection[str], window: int) -> Iterator[str]:
    """All that passes, in as many lines as it takes, what is new marked."""
    named = [f"{NEWLY}{id}" if id in changed else id for id in ids]
    text = say("fold.passed", count=len(named), ids=", ".join(named))
    lines = textwrap.wrap(text, window - 4, break_on_hyphens=False) if named else []
    for i, line in enumerate(lines):
        yield ("    " if i else "  ✓ ") + click.style(line, fg="green")


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


def printed_lines(printed: str, window: int, most: int = PRINTED_LINES) -> Iterator[str]:
    """What the student's code printed: the first `most` lines, each made safe and cut."""
    lines = [plain(line, window - 4) for line in printed.splitlines()]
    if not lines:
        return
    yield click.style("  Your code printed:", dim=True)
    for line in lines[:most]:
        yield click.style(f"    {line}", dim=True)
    if len(lines) > most:
        yield click.style(f"    … and {len(lines) - most} more lines", dim=True)
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
