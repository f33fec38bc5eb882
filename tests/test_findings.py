"""Every answer held against the reference's: in which word it is wrong, if it is."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from grader.compare import FLOAT32, FLOAT64
from grader.findings import Finding, evidence, finding, with_answers
from grader.measurement import Answer, Bench, Failure, Measurement
from grader.model import Case, Check, Quantity
from grader.wire import sort_out

Y = Quantity("forward", "y")
WANT = np.random.default_rng(0).standard_normal((3, 4))


def of(got: object, want: Any = WANT, dtype: Any = FLOAT64) -> Finding:
    """The finding on what a student's forward returned, sorted out as the child does."""
    arrays, rest = sort_out({"y": got})
    return finding("a", Y, Answer(arrays, rest), want, dtype)


# --- finding


def test_the_reference_itself_is_right():
    found = of(WANT.copy())
    assert (found.what, found.error, found.right, found.well_shaped) == ("right", 0.0, True, True)


@pytest.mark.parametrize(
    ("off", "dtype", "what"),
    [
        (1e-7, FLOAT64, "right"),
        (1e-5, FLOAT64, "wrong"),
        (1e-5, FLOAT32, "right"),
        (1e-3, FLOAT32, "wrong"),
    ],
)
def test_the_tolerance_follows_the_measured_precision(off, dtype, what):
    found = of(WANT * (1 + off), dtype=dtype)
    assert found.what == what
    assert found.error == pytest.approx(off, rel=1e-3)
    assert found.well_shaped


@pytest.mark.parametrize("shape", [(4,), (1, 4), (3, 1), (1, 1), (), (4, 3), (12,), (3, 4, 1)])
def test_a_wrong_shape_is_wrong_even_where_it_would_broadcast(shape):
    found = of(np.zeros(shape), want=np.zeros((3, 4)))
    assert (found.what, found.right, found.well_shaped) == ("shape", False, False)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_not_finite_and_have_no_error_to_speak_of(bad):
    got = WANT.copy()
    got[0, 0] = bad
    found = of(got)
    assert (found.what, found.well_shaped, found.error) == ("not_finite", False, float("inf"))


def test_nan_is_not_right_even_where_the_reference_is_nan():
    nan = np.full((3, 4), np.nan)
    assert not of(nan, want=nan).right
    assert not of(np.zeros((3, 4)), want=nan).right


@pytest.mark.parametrize(
    "returned",
    [
        WANT.tolist(),
        float(WANT[0, 0]),
        np.float64(1.0),
        None,
        "1.0",
        WANT.astype(object),
        WANT.astype(complex),
        WANT.astype(np.float16),
        WANT.astype(np.int32),
        np.array([["a"] * 4] * 3),
        np.ma.masked_array(WANT),
        WANT.view(np.matrix),
        [WANT],
    ],
    ids=lambda x: type(x).__name__ + "-" + str(getattr(x, "dtype", "")),
)
def test_what_is_no_plain_array_is_said_to_be_returned(returned):
    found = of(returned)
    assert (found.what, found.right, found.well_shaped) == ("returned", False, False)
    assert found.got is None
    assert found.returned


def test_an_output_that_is_missing_is_nothing():
    found = finding("a", Y, Answer({"z": WANT}), WANT, FLOAT64)
    assert (found.what, found.returned) == ("returned", "nothing")


@pytest.mark.parametrize("dtype", [np.int64, bool])
def test_whole_numbers_are_no_floats_even_if_they_are_equal(dtype):
    want = np.array([0.0, 1.0])
    assert of(want.astype(dtype), want=want).what == "dtype"


@pytest.mark.parametrize("want", [np.arange(3), np.array([True, False])])
def test_what_should_be_whole_numbers_must_be_the_same_ones(want):
    assert of(want.copy(), want=want).right
    assert of(1 - want.astype(np.int64), want=want.astype(np.int64)).what == "wrong"
    assert not of(want.astype(np.float64), want=want).right
    assert of(want[:1], want=want).what == "shape"


def test_whole_numbers_and_truth_values_are_not_the_same():
    want = np.array([True, False])
    assert not of(want.astype(np.int64), want=want).right


def test_a_call_that_failed_is_a_failure_in_all_its_outputs():
    failure = Failure("exception", "ValueError")
    found = finding("a", Y, Answer({"y": WANT}, failure=failure), WANT, FLOAT64)
    assert (found.what, found.failure, found.right) == ("failure", failure, False)


def test_no_answer_is_a_timeout():
    found = finding("a", Y, None, WANT, FLOAT64)
    assert found.failure == Failure("timeout")


@given(
    arrays_of.arrays(
        st.sampled_from([np.float64, np.float32, np.int64, np.bool_]),
        arrays_of.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
        elements=None,
    )
)
@pytest.mark.filterwarnings("ignore:overflow")
def test_whatever_is_returned_has_one_word_and_is_right_only_if_finite_and_shaped(got):
    found = of(got)
    assert found.what in ("right", "wrong", "shape", "dtype", "not_finite")
    assert not found.error < 0
    if found.right:
        assert got.shape == WANT.shape
        assert np.isfinite(got).all()


