"""What `grader check --watch` shows: what to do next, and what the last save changed. Pure text.

The first check that fails is shown in full, the others in a line each; what passes is counted.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import click

from grader.messages import plain
from grader.own import Checked
from grader.results import points_text
from grader.terminal import (
    NARROWEST,
    NEWLY,
    NO_LONGER,
    WIDTH,
    indented,
    next_lines,
    nothing_ran,
    passing,
    printed_lines,
    problem_lines,
)
from grader.verdict import Result

PRINTED_LINES = 5


@dataclass(frozen=True)
class Look:
    """The outcome for one saved state of a file: a result, or why there is none.

    `path` is the file or folder that is watched; `seconds` is how long the checks took.
    """

    slug: str
    path: Path
    outcome: Checked | str
    at: datetime
    seconds: float

    @property
    def result(self) -> Result | None:
        return None if isinstance(self.outcome, str) else self.outcome.result

    @property
    def runs(self) -> bool:
        """Whether the checks say something each: not if all failed of one and the same cause."""
        return self.result is not None and not self.result.problem


@dataclass(frozen=True)
class Seen:
    """A look, and the one it is to be compared with: the last that ran, or else the last."""

    now: Look
    before: Look | None


def compared(now: Look, last: Seen | None) -> Seen:
    """`now` beside what was seen `last`, or before that if that did not even run."""
    if last is None:
        return Seen(now, None)
    return Seen(now, last.now if last.now.runs else last.before or last.now)


def report(seen: Seen, others: Iterable[Seen], width: int = 0, height: int = 0) -> Iterator[str]:
    """The lines about `seen`, with a word on `others`; in a window of that size, if given."""
    width = max(min(width or WIDTH, WIDTH), NARROWEST)
    now = seen.now
    if isinstance(now.outcome, str):
        head, body, foot = [_head(now, now.slug, width)], _trouble(now.outcome, width), []
    else:
        head = [_head(now, f"{now.slug}: {now.outcome.title}", width), *_changes(seen, width)]
        body = list(_body(now.outcome, seen, width))
        foot = [_score(seen)]
    foot = ["", *foot, *_others(others, width), _hint(now, width)]
    room = max(height - len(head) - len(foot) - 1, 1) if height else len(body)
    if len(body) > room:
        rest = click.style(f"  … {len(body) - room + 1} more lines", dim=True)
        body = [*body[: room - 1], rest]
    return itertools.chain(head, [""], body, foot)


def _head(now: Look, what: str, width: int) -> str:
    at = f"{now.at:%H:%M:%S}, {now.seconds:.2f} s"
    title = plain(what, max(width - len(at) - 2, 1))
    return f"{click.style(title, bold=True)}  {click.style(at, dim=True)}"


def _changes(seen: Seen, width: int) -> Iterator[str]:
    """What the last save did, in colours that nothing else has."""
    result, before = seen.now.result, seen.before.result if seen.before else None
    if result is None or before is None or not seen.now.runs:
        return
    better, worse = _newly(result, before), _newly(before, result)
    for mark, words, colour, ids in (
        (NO_LONGER, "no longer passes", "red", worse),
        (NEWLY, "passes now", "green", better),
    ):
        if ids:
            text = plain(f" {mark} {words}: {', '.join(ids)} ", width)
            yield click.style(text, fg=colour, bold=True, reverse=True)
    if not better and not worse:
        same = all(a.result == b.result for a, b in zip(result.checks, before.checks, strict=False))
        yield click.style("Nothing changed." if same else "No check changed sides.", dim=True)


def _newly(result: Result, before: Result) -> list[str]:
    """The checks that pass in `result` and did not `before`."""
    passed = passing(before)
    return [id for id in passing(result) if id not in passed]


def _trouble(text: str, width: int) -> list[str]:
    lines = (indented(plain(line, 500), "  ", width, fg="red") for line in text.splitlines())
    return list(itertools.chain.from_iterable(lines))


def _body(checked: Checked, seen: Seen, width: int) -> Iterator[str]:
    """What is to be done next, then what it printed, then the rest."""
    result, printed = checked.result, checked.judgement.printed
    if nothing_ran(result):
        yield from problem_lines(result, width)
        yield from printed_lines(printed, width, PRINTED_LINES)
        return
    before = seen.before.result if seen.before and seen.before.result else result
    changed = {*_newly(result, before), *_newly(before, result)}
    yield from next_lines(result, printed, width, changed, PRINTED_LINES)


def _score(seen: Seen) -> str:
    result = seen.now.result
    assert result is not None
    text = f"{points_text(result.score)} of {points_text(result.max_score)} points"
    before = seen.before.result.score if seen.before and seen.before.result else result.score
    moved = _signed(result.score - before) if seen.now.runs else ""
    colour = "green" if result.score == result.max_score else "yellow"
    where = f"on the public cases ({result.isolation})" if result.isolation else ""
    return f"{click.style(text, fg=colour, bold=True)}{moved} {where}".rstrip()


def _signed(points: Fraction) -> str:
    if not points:
        return ""
    sign, colour = ("+", "green") if points > 0 else ("−", "red")
    return click.style(f" ({sign}{points_text(abs(points))})", fg=colour, bold=True)


def _others(others: Iterable[Seen], width: int) -> Sequence[str]:
    """One line for all other exercises that are watched."""
    told = [(s.now.slug, s.now.result) for s in others]
    words = [
        f"{slug} {points_text(r.score)}/{points_text(r.max_score)}" if r else f"{slug} –"
        for slug, r in told
    ]
    return [click.style(plain(", ".join(words), width), dim=True)] if words else []


def _hint(now: Look, width: int) -> str:
    shown = now.path
    if shown.is_relative_to(Path.cwd()):
        shown = shown.relative_to(Path.cwd())
    text = f"Watching {plain(str(shown), max(width - 30, 10))}. Ctrl-C ends it."
    return click.style(text, dim=True)
