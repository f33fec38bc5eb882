"""Results as Markdown for the summary of a run: of one's own work, or of a whole class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from grader.explain import diagnosis_text
from grader.messages import plain, say
from grader.results import points_text
from grader.terminal import MARKS, nothing_ran, to_do
from grader.verdict import Result, ScoredCheck

if TYPE_CHECKING:
    from grader.class_table import Entry
    from grader.own import Checked

MOST_ROWS = 500
"""Rows of a class that are shown. GitHub takes 1 MiB for a step, and drops a longer summary."""


def escaped(text: str, limit: int = 300) -> str:
    """Anybody's text as Markdown that shows it: all but letters and digits as entities.

    So there is no markup, link, mention or table cell in it, whatever it says.
    """
    shown = (c if c.isalnum() or c == " " else f"&#{ord(c)};" for c in plain(text, limit))
    return "".join(shown)


def own_summary(checked: Iterable[Checked]) -> str:
    """A student's own check: what to do next, then a table of all that is checked."""
    lines: list[str] = []
    for c in checked:
        lines += _own(c.result, c.title)
    return "\n".join(lines) + "\n"


def summary(entries: Sequence[Entry], errors: Sequence[str] = ()) -> str:
    """A class: a row for each result, then what could not be graded. For the instructor.

    Names and messages are escaped; numbers and diagnoses that only the instructor may see are not
    in it, since whoever may see the run may see its summary.
    """
    lines = [
        "| student | exercise | points | of | late | first thing to look at |",
        "|---|---|--:|--:|---|---|",
    ]
    for e in entries[:MOST_ROWS]:
        r, late = e.result, e.result.lateness
        told = "" if late is None or not late.days else "refused" if late.refused else "late"
        cells = (
            f"<code>{escaped(r.student, 80)}</code>",
            escaped(r.assignment),
            points_text(r.score),
            points_text(r.max_score),
            told,
            f"{MARKS[e.first.status][0]} {escaped(e.first.title)}" if e.first else "",
        )
        lines.append(f"| {' | '.join(cells)} |")
    if len(entries) > MOST_ROWS:
        lines += ["", f"{len(entries) - MOST_ROWS} more results are in the database."]
    lines += ["", *(f"- {escaped(line)}" for line in errors[:MOST_ROWS])]
    return "\n".join(lines).rstrip() + "\n"


def _own(result: Result, title: str) -> Iterator[str]:
    points = say("ci.points", score=points_text(result.score), most=points_text(result.max_score))
    yield f"### {escaped(result.assignment)}: {escaped(title)}"
    yield from ("", f"**{points}**", "")
    todo = to_do(result)
    if nothing_ran(result):
        yield from (escaped(result.problem), "")
        return
    if todo:
        yield from _in_full(todo[0])
    yield f"<details><summary>{say('ci.all', count=len(result.checks))}</summary>"
    yield from ("", "| | check | points | of |", "|---|---|--:|--:|")
    for c in result.checks:
        yield (
            f"| {MARKS[c.result.status][0]} | {escaped(c.title)} "
            f"| {points_text(c.points)} | {points_text(c.max_points)} |"
        )
    yield from ("", "</details>", "")


def _in_full(check: ScoredCheck) -> Iterator[str]:
    """A check with all that is known of it."""
    r = check.result
    yield f"{MARKS[r.status][0]} **{escaped(check.title)}** ({escaped(r.id)})"
    yield from ("", escaped(r.reason), "")
    if r.detail:
        yield f"<pre>{'&#10;'.join(escaped(line) for line in r.detail)}</pre>"
        yield ""
    for d in r.diagnosis:
        yield from (f"→ {escaped(diagnosis_text(d), 1000)}", "")
    if r.hint:
        yield from (escaped(say("notebook.hint", hint=r.hint), 1000), "")
