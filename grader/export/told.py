"""What other systems show to students: points, reasons, diagnoses and hints, and nothing else.

Values, messages, output and times would carry hidden inputs out (docs/security.md), and whatever
is a student's own text is made plain.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from html import escape

from grader.explain import diagnosis_text
from grader.messages import plain, say
from grader.model import Assignment
from grader.report.advice import Advice, advice, for_student, lateness
from grader.results import points_text
from grader.verdict import Result, ScoredCheck, Status

MOST = 1000
"""Characters about one check."""


@dataclass(frozen=True)
class Told:
    """One check as it may be shown. `text` is "" if there is nothing to say of it."""

    id: str
    title: str
    status: Status
    points: Fraction
    max_points: Fraction
    waiting: bool
    text: str

    @property
    def full(self) -> bool:
        return self.points == self.max_points and not self.waiting


def checks(result: Result, assignment: Assignment) -> tuple[Told, ...]:
    """All checks in rubric order."""
    return tuple(_told(c) for c in for_student(result, assignment).checks)


def summary(result: Result, assignment: Assignment) -> str:
    """What there is to say of the whole, line by line: why it could not be run, and lateness."""
    problem = for_student(result, assignment).problem
    lines = [plain(problem, MOST)] if problem else []
    return "\n".join([*lines, *lateness(result)])


def html(result: Result, assignment: Assignment) -> str:
    """What to look at as HTML with paragraphs and one list; "" if there is nothing to say.

    Each mistake is there once, with the checks that it cost. All text is escaped.
    """
    seen = for_student(result, assignment)
    items = [_advice(a) for a in advice(seen)]
    items += [
        say(
            "comment.check",
            title=c.title,
            points=points_text(c.points),
            most=points_text(c.max_points),
            said=plain(c.result.reason, MOST),
        )
        for c in seen.checks
        if c.result.status is Status.MANUAL and not c.waiting
    ]
    paragraphs = "".join(f"<p>{escape(x)}</p>" for x in summary(result, assignment).splitlines())
    shown = "".join(f"<li>{escape(item)}</li>" for item in items)
    return paragraphs + (f"<ul>{shown}</ul>" if shown else "")


def _advice(a: Advice) -> str:
    hints = [f"{title}: {hint}" if title else hint for title, hint in a.hints]
    also = ", ".join(a.also)
    said = [a.text, *([f"({also})"] if also else []), *hints, f"[{', '.join(a.checks)}]"]
    return plain(" ".join(said), MOST)


def _told(c: ScoredCheck) -> Told:
    r = c.result
    said = [r.reason, *map(diagnosis_text, r.diagnosis), r.hint]
    text = "" if r.status is Status.PASSED else plain(" ".join(x for x in said if x), MOST)
    return Told(r.id, c.title, r.status, c.points, c.max_points, c.waiting, text)
