"""Two sets of results compared: whose marks differ, by how much, and which checks and reasons.

Results are documents as `grade --json` prints them; those of a folder are made the same first. So
what is compared need not come from the same rubric, nor from the same course.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import click

from grader.errors import UsageError
from grader.messages import plain
from grader.results import SCHEMA, number, points_text

Kind = Literal["up", "down", "same marks", "new", "gone"]
MOST_SHOWN = 100
"""So many students are listed in a terminal; the document has all."""

_MOST_REASON = 120
_MOST_POINTS = 1e9


@dataclass(frozen=True)
class Outcome:
    """How a check came out, with its points and the reason that is told with it."""

    status: str
    points: Fraction
    max_points: Fraction
    reason: str

    def differs(self, other: Outcome | None) -> bool:
        """In anything but words."""
        mine = self.status, self.points, self.max_points
        return other is None or mine != (other.status, other.points, other.max_points)


@dataclass(frozen=True)
class Mark:
    """What one student has for one assignment. `checks` are by id, in the rubric's order."""

    score: Fraction
    max_score: Fraction
    status: str
    problem: str = ""
    checks: Mapping[str, Outcome] = field(default_factory=dict)

    @property
    def share(self) -> Fraction:
        """What was earned of what could be."""
        return self.score / self.max_score if self.max_score else Fraction(1)


Marks = Mapping[tuple[str, str], Mark]
"""By student and assignment."""


@dataclass(frozen=True)
class Change:
    """One student's mark before and after; None where there is none."""

    student: str
    assignment: str
    before: Mark | None
    after: Mark | None

    @property
    def by(self) -> Fraction:
        """How much the share earned rises; 0 if there is only one."""
        if self.before is None or self.after is None:
            return Fraction(0)
        return self.after.share - self.before.share

    @property
    def kind(self) -> Kind:
        if self.before is None:
            return "new"
        if self.after is None:
            return "gone"
        return "up" if self.by > 0 else "down" if self.by < 0 else "same marks"

    @property
    def checks(self) -> tuple[tuple[str, Outcome | None, Outcome | None], ...]:
        """Those that came out otherwise: id, before, after."""
        before = self.before.checks if self.before else {}
        after = self.after.checks if self.after else {}
        every = dict.fromkeys([*after, *before])
        both = ((c, before.get(c), after.get(c)) for c in every)
        return tuple((c, a, b) for c, a, b in both if (a or b) and (a is None or a.differs(b)))


@dataclass(frozen=True)
class Difference:
    """All changes, the largest first, and how many results are the same."""

    changes: tuple[Change, ...]
    unchanged: int

    def count(self, kind: Kind) -> int:
        return sum(c.kind == kind for c in self.changes)


def compare(before: Marks, after: Marks) -> Difference:
    """What differs. Words alone, such as a hint that is put otherwise, are no difference."""
    every = [
        Change(student, slug, before.get((student, slug)), after.get((student, slug)))
        for student, slug in sorted({*before, *after})
    ]
    changes = [c for c in every if _differs(c)]
    changes.sort(key=lambda c: (-abs(c.by), c.kind in ("new", "gone"), c.assignment, c.student))
    return Difference(tuple(changes), len(every) - len(changes))


def _differs(c: Change) -> bool:
    if c.before is None or c.after is None:
        return True
    a, b = c.before, c.after
    return (a.score, a.max_score, a.status) != (b.score, b.max_score, b.status) or bool(c.checks)


