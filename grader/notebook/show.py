"""What a check's cell shows: HTML in a notebook, text everywhere else. Says all it knows in words.

Colours are the theme's own, with values beside them that can be seen on light and dark; text has
the colour of the text around it. Whatever may be a student's is escaped.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

from grader.errors import ConfigError, GraderError
from grader.messages import plain, say

if TYPE_CHECKING:
    from grader.notebook.heatmap import Map
    from grader.verdict import ScoredCheck

WIDTH = 88
PRINTED_LINES = 12
_GOOD = "var(--jp-success-color1, #3fa45b)"
_PARTLY = "var(--jp-warn-color1, #d99a2b)"
_WRONG = "var(--jp-error-color1, #e05252)"
_NEWS = "var(--jp-info-color1, #3d9bd1)"
_QUIET = "var(--jp-border-color1, #8a8a8a)"
_OUTCOMES = {
    "passed": ("✓", _GOOD, "outcome.passed"),
    "follow_through": ("≈", _PARTLY, "outcome.follow_through"),
    "failed": ("✗", _WRONG, "outcome.failed"),
    "error": ("✗", _WRONG, "outcome.error"),
    "timeout": ("✗", _WRONG, "outcome.timeout"),
    "skipped": ("·", _QUIET, "outcome.skipped"),
    "manual": ("?", _NEWS, "outcome.manual"),
    "note": ("!", _WRONG, "outcome.note"),
}
"""By status: mark, colour, and the word for it."""
_TEXT = (
    "margin:4px 0;padding:0;background:none;border:0;color:inherit;"
    "white-space:pre-wrap;font-size:0.92em"
)


@dataclass(frozen=True)
class Shown:
    """One check as a cell shows it. `points` is what nbgrader records: finite, 0 to `of`.

    `status` is a check's, or "note" if there was nothing to judge. `advice` are pairs of a kind,
    "diagnosis" or "hint", and the text.
    """

    id: str
    status: str
    points: float = 0.0
    score: str = ""
    title: str = ""
    reason: str = ""
    detail: tuple[str, ...] = ()
    advice: tuple[tuple[str, str], ...] = ()
    maps: tuple[Map, ...] = ()
    printed: tuple[str, ...] = ()

    @property
    def heading(self) -> str:
        """The outcome in a line: mark, word and points."""
        mark, _, word = _OUTCOMES[self.status]
        return " · ".join(part for part in (f"{mark} {say(word)}", self.score, self.id) if part)

    @property
    def text(self) -> str:
        """For a terminal, or whoever shows no HTML."""
        told = [*_wrapped(self.title, "  "), *_wrapped(self.reason, "  ")]
        return "\n".join([self.heading, *told, *self.findings])

    @property
    def findings(self) -> tuple[str, ...]:
        """The lines below the reason: what was found, the diagnosis, the hint, what was printed."""
        lines = []
        for line in self.detail:
            lines += _wrapped(line, "  ")
        for kind, line in self.advice:
            lines += _wrapped(line, "  → " if kind == "diagnosis" else "  ")
        if self.printed:
            lines += [f"  {say('notebook.printed')}", *(f"    {line}" for line in self.printed)]
        return tuple(lines)

    @property
    def html(self) -> str:
        """Without scripts and style sheets, so that it looks the same wherever it is opened."""
        return "".join(self._html())

    def _html(self) -> Iterator[str]:
        _, colour, _ = _OUTCOMES[self.status]
        # Nothing in here is mathematics, whatever dollar signs a student's text holds.
        yield (
            f'<div class="grader-check tex2jax_ignore mathjax_ignore" role="group" '
            f'aria-label="{escape(self.heading)}" style="border-left:4px solid {colour};'
            'padding:4px 0 4px 12px;margin:4px 0;line-height:1.45;max-width:52em">'
        )
        yield f'<div style="font-weight:600">{escape(self.heading)}</div>'
        for text in (self.title, self.reason):
            if text:
                yield f"<div>{escape(text)}</div>"
        if self.detail:
            lines = "\n".join(map(escape, self.detail))
            yield f'<pre style="{_TEXT}">{lines}</pre>'
        for kind, text in self.advice:
            edge = _PARTLY if kind == "diagnosis" else _NEWS
            yield (
                f'<div style="border-left:2px solid {edge};padding-left:8px;margin:6px 0">'
                f"{escape(text)}</div>"
            )
        for picture in self.maps:
            caption = f'<figcaption style="font-size:0.92em">{escape(picture.caption)}</figcaption>'
            yield f'<figure style="margin:8px 0">{caption}{picture.html}</figure>'
        if self.printed:
            lines = "\n".join(map(escape, self.printed))
            yield (
                f"<details><summary>{escape(say('notebook.printed'))}</summary>"
                f'<pre style="{_TEXT}">{lines}</pre></details>'
            )
        yield "</div>"


def outcome(scored: ScoredCheck, printed: str, maps: Sequence[Map] = ()) -> Shown:
    """A check that was judged."""
    from grader.explain import diagnosis_text
    from grader.results import points_text
    from grader.verdict import Status

    r = scored.result
    advice = [("diagnosis", diagnosis_text(d)) for d in r.diagnosis]
    if r.hint:
        advice.append(("hint", say("notebook.hint", hint=r.hint)))
    points, of = points_text(scored.points), points_text(scored.max_points)
    return Shown(
        id=r.id,
        status=r.status.value,
        points=float(scored.points),
        score=say("notebook.points", points=points, of=of),
        title=scored.title,
        reason=r.reason,
        detail=r.detail,
        advice=tuple(advice),
        maps=tuple(maps),
        printed=() if r.status in (Status.PASSED, Status.SKIPPED) else _printed(printed),
    )


def note(check_id: object, reason: str) -> Shown:
    """Why nothing was judged."""
    return Shown(plain(str(check_id), 60), "note", reason=reason)


def trouble(check_id: object, error: Exception) -> Shown:
    """An error on our side: of the course's files if it is one we know, else a mistake of ours."""
    if isinstance(error, ConfigError):
        lines = tuple(plain(str(p)) for p in error.problems)
    elif isinstance(error, GraderError):
        lines = (plain(str(error), 1000),)
    else:
        lines = (say("notebook.broken", type=type(error).__name__, message=plain(str(error))),)
    return replace(note(check_id, lines[0]), detail=lines[1:])


def display(shown: Shown) -> None:
    """HTML where there is a notebook to show it, with text for those who cannot; else print."""
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        bundle = {"text/html": shown.html, "text/plain": shown.text}
        ipython.display.display(bundle, raw=True)
    else:
        print(shown.text)


def _printed(printed: str) -> tuple[str, ...]:
    lines = [plain(line, WIDTH) for line in printed.splitlines()]
    return tuple(lines if len(lines) <= PRINTED_LINES else [*lines[:PRINTED_LINES], "…"])


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=" " * len(indent))