# --- empty


def test_zeros_where_the_reference_has_none_are_empty():
    assert of(np.zeros((3, 4))).empty
    assert of(np.zeros((3, 4), dtype=np.float32)).empty


def test_zeros_where_zeros_are_due_are_an_answer():
    zeros = np.zeros((3, 4))
    assert not of(zeros, want=zeros).empty


def test_one_number_that_is_not_zero_is_an_answer():
    got = np.zeros((3, 4))
    got[1, 2] = 1e-300
    assert not of(got).empty


def test_what_cannot_be_looked_at_is_not_called_empty():
    for returned in (np.zeros(4), [0.0], np.full((3, 4), np.nan), np.zeros((3, 4), dtype=int)):
        assert not of(returned).empty


def test_zeros_are_an_answer_where_the_reference_is_nothing_but_rounding():
    """1 - h² of a saturated unit is 0 or 2e-16, as rounding has it: float32 says 0."""
    want = np.zeros((3, 4))
    want[0, 0] = 2.2e-16
    assert not of(np.zeros((3, 4)), want=want).empty


# --- evidence


def bench() -> Bench:
    cases = [Case("a", {}), Case("b", {}, regime="single"), Case("c", {})]
    expected = {
        (c.id, call): Answer({"y": i + WANT, "z": WANT[0]})
        for i, c in enumerate(cases)
        for call in ("forward", "backward")
    }
    return Bench({c.id: c for c in cases}, {c.id: {} for c in cases}, expected)


def measured(**changed: Answer) -> Measurement:
    """The reference's answers, with the forward of some cases replaced."""
    answers = dict(bench().expected)
    answers |= {(case, "forward"): answer for case, answer in changed.items()}
    return Measurement(answers)


def check(regime: str = "common", **more: Any) -> Check:
    return Check("id", "title", "matches", Fraction(1), regime=regime, **more)


def test_there_is_a_finding_for_each_output_of_each_question():
    found = evidence(bench(), measured())
    assert set(found.findings) == {
        (case, call, name) for case in "abc" for call in ("forward", "backward") for name in "yz"
    }
    assert all(f.right for f in found.findings.values())


def test_a_question_without_an_answer_ran_out_of_time():
    found = evidence(bench(), Measurement({}))
    assert {f.failure for f in found.findings.values()} == {Failure("timeout")}


def test_a_check_sees_the_cases_of_its_own_regime_in_order():
    found = evidence(bench(), measured())
    assert [f.case for f in found.of(check(), [Y])] == ["a", "c"]
    assert [f.case for f in found.of(check("single"), [Y])] == ["b"]
    assert found.of(check("saturated"), [Y]) == []


def test_a_call_without_an_output_name_means_all_that_the_reference_returns():
    found = evidence(bench(), measured())
    both = found.of(check(), [Quantity("forward"), Quantity("backward", "z")])
    assert [(f.case, str(f.quantity)) for f in both] == [
        (case, q) for case in "ac" for q in ("forward.y", "forward.z", "backward.z")
    ]


def test_an_output_that_nobody_asked_for_is_passed_over():
    more = {"y": WANT, "z": WANT[0], "extra": np.zeros(2)}
    assert ("a", "forward", "extra") not in evidence(bench(), measured(a=Answer(more))).findings


def test_precision_is_measured_case_by_case_on_forward_and_backward():
    single = {"y": WANT.astype(np.float32).astype(np.float64), "z": WANT[0]}
    found = evidence(bench(), measured(a=Answer(single)))
    assert found.precision == {"a": FLOAT32, "b": FLOAT64, "c": FLOAT64}
    assert found.findings["a", "forward", "y"].right
    assert found.findings["a", "backward", "y"].tolerance == 1e-4


def test_precision_is_float64_where_every_call_failed():
    failed = Answer(failure=Failure("died"))
    found = evidence(bench(), Measurement(dict.fromkeys(bench().expected, failed)))
    assert set(found.precision.values()) == {FLOAT64}


def test_later_answers_replace_the_findings_on_them_alone():
    before = evidence(bench(), Measurement({}))
    new = {("b", "forward"): bench().expected["b", "forward"]}
    after = with_answers(before, Measurement(new), new)
    right = {key for key, f in after.findings.items() if f.right}
    assert right == {("b", "forward", "y"), ("b", "forward", "z")}
    assert not any(f.right for f in before.findings.values())
    assert after.measurement == Measurement(new)


def test_precision_is_measured_anew_for_answers_that_come_later():
    """Timed answers do: right ones in float32 must not be taken for wrong ones in float64."""
    single = {"y": (WANT * (1 + 3e-6)).astype(np.float32), "z": WANT[0]}
    new = {("a", "forward"): Answer(single)}
    after = with_answers(evidence(bench(), Measurement({})), Measurement(new), new)
    assert after.findings["a", "forward", "y"].right
