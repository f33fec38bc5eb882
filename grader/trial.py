"""Whether a source loses marks at all: the judge's answer, had as cheaply as it can be.

Most mutants of a solution are wrong in plain sight. So the untimed cases are asked first, without
numerical derivatives, explanations or diagnosis; whatever that leaves open goes to the judge.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from grader import checks, findings, known
from grader.diagnose import Recogniser
from grader.exercise import Exercise
from grader.findings import Evidence
from grader.judge import judge
from grader.measurement import Answer, Bench, Measurement
from grader.model import Assignment, Check
from grader.probe import questions
from grader.score import score
from grader.verdict import CheckResult, Result, Status
from grader.worker import Ask, Worker

PATIENCE = (1.0, 4.0)
"""Seconds that the untimed cases may take, at first and again: the machine may have been busy."""

RATIO = 20.0
"""How many times as long as the reference they may take in any event."""

_ONE_DECIDES = ("matches", "gradient", "unchanged")
_ANY = (*_ONE_DECIDES, "shaped", "same")

VERDICTS = 2
"""How often a mark must be lost to time alone before it is."""


@dataclass(frozen=True)
class Fate:
    """What a source loses: the id of one check, or "". `hung`: it took too long, each time."""

    lost: str
    hung: bool = False


@dataclass(frozen=True)
class Marker:
    """Marks trusted sources as submissions of an exercise, all of them on the same bench."""

    exercise: Exercise
    bench: Bench
    worker: Worker
    student: str

    def mark(self, source: bytes) -> Result:
        """The marks of `source`, with diagnosis, as grading gives them."""
        e = self.exercise
        judged = judge(
            self.worker, source, e.probe.source, e.assignment, self.bench, self._recogniser
        )
        return score(self.student, e.assignment, judged)

    @cached_property
    def _recogniser(self) -> Recogniser:
        """One for all sources: it remembers what the known mistakes answer on the bench."""
        return known.recogniser_of(self.exercise)

    def fate(self, source: bytes) -> Fate:
        """Whether `source` loses any marks."""
        fate: Fate | None = None
        for seconds in PATIENCE:
            fate = self._untimed(source, seconds)
            if fate is None or not fate.hung:
                break
        return fate or self._in_full(source)

    def _untimed(self, source: bytes, seconds: float) -> Fate | None:
        """What is lost for certain in the cases that are not timed, or None.

        One case is asked first, since it tells most of what is wrong.
        """
        e, bench = self.exercise, self.bench
        cases = [c for c in bench.cases.values() if c.id not in bench.timed]
        asks = [Ask(case, call) for case, call in questions(e.assignment, cases, cost=False)]
        usual = sum(bench.expected[a.case, a.call].seconds for a in asks)
        deadline = time.monotonic() + max(seconds, RATIO * usual)
        answers: dict[tuple[str, str], Answer] = {}
        with (
            np.errstate(all="ignore"),
            self.worker.open(e.probe.source, e.assignment.module, source) as session,
        ):
            for start, stop in ((0, 1), (1, len(cases))):
                given = {c.id: bench.inputs[c.id] for c in cases[start:stop]}
                session.give(given)
                put = [a for a in asks if a.case in given]
                got = session.ask(put, deadline - time.monotonic())
                answers |= {(a.case, a.call): x for a, x in zip(put, got, strict=True)}
                seen = replace(
                    bench,
                    cases={c.id: c for c in cases[:stop]},
                    expected={k: bench.expected[k] for k in answers},
                )
                found = findings.evidence(seen, Measurement(answers))
                fate = _plainly(e.assignment, found, every_case=stop == len(cases))
                if fate is not None:
                    return fate
        return None

    def _in_full(self, source: bytes) -> Fate:
        """What the judge says. Marks lost to time alone must be lost again."""
        lost: list[CheckResult] = []
        for _ in range(VERDICTS):
            lost = [
                c.result
                for c in self.mark(source).checks
                if c.points < c.max_points and c.result.status is not Status.MANUAL
            ]
            if any(r.status is not Status.TIMEOUT for r in lost) or not lost:
                break
        hung = bool(lost) and all(r.status is Status.TIMEOUT for r in lost)
        return Fate(lost[0].id if lost else "", hung)


def _plainly(assignment: Assignment, found: Evidence, *, every_case: bool) -> Fate | None:
    """A check that is lost whatever else the judge may find, or None.

    Where not `every_case` was asked, only kinds count that one wrong answer decides.
    """
    hung = None
    for check in assignment.checks:
        if check.kind not in (_ANY if every_case else _ONE_DECIDES) or not found.bench.of(check):
            continue
        result = checks.run(check, found)
        if result.status is Status.PASSED or _excusable(check, found):
            continue
        if result.status is Status.TIMEOUT:
            hung = hung or Fate(check.id, hung=True)
        elif result.status is not Status.SKIPPED:
            return Fate(check.id)
    return hung


def _excusable(check: Check, found: Evidence) -> bool:
    """Whether something is wrong that the check may yet be excused for: it builds on that."""
    own = {q.call for q in check.quantities} | {check.same_as}
    basis = {call for call in check.calls if call not in own}
    return any(f.quantity.call in basis and not f.right for f in found.findings.values())
