"""One submission against one bench: ask, difference, compare, conclude.

The conversation with the child has up to four rounds in one session under one deadline: what the
checks need; points to differentiate the student's forward at; the same entry by entry, only for a
wrong forward; and the case that is timed. The conclusion is a pure function of the evidence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from grader import checks, diagnose, explain, gradcheck, slopes
from grader.diagnose import Recogniser
from grader.findings import Evidence, evidence, with_answers
from grader.measurement import Answer, Bench, Measurement, Own
from grader.messages import say
from grader.model import Assignment, Check, Part
from grader.probe import questions
from grader.slopes import forward_right, outputs_usable, usable
from grader.verdict import CheckResult, Diagnosis, Judgement, Recognised, Status
from grader.worker import Ask, Conversation, Worker

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
            found = examine(session, assignment, bench, recogniser)
        return conclude(assignment, found, recogniser, worker.isolation)


def examine(
    session: Conversation,
    assignment: Assignment,
    bench: Bench,
    recogniser: Recogniser | None = None,
    *,
    thorough: bool = False,
) -> Evidence:
    """All rounds of the conversation. Never raises because of what the student's code does.

    What the `recogniser` can tell need not be asked of the child. `thorough`: differentiate
    numerically in every case, even where the forward is right.
    """
    cases = [c for c in bench.cases.values() if c.id not in bench.timed]
    session.give({c.id: bench.inputs[c.id] for c in cases})
    asks = [Ask(case, call) for case, call in questions(assignment, cases, cost=False)]
    session.put(asks)
    len(bench.expected)  # solved now, while the child works on its answers
    answers = dict(zip([(a.case, a.call) for a in asks], session.get(asks), strict=True))
    measured = Measurement(answers)
    found = evidence(bench, measured)
    if recogniser is not None:
        with session.paused():
            found = replace(found, named=_named(found, recogniser))
    # What a known mistake's forward does is differentiated in `conclude`, on the author's copy.
    trusted = found.known if recogniser is not None and recogniser.slopes is not None else set()
    wanted = slopes.wanted(assignment, found, thorough=thorough)
    wanted = [k for k in wanted if Part(k[1]).forward not in trusted]
    measured = replace(measured, slopes=slopes.measure(found, wanted, session.ask))
    found = replace(found, measurement=measured)
    measured = replace(measured, own=_own(session, assignment, found, trusted))
    if recogniser is not None and recogniser.rebuild is not None:
        measured = recogniser.rebuild(replace(found, measurement=measured), session)
    timed_answers = _timed_answers(session, assignment, bench)
    measured = replace(measured, answers=answers | timed_answers, printed=session.printed)
    found = with_answers(found, measured, timed_answers)
    late = slopes.measure(found, slopes.wanted_of_timed(assignment, found), session.ask)
    measured = replace(measured, slopes={**measured.slopes, **late}, printed=session.printed)
    return replace(found, measurement=measured)


def _named(found: Evidence, recogniser: Recogniser) -> Mapping[tuple[str, str], Diagnosis]:
    return recogniser.by_quantity(found) if diagnose.wrong_quantities(found) else {}


def conclude(
    assignment: Assignment, found: Evidence, recogniser: Recogniser, isolation: str
) -> Judgement:
    """Every check's result with diagnosis and hint. Pure."""
    wrong = diagnose.wrong_quantities(found)
    if found.named is None:
        found = replace(found, named=_named(found, recogniser))
    named, known = found.named or {}, found.known
    for part in assignment.parts:
        if part.forward in known:
            first = next(k for k in wrong if k[0] == part.forward)
            mistake = named[first].mistakes[0].name
            found = _with_trusted_slopes(assignment, found, recogniser, part, mistake)
    results = []
    for check in assignment.checks:
        result = checks.run(check, found, known)
        results.append(_with_diagnosis(check, result, named, wrong, recogniser))
    results = _withhold(assignment, results)
    problem = explain.problem(assignment, found.measurement)
    return Judgement(tuple(results), problem, found.measurement.printed, isolation)


