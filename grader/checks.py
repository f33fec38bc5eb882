"""The check kinds: pure functions of a check and the findings on a submission.

Nothing here runs code, and nothing here knows an exercise by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from grader import compare, explain, gradcheck
from grader.findings import Evidence, Finding, finding
from grader.gradcheck import Verdict
from grader.measurement import Answer, Failure, Own
from grader.messages import say
from grader.model import COMMON, Check, Part, Quantity
from grader.verdict import CheckResult, Status

if TYPE_CHECKING:
    from grader.model import Array


def run(check: Check, evidence: Evidence, known: frozenset[str] = frozenset()) -> CheckResult:
    """How `check` came out. `known`: the functions whose wrong answers are known mistakes'."""
    if check.kind == "gradient":
        result = _gradient(check, evidence, check.pair.forward in known)
    else:
        result = _KINDS[check.kind](check, evidence)
    full = result.status is Status.PASSED or result.known
    return result if full or not check.builds_on else _rebuilt(check, evidence, result, known)


def _matches(check: Check, e: Evidence) -> CheckResult:
    found = e.of(check, check.of)
    return _verdict(check, found, [f for f in found if not f.right])


def _shaped(check: Check, e: Evidence) -> CheckResult:
    found = e.of(check, check.of)
    wrong = [f for f in found if not f.well_shaped]
    # In all cases, not in those of the regime alone: whether a rectifier is on is chance.
    asked = {f.quantity for f in found}
    answers = [f.got for f in _untimed(e) if f.quantity in asked and f.got is not None]
    if not wrong and any(f.empty for f in found) and not any(np.any(got) for got in answers):
        return _nothing(check, found)
    return _verdict(check, found, wrong)


def _gradient(check: Check, e: Evidence, known_forward: bool) -> CheckResult:
    found = e.of(check, check.quantities)
    wrong = [f for f in found if not f.right]
    verdicts = [_slope_verdict(e, check.part, f) for f in found]
    result = replace(
        _verdict(check, found, wrong),
        numeric=max((n for _, n in verdicts if n is not None), default=None),
    )
    forward = check.pair.forward
    forward_right = all(f.right for f in e.findings.values() if f.quantity.call == forward)
    # A gradient that was never filled fits any forward that leaves its input out.
    asked = [f for f in found if np.any(f.want)]
    never_filled = bool(asked) and all(f.empty for f in asked)
    if not wrong or forward_right or never_filled or not all(f.well_shaped for f in found):
        return result
    judged = [v for v, _ in verdicts if v is not Verdict.INCONCLUSIVE]
    enough = 2 * len(judged) >= len(verdicts)
    consistent = enough and all(v is Verdict.CONSISTENT for v in judged)
    what = explain.name_of(check.quantities[0])
    if not consistent:
        detail = (*result.detail, *_own_detail(check, e, what, result.numeric))
        return replace(result, reason=say("reason.wrong_forward_too", what=what), detail=detail)
    if known_forward:
        reason = say("reason.follow_known", what=what)
        return replace(result, status=Status.FOLLOW_THROUGH, known=True, reason=reason)
    if _leaves_something_out(e, check.pair):
        return replace(result, reason=say("reason.follow_too_easy", what=what))
    reason = say("reason.follow", what=what)
    return replace(result, status=Status.FOLLOW_THROUGH, reason=reason)


def _rebuilt(check: Check, e: Evidence, result: CheckResult, known: frozenset[str]) -> CheckResult:
    """A wrong answer held against the reference's with the student's own functions in it.

    A slip in one function must not cost the marks of another that was built on it and is right.
    """
    basis = e.of(check, [Quantity(call) for call in check.builds_on])
    wrong = dict.fromkeys(f.quantity.call for f in basis if not f.right)
    found = e.of(check, check.quantities)
    if not wrong or not all(f.well_shaped for f in found):
        return result
    calls = " and ".join(wrong)
    what = ", ".join(dict.fromkeys(explain.name_of(f.quantity) for f in found if not f.right))
    if e.measurement.rebuilt is None:
        reason = say("reason.needs_right", what=what, calls=calls)
        return replace(result, status=Status.SKIPPED, reason=reason)
    if e.measurement.too_easy & wrong.keys() - known:
        return result
    for f in found:
        answer = e.measurement.rebuilt.get((f.case, f.quantity.call), Answer())
        want = answer.arrays.get(str(f.quantity.name))
        if want is None or not _agree(e, f, want):
            return result
    reason = say("reason.follow_rebuilt", what=what, calls=calls)
    return replace(result, status=Status.FOLLOW_THROUGH, known=True, reason=reason)


