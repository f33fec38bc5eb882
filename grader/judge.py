"""One submission against one bench: ask, difference, compare, conclude.

The conversation with the child has up to four rounds in one session under one deadline: what the
checks need; points to differentiate the student's forward at; the same entry by entry, only for a
wrong forward; and the case that is timed. The conclusion is a pure function of the evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from grader import checks, diagnose, explain, gradcheck, slopes
from grader.diagnose import Recogniser
from grader.findings import Evidence, evidence, with_answers
from grader.messages import say
from grader.model import (
    Answer,
    Assignment,
    Bench,
    Check,
    CheckResult,
    Diagnosis,
    Judgement,
    Measurement,
    Status,
)
from grader.probe import questions
from grader.slopes import forward_right, outputs_usable, usable
from grader.worker import Ask, Session, Worker

if TYPE_CHECKING:
    from grader.model import Array

ENTRY_STEP = 1e-2
ENTRY_STRIDE = 64.0
"""How far an entry is moved to see whether anything depends on it: far enough to wake a unit that
happens to be off, so that marks do not hang on the draw of inputs."""

MOST_ENTRIES = 2000


def judge(
    worker: Worker,
    source: bytes,
    probe: bytes,
    assignment: Assignment,
    bench: Bench,
    recogniser: Recogniser,
) -> Judgement:
    """Run `source` on `bench` and conclude. Raises WorkerError only if no process can be had."""
    # Whatever a student's numbers do to ours is seen in the outcome.
    with np.errstate(all="ignore"):
        with worker.open(probe, assignment.module, source) as session:
            found = examine(session, assignment, bench)
        return conclude(assignment, found, recogniser, worker.isolation)


def examine(
    session: Session, assignment: Assignment, bench: Bench, *, thorough: bool = False
) -> Evidence:
    """All rounds of the conversation. Never raises because of what the student's code does.

    `thorough`: differentiate numerically in every case, even where the forward is right.
    """
    cases = [c for c in bench.cases.values() if c.id not in bench.timed]
    session.give({c.id: bench.inputs[c.id] for c in cases})
    asks = [Ask(case, call) for case, call in questions(assignment, cases, cost=False)]
    session.put(asks)
    len(bench.expected)  # solved now, while the child works on its answers
    answers = dict(zip([(a.case, a.call) for a in asks], session.get(asks), strict=True))
    measured = Measurement(answers)
    found = evidence(bench, measured)
    wanted = slopes.wanted(assignment, found, thorough=thorough)
    measured = replace(measured, slopes=slopes.measure(found, wanted, session.ask))
    found = replace(found, measurement=measured)
    case = _case_to_explain(assignment, found)
    if case:
        measured = _own_gradient(session, found, case)
    timed_answers = _timed_answers(session, assignment, bench)
    measured = replace(measured, answers=answers | timed_answers, printed=session.printed)
    found = with_answers(found, measured, timed_answers)
    late = slopes.measure(found, slopes.wanted_of_timed(assignment, found), session.ask)
    measured = replace(measured, slopes={**measured.slopes, **late}, printed=session.printed)
    return replace(found, measurement=measured)


def conclude(
    assignment: Assignment, found: Evidence, recogniser: Recogniser, isolation: str
) -> Judgement:
    """Every check's result with diagnosis and hint. Pure."""
    wrong = diagnose.wrong_quantities(found)
    named = recogniser.by_quantity(found) if wrong else {}
    wrong_forward = [k for k in wrong if k[0] == "forward"]
    known_forward = bool(wrong_forward) and all(k in named for k in wrong_forward)
    if known_forward and recogniser.slopes is not None:
        # Differentiated where nobody can tell a point of differentiation from a case.
        mistake = named[wrong_forward[0]].mistakes[0].name
        trusted = recogniser.slopes(assignment, found, mistake)
        found = replace(found, measurement=replace(found.measurement, slopes=trusted))
    results = []
    for check in assignment.checks:
        result = checks.run(check, found, known_forward)
        results.append(_with_diagnosis(check, result, named, wrong, recogniser))
    results = _withhold(assignment, results)
    problem = explain.problem(assignment, found.measurement)
    return Judgement(tuple(results), problem, found.measurement.printed, isolation)


