"""Each kind of check with each way it can come out: pure functions of what was found."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from grader import checks
from grader.compare import FLOAT64
from grader.findings import Evidence, evidence
from grader.measurement import Answer, Bench, Derivative, Failure, Measurement, Own
from grader.model import Case, Check, Quantity
from grader.verdict import CheckResult, Status
from grader.wire import sort_out

RNG = np.random.default_rng(0)
X, W, DY = RNG.standard_normal((3, 4)), RNG.standard_normal((4, 2)), RNG.standard_normal((3, 2))
INPUTS = {"x": X, "W": W, "dy": DY}
Y, DX, DW = X @ W, DY @ W.T, X.T @ DY
RIGHT: Mapping[str, Mapping[str, Any]] = {
    "forward": {"y": Y},
    "backward": {"x": DX, "W": DW},
    "again": {"x": DX, "W": DW},
    "after": {"x": X, "W": W},
}
FORWARD = frozenset({"forward"})
COMMON = ("a", "b")
RAISED = Failure("exception", "ValueError", "x is 0.123", 7, "raise ValueError(x)")
STUB = Failure("exception", "NotImplementedError", "Need to implement forward")

Changes = Mapping[tuple[str, str], Mapping[str, Any] | Failure | None]
"""What is different in a submission, by (case, call): outputs, a failure, or None: no answer."""


def bench() -> Bench:
    regimes = {"a": "common", "b": "common", "one": "single", "large": "cost"}
    expected = {(case, call): Answer(dict(RIGHT[call])) for case in regimes for call in RIGHT}
    cases = {case: Case(case, {}, regime) for case, regime in regimes.items()}
    return Bench(cases, dict.fromkeys(cases, INPUTS), expected, frozenset({"large"}))


def submission(changes: Changes | None = None, **measured: Any) -> Evidence:
    """The evidence on a right submission but for `changes`."""
    answers = dict(bench().expected)
    for (case, call), change in (changes or {}).items():
        if change is None:
            del answers[case, call]
        elif isinstance(change, Failure):
            answers[case, call] = Answer(failure=change)
        else:
            arrays, rest = sort_out({**RIGHT[call], **change})
            answers[case, call] = Answer(arrays, rest)
    return evidence(bench(), Measurement(answers, **measured))


def everywhere(call: str, change: Any) -> Changes:
    return {(case, call): change for case in (*COMMON, "one")}


def check(kind: str, *of: str, **more: Any) -> Check:
    quantities = []
    for q in of:
        call, _, name = q.partition(".")
        quantities.append(Quantity(call, name or None))
    return Check("id", "title", kind, Fraction(4), of=tuple(quantities), **more)  # type: ignore[arg-type]


def run(check: Check, e: Evidence, known: frozenset[str] = frozenset()) -> CheckResult:
    return checks.run(check, e, known)


MATCHES = check("matches", "forward.y")
SHAPED = check("shaped", "forward", "backward", regime="single")
UNCHANGED = check("unchanged", "after")
SAME = check("same", "again", same_as="backward")
COST = check("cost", call="backward", regime="cost")
GRADIENT = check("gradient", input="x")
KINDS = [MATCHES, SHAPED, UNCHANGED, SAME, COST, GRADIENT]
NAN = np.where(np.arange(8).reshape(4, 2) == 3, np.nan, 1.0)


@pytest.mark.parametrize("each", KINDS, ids=lambda c: c.kind)
def test_a_right_submission_passes(each):
    result = run(each, submission())
    assert (result.status, result.reason, result.detail) == (Status.PASSED, "", ())


@pytest.mark.parametrize("each", KINDS, ids=lambda c: c.kind)
def test_an_exception_is_an_error_and_its_message_stays_out_of_the_reason(each):
    calls = dict.fromkeys(bench().expected, RAISED)
    result = run(each, submission(calls))
    assert result.status in (Status.ERROR, Status.SKIPPED)
    assert "0.123" not in result.reason
    assert result.reason


@pytest.mark.parametrize("each", KINDS, ids=lambda c: c.kind)
def test_no_answer_in_time_is_a_timeout_or_waits_for_what_it_needs(each):
    result = run(each, submission(dict.fromkeys(bench().expected)))
    assert result.status in (Status.TIMEOUT, Status.SKIPPED)
    assert (result.status is Status.SKIPPED) == (each is SAME)


@pytest.mark.parametrize("each", KINDS, ids=lambda c: c.kind)
def test_a_process_that_died_is_an_error(each):
    result = run(each, submission(dict.fromkeys(bench().expected, Failure("died"))))
    assert result.status is (Status.SKIPPED if each is SAME else Status.ERROR)


@pytest.mark.parametrize("each", KINDS, ids=lambda c: c.kind)
def test_a_stub_is_an_error_that_says_so(each):
    result = run(each, submission(dict.fromkeys(bench().expected, STUB)))
    assert (result.status, result.reason) == (Status.ERROR, "Not implemented yet.")


def test_what_a_person_grades_is_manual_whatever_was_answered():
    for e in (submission(), submission(dict.fromkeys(bench().expected, RAISED))):
        assert run(check("manual"), e).status is Status.MANUAL


BAD_ARRAYS = {
    "NaN": np.full((3, 2), np.nan),
    "one infinity": np.where(np.eye(3, 2) > 0, np.inf, Y),
    "a row that would broadcast": Y[:1],
    "a vector": Y[0],
    "a scalar array": np.array(1.0),
    "transposed": Y.T,
    "a list": Y.tolist(),
    "a float": 1.0,
    "None": None,
    "objects": Y.astype(object),
    "integers": np.ones((3, 2), dtype=np.int64),
    "truth values": Y > 0,
    "complex": Y + 0j,
}


@pytest.mark.parametrize("bad", BAD_ARRAYS.values(), ids=BAD_ARRAYS)
@pytest.mark.parametrize("case", COMMON)
def test_one_bad_output_in_one_case_fails_matches_and_shaped(bad, case):
    e = submission({(case, "forward"): {"y": bad}})
    everything = check("shaped", "forward.y")
    for each in (MATCHES, everything):
        result = run(each, e)
        assert result.status is Status.FAILED
        assert result.reason.startswith("y ")


# --- matches


def test_wrong_values_fail_and_the_worst_case_is_told():
    e = submission({("a", "forward"): {"y": 1.01 * Y}, ("b", "forward"): {"y": 2 * Y}})
    result = run(MATCHES, e)
    assert (result.status, result.reason) == (Status.FAILED, "y is not right.")
    assert result.error == pytest.approx(1.0)
    assert "case b, 2 of 2 cases wrong" in result.detail[-1]
    assert result.detail[0] == "Every entry is 2 times what it should be."


def test_rounding_passes_and_its_error_is_reported():
    result = run(MATCHES, submission({("a", "forward"): {"y": Y * (1 + 1e-9)}}))
    assert result.status is Status.PASSED
    assert result.error == pytest.approx(1e-9, rel=1e-3)


def test_a_failure_counts_before_a_wrong_value():
    e = submission({("a", "forward"): {"y": 2 * Y}, ("b", "forward"): RAISED})
    assert run(MATCHES, e).status is Status.ERROR


def test_another_regime_is_none_of_its_business():
    assert run(MATCHES, submission({("one", "forward"): RAISED})).status is Status.PASSED


# --- shaped


def test_shaped_asks_for_no_values():
    e = submission({("one", "forward"): {"y": 2 * Y}, ("one", "backward"): {"x": -DX}})
    assert run(SHAPED, e).status is Status.PASSED


def test_shaped_is_not_earned_by_zeros():
    zeros = everywhere("forward", {"y": 0 * Y}) | everywhere("backward", {"x": 0 * DX, "W": 0 * DW})
    result = run(SHAPED, submission(zeros))
    assert result.status is Status.FAILED
    assert "Zero throughout" in result.reason


def test_zeros_in_one_regime_may_be_chance():
    """A rectifier is off in a batch of one row now and then."""
    off = {("one", "forward"): {"y": 0 * Y}, ("one", "backward"): {"x": 0 * DX, "W": 0 * DW}}
    assert run(SHAPED, submission(off)).status is Status.PASSED


# --- unchanged


def test_a_changed_argument_is_named():
    result = run(UNCHANGED, submission({("b", "after"): {"W": W + 1}}))
    assert (result.status, result.reason) == (Status.FAILED, "Changed by your code: W.")


@pytest.mark.parametrize("changed", [X[:2], X.astype(object), 0 * X, X > 0])
def test_an_argument_of_another_kind_is_changed_too(changed):
    assert run(UNCHANGED, submission({("a", "after"): {"x": changed}})).status is Status.FAILED


def test_an_argument_with_nan_in_it_is_changed():
    changed = X.copy()
    changed[0, 0] = np.nan
    assert run(UNCHANGED, submission({("a", "after"): {"x": changed}})).status is Status.FAILED


@pytest.mark.parametrize(
    "changed", [X * (1 + 1e-15), X + 1e-9, X * (1 + 1e-7), X.astype(np.float32)]
)
def test_an_argument_is_unchanged_to_the_last_bit_or_not_at_all(changed):
    result = run(UNCHANGED, submission({("a", "after"): {"x": changed}}))
    assert result.status is Status.FAILED


def test_arguments_are_held_against_the_inputs_not_against_the_references_answer():
    """A reference that changed its argument would be wrong itself."""
    e = submission()
    expected = {**e.bench.expected, ("a", "after"): Answer({"x": X + 1, "W": W})}
    moved = Bench(e.bench.cases, e.bench.inputs, expected)
    assert run(UNCHANGED, evidence(moved, e.measurement)).status is Status.PASSED


# --- same


def test_same_compares_the_students_answers_with_each_other():
    wrong = {"x": 3 * DX, "W": DW + 1}
    both = everywhere("backward", wrong) | everywhere("again", wrong)
    assert run(SAME, submission(both)).status is Status.PASSED


def test_an_answer_that_differs_from_the_first_fails():
    result = run(SAME, submission(everywhere("again", {"W": 2 * DW})))
    assert result.status is Status.FAILED
    assert result.reason == "Not the same as from backward: W."
    assert result.detail[0] == "Every entry is 2 times what it should be."


def test_same_allows_for_rounding_only():
    almost = run(SAME, submission(everywhere("again", {"x": DX * (1 + 1e-12)})))
    assert almost.status is Status.PASSED
    assert run(SAME, submission(everywhere("again", {"x": DX * (1 + 1e-7)}))).status is (
        Status.FAILED
    )


def test_nan_is_not_the_same_as_nan():
    nan = {"x": np.full((3, 4), np.nan)}
    both = everywhere("backward", nan) | everywhere("again", nan)
    assert run(SAME, submission(both)).status is Status.FAILED


@pytest.mark.parametrize("side", ["backward", "again"])
def test_nan_on_one_side_is_not_the_same(side):
    nan = everywhere(side, {"x": np.full((3, 4), np.nan)})
    assert run(SAME, submission(nan)).status is Status.FAILED


@pytest.mark.parametrize("dtype", [np.int64, np.float32])
def test_the_dtype_is_the_business_of_other_checks(dtype):
    both = {"x": (10 * DX).astype(dtype)}
    e = submission(everywhere("backward", both) | everywhere("again", both))
    assert run(SAME, e).status is Status.PASSED


def test_truth_values_for_gradients_break_nothing():
    both = {"x": DX > 0}
    e = submission(everywhere("backward", both) | everywhere("again", both))
    assert run(SAME, e).status in (Status.PASSED, Status.FAILED)


def test_zeros_twice_are_nothing_to_compare():
    zeros = {"x": 0 * DX, "W": 0 * DW}
    both = everywhere("backward", zeros) | everywhere("again", zeros)
    result = run(SAME, submission(both))
    assert result.status is Status.SKIPPED
    assert "Zero throughout" in result.reason


def test_one_forgotten_gradient_costs_its_own_check_alone():
    one = {"W": 0 * DW}
    both = everywhere("backward", one) | everywhere("again", one)
    assert run(SAME, submission(both)).status is Status.PASSED


def test_same_is_skipped_where_the_call_it_refers_to_failed():
    result = run(SAME, submission(everywhere("backward", RAISED)))
    assert (result.status, result.reason) == (Status.SKIPPED, "Judged once backward works.")
    assert result.detail == ()


def test_same_is_skipped_where_there_is_no_array_to_compare_with():
    result = run(SAME, submission(everywhere("backward", {"x": DX.tolist()})))
    assert (result.status, result.reason) == (Status.SKIPPED, "Judged once backward works.")


def test_same_is_an_error_where_only_the_second_call_fails():
    assert run(SAME, submission(everywhere("again", RAISED))).status is Status.ERROR


def test_same_fails_where_the_second_call_returns_no_array():
    result = run(SAME, submission(everywhere("again", {"x": DX.tolist()})))
    assert (result.status, result.reason) == (Status.FAILED, "x is not a numpy array.")


def test_another_shape_is_not_the_same():
    result = run(SAME, submission(everywhere("again", {"W": DW[:1]})))
    assert result.status is Status.FAILED


# --- cost


def test_too_late_is_a_timeout():
    result = run(COST, submission({("large", "backward"): None}))
    assert (result.status, result.reason) == (
        Status.TIMEOUT,
        "backward takes far too long on a larger case.",
    )


def test_a_wrong_gradient_in_time_has_the_cost_of_a_right_one():
    wrong = everywhere("backward", {"x": 2 * DX})
    e = submission({**wrong, ("large", "backward"): {"x": 2 * DX}})
    assert run(COST, e).status is Status.PASSED


def test_a_gradient_that_is_right_on_small_cases_alone_was_not_timed():
    """Whoever tries out inputs may return made-up numbers where it would take too long."""
    result = run(COST, submission({("large", "backward"): {"x": 2 * DX}}))
    assert (result.status, result.reason) == (Status.FAILED, "dx is right on small cases only.")


def test_a_regime_of_its_own_has_no_say_in_what_is_right_on_small_cases():
    """Saturated, the reference may be 2e-16 where complex steps give 0: relative error 1."""
    other = {("one", "backward"): {"x": DX * (1 + 1e-3)}}
    e = submission({**other, ("large", "backward"): {"x": 2 * DX}})
    assert run(COST, e).status is Status.FAILED


def test_zeros_are_no_sign_of_speed():
    zeros = {("large", "backward"): {"x": 0 * DX, "W": 0 * DW}}
    assert run(COST, submission(zeros)).status is Status.FAILED


def test_nothing_at_all_is_no_sign_of_speed():
    nothing = {("large", "backward"): {"x": None, "W": None}}
    assert run(COST, submission(nothing)).status is Status.FAILED


# --- gradient


SIZE = 2 * float(np.linalg.norm(DX))


def slopes(claimed: float = 1.0, bar: float = 1e-9, cases: Any = COMMON) -> dict[Any, Derivative]:
    """A slope of 1.0 for x, along a direction in which backward claims `claimed`."""
    return {(case, "", "x"): Derivative(1.0, bar, claimed, size=SIZE) for case in cases}


WRONG_Y = everywhere("forward", {"y": Y + 1})
WRONG_X = everywhere("backward", {"x": 1.5 * DX})
WRONG = {**WRONG_Y, **WRONG_X}
ALL_MOVE = {"x": np.ones((3, 4), dtype=bool), "W": np.ones((4, 2), dtype=bool)}


def own(changes: Changes = WRONG, moves: Any = ALL_MOVE, **given: Any) -> Evidence:
    """A submission whose gradient is consistent with its own wrong forward."""
    measured = {"slopes": slopes(), "own": {"": Own("a", moves=moves)}, **given}
    return submission(changes, **measured)


def test_a_right_gradient_of_a_wrong_forward_passes():
    assert run(GRADIENT, submission(WRONG_Y, slopes=slopes(5.0))).status is Status.PASSED


def test_a_wrong_gradient_of_a_right_forward_fails_whatever_the_slope_says():
    result = run(GRADIENT, own(WRONG_X))
    assert (result.status, result.reason) == (Status.FAILED, "dx is not right.")


def test_a_gradient_of_a_known_wrong_forward_follows_through_in_full():
    result = run(GRADIENT, own(), known=FORWARD)
    assert (result.status, result.known) == (Status.FOLLOW_THROUGH, True)


def test_a_gradient_of_an_unknown_wrong_forward_follows_through_in_part():
    result = run(GRADIENT, own())
    assert (result.status, result.known) == (Status.FOLLOW_THROUGH, False)


def test_a_known_forward_needs_no_dependence_on_every_entry():
    none = {name: ~m for name, m in ALL_MOVE.items()}
    result = run(GRADIENT, own(moves=none), known=FORWARD)
    assert result.status is Status.FOLLOW_THROUGH


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("claimed", [1.001, 0.0, -1.0, 2.0])
def test_an_inconsistent_gradient_earns_nothing(known, claimed):
    result = run(GRADIENT, own(slopes=slopes(claimed)), known=FORWARD if known else frozenset())
    assert result.status is Status.FAILED
    assert result.reason == "dx is not the gradient of the right forward, nor of yours."
    assert result.numeric == pytest.approx(abs(claimed - 1) / SIZE)


@pytest.mark.parametrize("known", [True, False])
def test_a_gradient_that_is_inconsistent_in_one_case_earns_nothing(known):
    one = slopes() | slopes(1.5, cases=["b"])
    assert (
        run(GRADIENT, own(slopes=one), known=FORWARD if known else frozenset()).status
        is Status.FAILED
    )


def test_a_case_that_decides_nothing_is_left_out():
    one = slopes() | slopes(1.5, bar=1.0, cases=["b"])
    assert run(GRADIENT, own(slopes=one)).status is Status.FOLLOW_THROUGH


@pytest.mark.parametrize("nothing", [{}, slopes(bar=1.0), slopes(bar=1.0, cases=["a"])])
def test_where_no_case_decides_nothing_follows_through(nothing):
    assert run(GRADIENT, own(slopes=nothing), known=FORWARD).status is Status.FAILED


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_slope_that_is_not_finite_never_follows_through(bad):
    for d in (Derivative(bad, 1e-9, 1.0, SIZE), Derivative(1.0, 1e-9, bad, SIZE)):
        e = own(slopes={(case, "", "x"): d for case in COMMON})
        assert run(GRADIENT, e, known=FORWARD).status is Status.FAILED


LEFT_OUT = {
    "constant": {name: ~m for name, m in ALL_MOVE.items()},
    "one input ignored": {**ALL_MOVE, "W": ~ALL_MOVE["W"]},
    "one column of W ignored": {**ALL_MOVE, "W": np.array([[True, False]] * 4)},
    "one entry of x ignored": {**ALL_MOVE, "x": np.arange(12).reshape(3, 4) != 5},
    "an input that was not measured": {"x": ALL_MOVE["x"]},
    "nothing measured": {},
}


@pytest.mark.parametrize("moves", LEFT_OUT.values(), ids=LEFT_OUT)
def test_a_forward_that_leaves_something_out_made_it_too_easy(moves):
    result = run(GRADIENT, own(moves=moves))
    assert result.status is Status.FAILED
    assert result.reason == "dx fits your own forward, but that forward leaves something out."


def test_what_the_reference_does_not_depend_on_may_be_left_out():
    """As Wh in a first step, where the state is zero."""
    flat = {**RIGHT["backward"], "W": np.zeros_like(DW)}
    e = own(moves={**ALL_MOVE, "W": ~ALL_MOVE["W"]})
    expected = {**e.bench.expected, ("a", "backward"): Answer(flat)}
    made = evidence(Bench(e.bench.cases, e.bench.inputs, expected), e.measurement)
    assert run(GRADIENT, made).status is Status.FOLLOW_THROUGH


def test_without_a_case_to_explain_nothing_unknown_follows_through():
    assert run(GRADIENT, own(own={})).status is Status.FAILED


@pytest.mark.parametrize(
    "bad",
    [np.full((3, 4), np.nan), DX[:1], DX.T, DX.tolist(), np.ones((3, 4), dtype=int)],
    ids=["NaN", "one row", "transposed", "a list", "integers"],
)
def test_a_gradient_that_is_no_gradient_never_follows_through(bad):
    e = own({**WRONG_Y, **everywhere("backward", {"x": bad})})
    assert run(GRADIENT, e, known=FORWARD).status is Status.FAILED


def test_an_error_in_backward_never_follows_through():
    e = own({**WRONG_Y, **everywhere("backward", RAISED)})
    assert run(GRADIENT, e, known=FORWARD).status is Status.ERROR


def test_zeros_never_follow_through():
    """A forward that drops the bias, and a backward that never fills its gradient."""
    flat = {key: Derivative(0.0, 1e-12, 0.0, size=SIZE) for key in slopes()}
    e = own({**WRONG_Y, **everywhere("backward", {"x": 0 * DX})}, slopes=flat)
    assert run(GRADIENT, e, known=FORWARD).status is Status.FAILED


def test_zeros_in_one_case_may_be_right():
    """All units of a rectifier are off in it, and the slope says so."""
    flat = slopes() | {("b", "", "x"): Derivative(0.0, 1e-12, 0.0, size=0.0)}
    zero = {("b", "backward"): {"x": 0 * DX}}
    assert run(GRADIENT, own({**WRONG, **zero}, slopes=flat)).status is Status.FOLLOW_THROUGH


def test_both_numbers_are_in_the_result():
    result = run(GRADIENT, submission(slopes=slopes(1.0 + 1e-7)))
    assert result.status is Status.PASSED
    assert result.error == 0
    assert result.numeric == pytest.approx(1e-7 / SIZE)


def test_the_slope_of_the_own_forward_is_shown_entry_by_entry():
    e = own(slopes=slopes(2.0), own={"": Own("a", gradient={"x": DX})})
    detail = run(GRADIENT, e).detail
    assert any("the slope of your forward is" in line for line in detail)


def test_the_precision_of_the_fixtures_is_float64():
    assert set(submission().precision.values()) == {FLOAT64}