def _with_trusted_slopes(
    assignment: Assignment, found: Evidence, recogniser: Recogniser, part: Part, mistake: str
) -> Evidence:
    """Differentiated where nobody can tell a point of differentiation from a case."""
    if recogniser.slopes is None:
        return found
    trusted = recogniser.slopes(assignment, found, mistake, part)
    kept = {k: d for k, d in found.measurement.slopes.items() if k[1] != part.name}
    return replace(found, measurement=replace(found.measurement, slopes={**kept, **trusted}))


def _own(
    session: Conversation, assignment: Assignment, found: Evidence, trusted: Collection[str]
) -> dict[str, Own]:
    """For each part, the first case with a wrong but usable forward and a wrong gradient."""
    own: dict[str, Own] = {}
    for check in assignment.checks:
        if check.kind != "gradient" or check.part in own or check.pair.forward in trusted:
            continue
        for case in found.bench.of(check):
            wrong = found.findings[case, check.pair.backward, check.input].what == "wrong"
            usable_here = wrong and outputs_usable(found, case, check.pair)
            if usable_here and not forward_right(found, case, check.pair):
                own[check.part] = _own_gradient(session, found, case, check.pair)
                break
    return own


def _own_gradient(session: Conversation, found: Evidence, case: str, part: Part) -> Own:
    """The numerical gradient of the student's forward, entry by entry."""
    inputs, forward = found.bench.inputs[case], found.bench.expected[case, part.forward]
    names = [
        name
        for name in found.bench.expected[case, part.backward].arrays
        if name in inputs and inputs[name].size <= MOST_ENTRIES
    ]
    steps = (ENTRY_STEP, ENTRY_STRIDE)
    asks = [
        Ask(case, part.forward, name, gradcheck.entry_points(inputs[name], step))
        for name in names
        for step in steps
    ]
    gradient: dict[str, Array] = {}
    moves: dict[str, Array] = {}
    for ask, step, answer in zip(asks, steps * len(names), session.ask(asks), strict=True):
        name, shape = ask.input, inputs[ask.input].shape
        shapes = {y: (2 * inputs[name].size, *a.shape) for y, a in forward.arrays.items()}
        if not usable(answer, shapes):
            continue
        outputs = {y: answer.arrays[y] for y in shapes}
        if step == ENTRY_STEP:
            gradient[name] = gradcheck.entries(outputs, inputs, shape, step)
        moved = gradcheck.depends(outputs, shape, found.precision[case])
        moves[name] = moves.get(name, False) | moved
    return Own(case, gradient, moves)


def _timed_answers(
    session: Conversation, assignment: Assignment, bench: Bench
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
    found = _grouped(named[k] for k in keys if k in named)
    if check.kind == "cost" and result.status is Status.TIMEOUT:
        # Whoever is right where values count, and late here only, may be one of the slow ones.
        slow = () if wrong else recogniser.slow(check)
        found = [Diagnosis(check.call, slow)] if slow else []
    if result.reason == say("reason.not_implemented"):
        return result  # nothing was begun that a hint could be about
    hints = dict.fromkeys(m.hint for d in found for m in d.mistakes)
    # The hint of a timed check is about time; an error is not.
    apt = check.kind != "cost" or (result.status is Status.TIMEOUT and not wrong)
    own = check.hint if apt else ""
    return replace(result, diagnosis=tuple(found), hint=" ".join(hints) or own)


def _grouped(found: Iterable[Diagnosis]) -> list[Diagnosis]:
    """One diagnosis for all quantities that the same mistakes explain."""
    by_mistakes: dict[tuple[Recognised, ...], list[str]] = {}
    for d in found:
        by_mistakes.setdefault(d.mistakes, []).append(d.quantity)
    return [Diagnosis(", ".join(what), mistakes) for mistakes, what in by_mistakes.items()]


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