def _agree(e: Evidence, f: Finding, want: Array) -> bool:
    got = Answer({str(f.quantity.name): f.got}) if f.got is not None else None
    return finding(f.case, f.quantity, got, want, e.precision[f.case]).right


def _slope_verdict(e: Evidence, part: str, f: Finding) -> tuple[Verdict, float | None]:
    """What the numerical derivative says of a gradient, and its relative error."""
    slope = e.measurement.slopes.get((f.case, part, str(f.quantity.name)))
    if slope is None:
        return Verdict.INCONCLUSIVE, None
    gap = abs(slope.claimed - slope.value) / max(slope.size, abs(slope.value), 1e-300)
    return gradcheck.verdict(slope, e.precision[f.case]), gap


def _leaves_something_out(e: Evidence, part: Part) -> bool:
    """Whether the student's forward ignores an entry that the reference's depends on.

    Where the reference's gradient is not zero, its outputs depend on the entry.
    """
    own = e.measurement.own.get(part.name)
    want = e.bench.expected[own.case, part.backward].arrays if own else {}
    return (
        own is None
        or not want
        or any(
            name not in own.moves or bool((~own.moves[name] & (g != 0)).any())
            for name, g in want.items()
        )
    )


def _unchanged(check: Check, e: Evidence) -> CheckResult:
    found = []
    for f in e.of(check, check.of):
        given = e.bench.inputs[f.case][str(f.quantity.name)]
        if f.got is not None:
            same = f.got.dtype == given.dtype and np.array_equal(f.got, given)
            f = replace(f, what="right" if same else "wrong", want=given)
        found.append(f)
    wrong = [f for f in found if not f.right]
    result = _verdict(check, found, wrong)
    if wrong and all(f.got is not None for f in wrong):
        names = dict.fromkeys(str(f.quantity.name) for f in wrong)
        return replace(result, reason=say("reason.changed", what=", ".join(names)), detail=())
    return result


def _same(check: Check, e: Evidence) -> CheckResult:
    found = e.of(check, check.of)
    other = [e.findings[f.case, check.same_as, str(f.quantity.name)] for f in found]
    for f, o in zip(found, other, strict=True):
        if o.got is None:
            return _needs(check, o)
        if f.got is None:
            return _verdict(check, found, [f])
    wrong = [
        f
        for f, o in zip(found, other, strict=True)
        if f.got is None
        or o.got is None
        or not compare.relative_error(f.got, o.got) <= explain.EXACT
    ]
    names = ", ".join(dict.fromkeys(explain.name_of(f.quantity) for f in wrong))
    result = CheckResult(check.id, Status.FAILED)
    if wrong:
        o = other[found.index(wrong[0])]
        text = say("reason.not_same", what=names, other=check.same_as)
        return replace(result, reason=text, detail=explain.values(replace(wrong[0], want=o.got)))
    if any(o.empty for o in other) and not any(np.any(o.got) for o in other):
        return replace(_nothing(check, other), status=Status.SKIPPED)
    return CheckResult(check.id, Status.PASSED)


def _nothing(check: Check, empty: list[Finding]) -> CheckResult:
    names = ", ".join(dict.fromkeys(explain.name_of(f.quantity) for f in empty))
    reason = say("reason.nothing_to_compare", what=names)
    return CheckResult(check.id, Status.FAILED, reason=reason)


def _needs(check: Check, other: Finding) -> CheckResult:
    if other.failure is not None and not other.failure.not_implemented:
        return replace(
            _verdict(check, [other], [other]),
            status=Status.SKIPPED,
            reason=say("reason.needs", call=other.quantity.call),
            detail=(),
        )
    if other.failure is not None:
        return _verdict(check, [other], [other])
    reason = say("reason.needs", call=other.quantity.call)
    return CheckResult(check.id, Status.SKIPPED, reason=reason)


