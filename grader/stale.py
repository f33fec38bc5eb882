"""Stored results that were judged by something else than what would judge them now, and why.

What decided a judgement is kept beside it, digest by digest; here it is compared with the course as
it is. A result is stale if one of them differs. Points and titles make nothing stale: they are
applied when results are counted.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from grader import inputs, keys
from grader.exercise import Exercise
from grader.model import Submission
from grader.store import Row

_SAID = {
    "cases": "other hidden cases",
    "checks": "other checks",
    "limits": "other limits",
    "mistakes": "other known mistakes",
    "module": "another module name or other required names",
    "probe": "another probe",
    "reference": "another reference",
    "secret": "another course secret",
    "grader": "another version of the grader",
}
_OWN = frozenset({"source", "problem"})
"""What is the submission's own. A change of it is no staleness but another submission."""

UNKNOWN = "unknown"
"""The reason where an older version of the grader kept none."""


@dataclass(frozen=True)
class Stale:
    """So many results of an assignment have the same reasons: what has changed, by name.

    `scoring`: only points or titles have, so that they need not be judged again.
    """

    assignment: str
    results: int
    why: tuple[str, ...]

    @property
    def scoring(self) -> bool:
        return self.why == (keys.SCORING,)

    @property
    def reasons(self) -> str:
        """In words: "other hidden cases and another reference"."""
        known = [_SAID.get(w, f"other {w}") for w in self.why if w not in (keys.SCORING, UNKNOWN)]
        if not known:
            return "an earlier version of the course or the grader"
        return " and ".join([", ".join(known[:-1]), known[-1]] if known[1:] else known)


def find(
    rows: Iterable[Row], exercises: Mapping[str, Exercise], secret: bytes | None
) -> list[Stale]:
    """The stale results among `rows`, which are those of `exercises`, by assignment and reasons.

    A result is a student's at an assignment, whichever attempt is stale. Without `secret` it is
    not looked whether that has changed.
    """
    now = {slug: _of_course(e, secret) for slug, e in exercises.items()}
    whose: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        if row.assignment in now:
            e = exercises[row.assignment]
            why = _why(row, e, now[row.assignment], secret)
            whose.setdefault((row.assignment, row.student), set()).update(why)
    counted = Counter((slug, tuple(_ordered(why))) for (slug, _), why in whose.items() if why)
    return [Stale(slug, n, why) for (slug, why), n in sorted(counted.items())]


def again(found: Iterable[Stale]) -> Iterator[str]:
    """A line for each of `found` that a run is about to judge again, or only to count anew."""
    for s in found:
        if s.scoring:
            yield (
                f"{_results(s)}: points or titles are others than when judged; "
                "rescored, nothing is run again."
            )
        else:
            verb = "were" if s.results > 1 else "was"
            again = "they are" if s.results > 1 else "it is"
            yield f"{_results(s)} {verb} judged with {s.reasons}; {again} judged again."


def left(found: Iterable[Stale]) -> Iterator[str]:
    """A line for each of `found` that stays as it is stored."""
    for s in found:
        if not s.scoring:
            verb, them = ("are", "them") if s.results > 1 else ("is", "it")
            yield (
                f"{_results(s, 'stored ')} {verb} stale, judged with {s.reasons}: "
                f"grade {them} again with `grader grade PATH`."
            )


def secret_of(root: Path) -> bytes | None:
    """The course secret if there is one. None is made."""
    if not os.environ.get(inputs.ENVIRONMENT) and not (root / ".grader" / "secret").is_file():
        return None
    return inputs.course_secret(root)[0]


def _results(s: Stale, which: str = "") -> str:
    return f"{s.results} {which}result{'s' if s.results > 1 else ''} of {s.assignment}"


def _of_course(e: Exercise, secret: bytes | None) -> dict[str, str]:
    """The digests that are the same for all submissions."""
    nobody = Submission("", e.assignment.slug, "")
    left_out = _OWN if secret is not None else _OWN | {"secret"}
    told = keys.decides(e, secret or b"", nobody)
    return {name: digest for name, digest in told.items() if name not in left_out}


def _why(row: Row, e: Exercise, now: Mapping[str, str], secret: bytes | None) -> set[str]:
    if row.decided:
        # A component that is new in this version was not told then, and says nothing.
        return {name for name, digest in now.items() if row.decided.get(name, digest) != digest}
    if secret is None or row.judgement.problem:
        return set()  # no telling
    submission = Submission(row.student, row.assignment, row.file, row.source)
    same = keys.key(keys.decides(e, secret, submission)) == row.key
    return set() if same else {UNKNOWN}


def _ordered(why: Iterable[str]) -> list[str]:
    """What matters most first; points are not worth a word beside anything else."""
    why = set(why)
    if len(why) > 1:
        why.discard(keys.SCORING)
    order = [*_SAID, keys.SCORING, UNKNOWN]
    return sorted(why, key=lambda name: (order.index(name) if name in order else -1, name))