def _case_to_explain(assignment: Assignment, found: Evidence) -> str:
    """The first case with a wrong but usable forward in which some gradient is wrong too, or ""."""
    for check in assignment.checks:
        if check.kind == "gradient":
            for case in found.bench.of(check):
                wrong = found.findings[case, "backward", check.input].what == "wrong"
                if wrong and outputs_usable(found, case) and not forward_right(found, case):
                    return case
    return ""


def _own_gradient(session: Session, found: Evidence, case: str) -> Measurement:
    """The measurement with the numerical gradient of the student's forward, entry by entry."""
    inputs, forward = found.bench.inputs[case], found.bench.expected[case, "forward"]
    names = [
        name
        for name in found.bench.expected[case, "backward"].arrays
        if name in inputs and inputs[name].size <= MOST_ENTRIES
    ]
    steps = (ENTRY_STEP, ENTRY_STRIDE)
    asks = [
        Ask(case, name, gradcheck.entry_points(inputs[name], step))
        for name in names
        for step in steps
    ]
    gradient: dict[str, Array] = {}
    moves: dict[str, Array] = {}
    for ask, step, answer in zip(asks, steps * len(names), session.ask(asks), strict=True):
        name, shape = ask.call, inputs[ask.call].shape
        shapes = {y: (2 * inputs[name].size, *a.shape) for y, a in forward.arrays.items()}
        if not usable(answer, shapes):
            continue
        outputs = {y: answer.arrays[y] for y in shapes}
        if step == ENTRY_STEP:
            gradient[name] = gradcheck.entries(outputs, inputs, shape, step)
        moved = gradcheck.depends(outputs, shape, found.precision[case])
        moves[name] = moves.get(name, False) | moved
    return replace(found.measurement, own_case=case, own_gradient=gradient, moves=moves)


def _timed_answers(
    session: Session, assignment: Assignment, bench: Bench
) -> dict[tuple[str, str], Answer]:
    answers = {}
    for check in assignment.checks:
        if check.kind == "cost":
            for case in bench.of(check):
                session.give({case: bench.inputs[case]})
                usual = bench.expected[case, check.call].seconds
                allowed = max(check.seconds, check.ratio * usual)
                (answers[case, check.call],) = session.ask([Ask(case, check.call)], allowed)
    return answers


def _with_diagnosis(
    check: Check,
    result: CheckResult,
    named: Mapping[tuple[str, str], Diagnosis],
    wrong: Mapping[tuple[str, str], object],
    recogniser: Recogniser,
) -> CheckResult:
    if result.status in (Status.PASSED, Status.MANUAL, Status.SKIPPED):
        return result
    keys = [
        k for k in wrong if any(q.call == k[0] and q.name in (None, k[1]) for q in check.quantities)
    ]
    found = [named[k] for k in keys if k in named]
    if check.kind == "cost" and result.status is Status.TIMEOUT:
        # Whoever is right where values count, and late here only, may be one of the slow ones.
        slow = () if wrong else recogniser.slow(check)
        found = [Diagnosis(check.call, slow)] if slow else []
    hints = dict.fromkeys(m.hint for d in found for m in d.mistakes)
    # The hint of a timed check is about time; an error is not.
    apt = check.kind != "cost" or (result.status is Status.TIMEOUT and not wrong)
    own = check.hint if apt else ""
    return replace(result, diagnosis=tuple(found), hint=" ".join(hints) or own)


def _withhold(assignment: Assignment, results: Sequence[CheckResult]) -> list[CheckResult]:
    """Take back what a submission earned by trying out inputs instead of differentiating."""
    by_id = {r.id: r for r in results}
    for check in assignment.checks:
        if by_id[check.id].status is not Status.PASSED:
            for other in check.withholds:
                if by_id[other].status in (Status.PASSED, Status.FOLLOW_THROUGH):
                    reason = say("reason.withheld", title=check.title)
                    by_id[other] = replace(by_id[other], status=Status.FAILED, reason=reason)
    return list(by_id.values())
