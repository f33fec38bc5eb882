"""What a student is told as Markdown, for an e-mail or a comment on a pull request.

Text of a student's (names, file names, problems that quote them) is put into code spans, in which
nothing is a link, a mention, an image or HTML; all other text has its punctuation escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from grader.messages import plain
from grader.report.page import MOST_TEXT, STATUS, when
from grader.results import duration_text, points_text
from grader.verdict import Result, Status

if TYPE_CHECKING:
    from grader.model import Assignment, Course
    from grader.report.advice import Advice
    from grader.report.handout import Own
    from grader.report.panels import Figure
    from grader.report.verdicts import Verdict

MOST_DRAWN = 2
"""So many gradients of an exercise are drawn; of the others the worst entries are named."""
_SPECIAL = re.compile(r"[\\`*\[<>|~&$]|(?<!\w)_|_(?!\w)|^[#+=-]|(?<=^\d)[.)]")
"""What would begin something, wherever it is or at the start of a line."""


def text(words: str) -> str:
    """Words of the course's as Markdown shows them: one line, with nothing in it but words."""
    return _SPECIAL.sub(r"\\\g<0>", plain(words, MOST_TEXT).strip())


def code(words: str) -> str:
    """A student's text, or an id, as a code span."""
    shown = plain(words, MOST_TEXT).strip() or " "
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if shown[0] == "`" or shown[-1] == "`" else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def markdown(o: Own, course: Course, weights: Mapping[str, Fraction], clock: str) -> str:
    """The whole of what is told, ending in a line break."""
    return "\n".join(_lines(o, course, weights, clock)).rstrip() + "\n"


def _lines(o: Own, course: Course, weights: Mapping[str, Fraction], clock: str) -> Iterator[str]:
    yield f"# {text(course.title)}: results of {code(o.person.name)}"
    yield ""
    if o.total is not None:
        weighed = ", ".join(f"{text(title)} {points_text(w)}" for title, w in weights.items())
        yield f"**Course total so far: {points_text(o.total)} of 100.**"
        yield "What is missing counts as 0."
        if weighed:
            yield f"Weights: {weighed}."
        yield ""
    for a in o.assignments:
        yield from _exercise(o, a)
    if clock:
        yield f"Times are by the clock of {text(clock)}."


def _exercise(o: Own, a: Assignment) -> Iterator[str]:
    yield f"## {text(a.title)}"
    yield ""
    r = o.results.get(a.slug)
    if r is None:
        yield "Nothing was handed in."
        yield ""
        return
    yield f"**{points_text(r.score)} of {points_text(r.max_score)} points**"
    yield ""
    if told := _handed_in(r):
        yield told
        yield ""
    if r.problem:
        yield code(r.problem)
        yield ""
    if r.status == "ungraded":
        yield "No check could be made."
    elif r.status == "passed":
        yield "Every check passed."
    else:
        if o.advice[a.slug]:
            yield "### What to look at"
            yield ""
            for n, x in enumerate(o.advice[a.slug], start=1):
                yield from _advice(n, x, len(r.checks))
            yield ""
        if o.figures[a.slug]:
            yield "### Gradients in the public cases"
            yield ""
            for n, f in enumerate(o.figures[a.slug]):
                yield from _figure(f, drawn=n < MOST_DRAWN)
        yield "### All checks"
        yield ""
        yield "| | Check | Points | |"
        yield "|---|---|---:|---|"
        for v in o.verdicts[a.slug]:
            yield from _verdict(v)
    yield ""


def _handed_in(r: Result) -> str:
    late, told = r.lateness, []
    if r.came:
        due = f", due {when(late.due)}" if late else ""
        extended = " with an extension" if late and late.extended else ""
        told.append(f"Handed in {when(r.came)}{due}{extended}.")
    if len(r.attempts) > 1:
        told.append(f"Of {len(r.attempts)} attempts, number {r.attempt.number} counts.")
    if late and r.is_late:
        by = duration_text(late.minutes)
        if late.refused:
            told.append(f"It came {by} late, which is too late to count.")
        elif late.penalty:
            share, earned = points_text(100 * late.penalty), points_text(r.earned)
            told.append(f"{by} late: {share}% of {earned} points are taken off.")
        else:
            told.append(f"{by} late, which costs nothing.")
    return text(" ".join(told)) if told else ""


def _advice(n: int, x: Advice, checks: int) -> Iterator[str]:
    also = f" The same goes for {', '.join(x.also)}." if x.also else ""
    yield f"{n}. **{text((x.text or 'This did not pass.') + also)}**"
    for title, hint in x.hints:
        whose = f" for “{text(title)}”" if title else ""
        yield f"   - Hint{whose}: {text(hint)}"
    costs = "all checks" if len(x.checks) == checks else ", ".join(map(code, x.checks))
    yield f"   - Cost: {costs}"


def _figure(f: Figure, *, drawn: bool) -> Iterator[str]:
    yield f"- {text(f.words)}"
    yield from (f"  - {text(line)}" for line in f.worst)
    if drawn and f.shades:
        yield ""
        yield "  ```text"
        yield from (f"  {row}" for row in f.shades)
        yield "  ```"
    yield ""


def _verdict(v: Verdict) -> Iterator[str]:
    _, symbol, word = STATUS[v.result.status]
    said = f"{word}. {v.result.reason}" if v.result.reason else word
    if v.result.status is Status.PASSED:
        names = ", ".join(code(c.result.id) for c in v.checks)
        points = f"{points_text(v.points)} of {points_text(v.max_points)}"
        yield f"| {symbol} | {names} | {points} | {text(word)} |"
        return
    for c in v.checks:
        points = f"{points_text(c.points)} of {points_text(c.max_points)}"
        yield f"| {symbol} | {text(c.title)} {code(c.result.id)} | {points} | {text(said)} |"