def read(path: Path) -> Marks:
    """The results in a document. Raises UsageError if it is none."""
    try:
        return marks(json.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as e:
        why = e.strerror if isinstance(e, OSError) else f"{type(e).__name__}: {plain(str(e), 100)}"
        raise UsageError(
            f"{path} cannot be read as results ({why}). Name a results folder, or a file that "
            "`grader grade --json` or `grader rescore --json` has printed."
        ) from None


def marks(document: Any) -> Marks:
    """The same of a document. Raises ValueError, KeyError, TypeError or AttributeError."""
    if document["schema"] != SCHEMA:
        raise ValueError(f"schema {document['schema']}")
    found: dict[tuple[str, str], Mark] = {}
    for r in document["results"]:
        key = _text(r["student"]), _text(r["assignment"])
        if key in found:
            raise ValueError(f"two results of {key[0]} in {key[1]}")
        found[key] = Mark(
            _points(r["score"]),
            _points(r["max_score"]),
            _text(r["status"]),
            _text(r.get("problem", "")),
            {
                _text(c["id"]): Outcome(
                    _text(c["status"]), _points(c["points"]), _points(c["max_points"]), _reason(c)
                )
                for c in r["checks"]
            },
        )
    return found


def as_json(d: Difference) -> dict[str, Any]:
    """A document of all that differs."""
    return {
        "schema": SCHEMA,
        "summary": _summary(d),
        "changes": [
            {
                "student": c.student,
                "assignment": c.assignment,
                "kind": c.kind,
                "before": _mark_json(c.before),
                "after": _mark_json(c.after),
                "checks": [
                    {"id": name, "before": _outcome_json(a), "after": _outcome_json(b)}
                    for name, a, b in c.checks
                ],
            }
            for c in d.changes
        ],
    }


def lines(d: Difference) -> Iterator[str]:
    """For a terminal: each student whose marks differ, with the checks; then a count."""
    shown = d.changes[:MOST_SHOWN]
    wide = max([len("student"), *(len(plain(c.student, 30)) for c in shown)])
    slugs = max([len("assignment"), *(len(plain(c.assignment, 40)) for c in shown)])
    if shown:
        head = (
            f"{'student':<{wide}}  {'assignment':<{slugs}}  {'before':>9}    {'after':<9}  change"
        )
        yield click.style(head, bold=True)
    for c in shown:
        both = f"{_shown(c.before, c):>9} → {_shown(c.after, c):<9}"
        names = f"{plain(c.student, 30):<{wide}}  {plain(c.assignment, 40):<{slugs}}"
        yield f"{names}  {both}  {_by(c)}".rstrip()
        yield from _explained(c)
    if len(d.changes) > MOST_SHOWN:
        yield f"{len(d.changes) - MOST_SHOWN} more: see --json."
    if shown:
        yield ""
    said = [f"{n} {kind}" for kind, n in _summary(d).items() if n or kind == "unchanged"]
    yield f"{', '.join(said)}."


def _summary(d: Difference) -> dict[str, int]:
    kinds: tuple[Kind, ...] = ("up", "down", "same marks", "new", "gone")
    return {**{kind: d.count(kind) for kind in kinds}, "unchanged": d.unchanged}


def _explained(c: Change) -> Iterator[str]:
    if c.before is None or c.after is None:
        return
    if c.before.problem != c.after.problem:
        yield f"    {plain(c.after.problem or 'could be graded now', _MOST_REASON)}"
    checks = c.checks
    width = max((len(plain(name, 40)) for name, _, _ in checks), default=0)
    for name, a, b in checks:
        statuses = " → ".join(plain(x.status, 20) if x else "–" for x in (a, b))
        points = " → ".join(_of(x) for x in (a, b))
        # Why it is wrong now or, if it is right now, what was wrong before.
        reason = (b.reason if b else "") or (f"was: {a.reason}" if a and a.reason else "")
        told = f"{plain(name, 40):<{width}}  {statuses}, {points}"
        yield f"    {told}  {plain(reason, _MOST_REASON)}".rstrip()


def _of(outcome: Outcome | None) -> str:
    if outcome is None:
        return "–"
    return f"{points_text(outcome.points)}/{points_text(outcome.max_points)}"


def _shown(mark: Mark | None, c: Change) -> str:
    if mark is None:
        return "–"
    if mark.status == "missing":
        return "missing"
    same = c.before is None or c.after is None or c.before.max_score == c.after.max_score
    score = points_text(mark.score)
    return score if same else f"{score}/{points_text(mark.max_score)}"


def _by(c: Change) -> str:
    if c.before is None or c.after is None:
        return c.kind
    if c.kind == "same marks":
        return "same marks, other checks" if c.checks else "same marks"
    if c.before.max_score == c.after.max_score:
        by, unit = c.after.score - c.before.score, ""
    else:
        by, unit = 100 * c.by, "%"
    return f"{'+' if by > 0 else '−'}{points_text(abs(by))}{unit}"


def _mark_json(mark: Mark | None) -> dict[str, Any] | None:
    if mark is None:
        return None
    scores = {"score": number(mark.score), "max_score": number(mark.max_score)}
    return {**scores, "status": mark.status, "problem": mark.problem}


def _outcome_json(outcome: Outcome | None) -> dict[str, Any] | None:
    if outcome is None:
        return None
    scores = {"points": number(outcome.points), "max_points": number(outcome.max_points)}
    return {"status": outcome.status, **scores, "reason": outcome.reason}


def _reason(check: Mapping[str, Any]) -> str:
    """Known mistakes by name, else the reason in words."""
    named = [_text(m["name"]) for d in check.get("diagnosis", []) for m in d["mistakes"]]
    return ", ".join(dict.fromkeys(named)) or _text(check.get("reason", ""))


def _points(value: object) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{plain(str(value), 30)} is no number of points")
    if abs(value) > _MOST_POINTS:
        raise ValueError(f"{value:g} points are too many")
    return Fraction(round(Fraction(value) * 100), 100)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{plain(repr(value), 30)} is no text")
    return value
