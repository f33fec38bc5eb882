"""What `grader check --watch` shows: what to do next, and what the last save changed. Pure text.

The first check that fails is shown in full, the others in a line each; what passes is counted.
"""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import click

from grader.messages import plain
from grader.model import Result, ScoredCheck, Status
from grader.own import Checked
from grader.results import points_text
from grader.terminal import MARKS, WIDTH, check_lines, common_detail, indented

NARROWEST = 40
PRINTED_LINES = 5
NEWLY, NO_LONGER = "▲", "▼"

_LATER = {Status.FOLLOW_THROUGH: 1, Status.MANUAL: 2, Status.SKIPPED: 3}
"""What can wait: marks that are partly there, and checks that wait for another themselves."""


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
    """A look, and the one it is to be compared with: the last that ran, None if none has."""

    now: Look
    before: Look | None


def compared(now: Look, last: Seen | None) -> Seen:
    """`now` beside what was seen `last`. What did not even run is passed over."""
    if last is None:
        return Seen(now, None)
    return Seen(now, last.now if last.now.runs else last.before)


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
    passed = _passing(before)
    return [id for id in _passing(result) if id not in passed]


def _passing(result: Result) -> dict[str, None]:
    return {c.result.id: None for c in result.checks if c.result.status is Status.PASSED}


def _trouble(text: str, width: int) -> list[str]:
    lines = (indented(plain(line, 500), "  ", width, fg="red") for line in text.splitlines())
    return list(itertools.chain.from_iterable(lines))


def _body(checked: Checked, seen: Seen, width: int) -> Iterator[str]:
    """What is to be done next, then what it printed, then the rest."""
    result = checked.result
    if result.problem and not _passing(result):
        yield from _trouble(result.problem, width)
        yield from indented(common_detail(result.checks), "  ", width)
        yield from _printed(checked.judgement.printed, width)
        return
    before = seen.before.result if seen.before and seen.before.result else result
    changed = {*_newly(result, before), *_newly(before, result)}
    open_ones = [c for c in result.checks if c.result.status is not Status.PASSED]
    open_ones.sort(key=lambda c: _LATER.get(c.result.status, 0))
    if open_ones:
        longest = min(len(open_ones[0].title), width - 30)
        yield from check_lines(open_ones[0], {}, longest, width)
        yield ""
    yield from _printed(checked.judgement.printed, width)
    folded = open_ones[1:]
    longest = max((len(f"{c.title}{c.result.id}{_score_of(c)}") for c in folded), default=0)
    spare = max(longest + 8 - width, 0)
    titles = max((len(c.title) for c in folded), default=0) - spare
    for c in folded:
        yield _folded(c, c.result.id in changed, max(titles, 1))
    yield from _passed(_passing(result), changed, width)


def _folded(check: ScoredCheck, changed: bool, wide: int) -> str:
    """A check in one line, its title cut or filled up to be `wide`."""
    mark, colour = MARKS[check.result.status]
    title = plain(check.title, wide)
    line = f"{NO_LONGER if changed else ' '} {mark} {title:<{wide}} {_score_of(check)}"
    styled = click.style(line, fg=colour, bold=changed)
    return f"{styled}  {click.style(check.result.id, dim=True)}"


def _score_of(check: ScoredCheck) -> str:
    return f"{points_text(check.points)}/{points_text(check.max_points)}".rjust(6)


def _passed(ids: Iterable[str], changed: set[str], width: int) -> Iterator[str]:
    """All that passes, in as many lines as it takes, what is new marked."""
    named = [f"{NEWLY}{id}" if id in changed else id for id in ids]
    text = f"{len(named)} passed: {', '.join(named)}"
    lines = textwrap.wrap(text, width - 4, break_on_hyphens=False) if named else []
    for i, line in enumerate(lines):
        yield ("    " if i else "  ✓ ") + click.style(line, fg="green")


def _printed(printed: str, width: int) -> Iterator[str]:
    lines = [plain(line, width - 4) for line in printed.splitlines()]
    if not lines:
        return
    yield click.style("  Your code printed:", dim=True)
    yield from (click.style(f"    {line}", dim=True) for line in lines[:PRINTED_LINES])
    if len(lines) > PRINTED_LINES:
        yield click.style(f"    … and {len(lines) - PRINTED_LINES} more lines", dim=True)
    yield ""


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