def _cost(check: Check, e: Evidence) -> CheckResult:
    found = [
        e.findings[case, check.call, name]
        for case in e.bench.of(check)
        for name in e.bench.expected[case, check.call].arrays
    ]
    late = [f for f in found if f.failure and f.failure.kind == "timeout"]
    if late and any(f.failure and f.failure.kind == "timeout" for f in _untimed(e)):
        return _verdict(check, found, late)
    if late:
        reason = say("reason.slow", call=check.call)
        return CheckResult(check.id, Status.TIMEOUT, reason=reason)
    failed = [f for f in found if f.failure]
    if not failed and not any(f.got is not None and f.got.any() for f in found):
        return _nothing(check, found)
    # Whoever is right on small cases and quick but wrong on the large one has told them apart.
    odd = [f for f in found if not _right_but_for_shape(f) and _right_elsewhere(e, f)]
    part = check.call.removesuffix("backward").rstrip("_")
    odd += [f for f in found if _slope_verdict(e, part, f)[0] is Verdict.INCONSISTENT]
    if odd and not failed:
        reason = say("reason.only_small", what=explain.name_of(odd[0].quantity))
        return CheckResult(check.id, Status.FAILED, reason=reason)
    return _verdict(check, found, failed)


def _right_but_for_shape(f: Finding) -> bool:
    """Whether the values are right, axes of length one aside: they have a check of their own."""
    if f.right or f.got is None or f.want is None or f.got.dtype.kind != "f":
        return f.right
    got, want = np.squeeze(f.got), np.squeeze(f.want)
    return compare.relative_error(got, want) <= compare.TOLERANCE[compare.FLOAT32]


def _untimed(e: Evidence) -> list[Finding]:
    return [f for (case, *_), f in e.findings.items() if case not in e.bench.timed]


def _right_elsewhere(e: Evidence, f: Finding) -> bool:
    """Whether the finding's quantity is right in every common case.

    A case without expected values (a student's own check stores none for timed ones) tells nothing.
    """
    common = [
        other.right
        for (case, *_), other in e.findings.items()
        if e.bench.cases[case].regime == COMMON and other.quantity == f.quantity
    ]
    return bool(f.want is not None and f.want.any() and common) and all(common)


def _manual(check: Check, e: Evidence) -> CheckResult:
    return CheckResult(check.id, Status.MANUAL, reason=say("reason.manual"))


_KINDS: Mapping[str, Callable[[Check, Evidence], CheckResult]] = {
    "matches": _matches,
    "shaped": _shaped,
    "unchanged": _unchanged,
    "same": _same,
    "cost": _cost,
    "manual": _manual,
}


def _verdict(check: Check, found: list[Finding], wrong: list[Finding]) -> CheckResult:
    """Passed if nothing is wrong; otherwise failed or error, as the worst finding tells it."""
    error = max((f.error for f in found if f.got is not None), default=None)
    if not wrong:
        return CheckResult(check.id, Status.PASSED, error=error)
    failed = [f for f in wrong if f.failure]
    first = (failed or [f for f in wrong if not f.well_shaped] or wrong)[0]
    if first.failure:
        return _broken(check, first.failure, error)
    what = explain.name_of(first.quantity)
    reason = say(f"reason.{first.what}", what=what)
    if first.what == "wrong":
        first = max(wrong, key=lambda f: f.error)
        cases = {f.case for f in wrong}
        summary = say(
            "detail.error",
            error=first.error,
            case=first.case,
            wrong=len(cases),
            of=len({f.case for f in found}),
        )
        detail = (*explain.values(first), summary)
    else:
        detail = (*explain.values(first), say("detail.case", case=first.case))
    return CheckResult(check.id, Status.FAILED, reason=reason, detail=detail, error=error)


def _broken(check: Check, failure: Failure, error: float | None) -> CheckResult:
    status = Status.TIMEOUT if failure.kind == "timeout" else Status.ERROR
    reason, detail = explain.failure_text(failure)
    return CheckResult(check.id, status, reason=reason, detail=detail, error=error)


def _own_detail(check: Check, e: Evidence, what: str, numeric: float | None) -> tuple[str, ...]:
    """How the gradient differs from the slope of the student's own forward."""
    lines = (say("detail.own_error", error=numeric),) if numeric is not None else ()
    own = e.measurement.own.get(check.part, Own(""))
    gradient = own.gradient.get(check.input)
    f = e.findings.get((own.case, check.pair.backward, check.input))
    if gradient is None or f is None or f.got is None or f.got.shape != gradient.shape:
        return lines
    return (*lines, *explain.entries(replace(f, want=gradient), "detail.entry_own"))
