"""Which known mistakes give the answers that the student gave.

A mistake is recognised in a quantity if its answers equal the student's in every case, and differ
from the reference's in at least two: one regime alone proves nothing. Quantities are matched one
by one, so that two independent mistakes are both named. Among several candidates those are kept
that predict least that did not happen, and then explain most that did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader import compare, explain
from grader.compare import FLOAT64
from grader.findings import Evidence, Finding, finding
from grader.measurement import Answer, Derivative, Failure, Measurement
from grader.model import Assignment, Check, Mistake, Part, Quantity
from grader.verdict import Diagnosis, Recognised

Key = tuple[str, str]
"""A quantity as (call, output name)."""

LOOSE = 10.0
"""How many tolerances apart two answers of the same wrong code may be (they round differently)."""


@dataclass(frozen=True)
class Candidate:
    """A mistake held against a submission: what it explains, and all that it predicts."""

    mistake: Recognised
    explains: frozenset[Key]
    predicts: frozenset[Key]


Slopes = Mapping[tuple[str, str, str], Derivative]

Rebuild = Callable[[Evidence, Any], Measurement]
"""Adds what the reference answers with the submission's own functions in it, where that is of use.

The last argument is the session with the submission.
"""


@dataclass(frozen=True)
class Recogniser:
    """What is known beyond the right answers: all of it to grade, only sealed hints to check."""

    by_quantity: Callable[[Evidence], Mapping[tuple[str, str], Diagnosis]]
    slow: Callable[[Check], tuple[Recognised, ...]]
    slopes: Callable[[Assignment, Evidence, str, Part], Slopes] | None = None
    """The derivatives of a part's forward with the mistake of that name, where to be had."""

    rebuild: Rebuild | None = None


def wrong_quantities(evidence: Evidence) -> dict[Key, list[Finding]]:
    """The quantities wrong in at least one case, each with its findings in all cases."""
    by_key: dict[Key, list[Finding]] = {}
    for (case, call, name), found in evidence.findings.items():
        if case not in evidence.bench.timed:
            by_key.setdefault((call, name), []).append(found)
    return {k: all_ for k, all_ in by_key.items() if not all(f.right for f in all_)}


def suspicions(wrong: Mapping[Key, list[Finding]]) -> list[Finding]:
    """One telling finding for each wrong quantity: the first that is wrong."""
    return [next(f for f in found if not f.right) for found in wrong.values()]


def repeated(
    answers: Mapping[tuple[str, str], Answer], telling: Iterable[Finding]
) -> frozenset[Key]:
    """The quantities in which `answers` repeat the telling findings; if none, it is not this."""
    return frozenset(
        (f.quantity.call, str(f.quantity.name))
        for f in telling
        if f.want is not None
        and alike(
            f, finding(f.case, f.quantity, answers.get((f.case, f.quantity.call)), f.want, FLOAT64)
        )
    )


def candidate(
    mistake: Mistake,
    answers: Mapping[tuple[str, str], Answer],
    evidence: Evidence,
    wrong: Mapping[Key, list[Finding]],
) -> Candidate:
    """Hold the answers of code with `mistake` in it against the student's."""
    predicts: dict[Key, int] = {}
    agrees: dict[Key, bool] = {}
    for (case, call, name), ours in evidence.findings.items():
        if case in evidence.bench.timed or ours.want is None:
            continue
        dtype = evidence.precision[case]
        theirs = finding(case, Quantity(call, name), answers.get((case, call)), ours.want, dtype)
        key = (call, name)
        predicts[key] = predicts.get(key, 0) + (not theirs.right)
        if key in wrong:
            agrees[key] = agrees.get(key, True) and alike(ours, theirs)
    needed = {k: min(2, len(found)) for k, found in wrong.items()}
    explains = {k for k, same in agrees.items() if same and predicts[k] >= needed[k]}
    return Candidate(
        Recognised(mistake.name, mistake.when, mistake.hint),
        frozenset(explains),
        frozenset(k for k, n in predicts.items() if n),
    )


def alike(a: Finding, b: Finding) -> bool:
    """Whether two findings on the same quantity and case are of the same answer."""
    if a.failure is not None or b.failure is not None:
        return (
            a.failure is not None and b.failure is not None and mark(a.failure) == mark(b.failure)
        )
    if a.got is None or b.got is None:
        return a.got is None and b.got is None and a.returned == b.returned
    if a.got.shape != b.got.shape or a.got.dtype.kind != b.got.dtype.kind:
        return False
    tolerance = LOOSE * (a.tolerance or compare.TOLERANCE[FLOAT64])
    if compare.relative_error(a.got, b.got) <= tolerance:
        return True
    finite = np.isfinite(a.got)
    if finite.all() or not np.array_equal(finite, np.isfinite(b.got)):
        return False
    ours, theirs = np.where(finite, a.got, 0.0), np.where(finite, b.got, 0.0)
    return compare.relative_error(ours, theirs) <= tolerance


def mark(failure: Failure) -> str:
    """What failures of one cause have in common: the type, and what a builtin one says.

    Everyone words an exception of their own, or of the exercise's, in their own way; and a
    recursion without end is caught in no certain place.
    """
    known = failure.type in explain.NAMED_ERRORS and failure.type != "RecursionError"
    return f"{failure.type}:{failure.message}" if known else failure.type


def choose(candidates: Iterable[Candidate], wrong: Iterable[Key]) -> dict[Key, Diagnosis]:
    """For each wrong quantity that some candidate explains, the best of them.

    Few mistakes are likelier than many: one that was named already and fits as well comes first.
    """
    happened = frozenset(wrong)
    fitting: dict[Key, list[tuple[tuple[int, int], Candidate]]] = {}
    for c in candidates:
        for key in c.explains:
            if _fits(c, key[0], happened):
                rank = (len(c.predicts - happened), -len(c.explains))
                fitting.setdefault(key, []).append((rank, c))
    chosen: dict[Key, Diagnosis] = {}
    named: set[str] = set()
    explained: set[str] = set()
    for key, ranked in sorted(fitting.items(), key=lambda item: min(r for r, _ in item[1])):
        if key[0] in explained:  # what is left of a call is not guessed at
            ranked = [(r, c) for r, c in ranked if r[0] == 0 or c.mistake.name in named]
        if not ranked:
            continue
        best = min(rank for rank, _ in ranked)
        found = [c for rank, c in ranked if rank == best]
        again = [c for rank, c in ranked if rank[0] <= best[0] and c.mistake.name in named]
        mistakes = tuple(c.mistake for c in again or found)
        named.update(m.name for m in mistakes)
        explained.add(key[0])
        chosen[key] = Diagnosis(explain.name_of(Quantity(*key)), mistakes)
    return chosen


def _fits(c: Candidate, call: str, happened: frozenset[Key]) -> bool:
    """Whether what a mistake does to `call` is what happened there.

    All of it, for a forward or a backward. What only behaviour shows may show in part, but a
    mistake that does more elsewhere than happened must then explain all that is wrong here.
    """
    if call.endswith(("forward", "backward")):
        return {k for k in c.predicts if k[0] == call} <= happened
    return c.predicts <= happened or {k for k in happened if k[0] == call} <= c.explains
