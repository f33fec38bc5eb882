"""What went wrong, in words: reasons fit for hidden checks, details for everyone else."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import explain
from grader.compare import FLOAT64
from grader.findings import finding
from grader.measurement import Answer, Failure, Measurement
from grader.messages import plain
from grader.model import Assignment, Check, Quantity
from grader.wire import sort_out

WX = Quantity("backward", "Wx")
WANT = np.random.default_rng(0).standard_normal((3, 4))
SECRET = "0.1234567"


def lines(got: object, want: Any = WANT, quantity: Quantity = WX) -> tuple[str, ...]:
    arrays, rest = sort_out({str(quantity.name): got})
    return explain.values(finding("a", quantity, Answer(arrays, rest), want, FLOAT64))


# --- names


@pytest.mark.parametrize(
    ("quantity", "name"),
    [
        (WX, "dWx"),
        (Quantity("forward", "h_next"), "h_next"),
        (Quantity("held_grads", "Wx"), "Wx"),
    ],
)
def test_a_quantity_is_called_what_a_student_calls_it(quantity, name):
    assert explain.name_of(quantity) == name


# --- failures


def failed(kind: str = "exception", type: str = "ValueError", **more: Any) -> Failure:
    return Failure(kind, type, **{"message": f"x is {SECRET}", "line": 7, "code": SECRET, **more})


FAILURES = {
    "Your code raised ValueError.": failed(),
    "Not implemented yet.": failed(type="NotImplementedError"),
    "Your file cannot be compiled (SyntaxError).": failed(type="SyntaxError"),
    "Your file imports something that is not available here.": failed("refused", "ModuleRefused"),
    "No answer within the time limit.": Failure("timeout"),
    "The process that ran your code ended before it answered.": Failure("died", message=SECRET),
}


@pytest.mark.parametrize(("reason", "failure"), FAILURES.items(), ids=str)
def test_a_reason_names_the_kind_and_repeats_nothing_of_the_students(reason, failure):
    assert explain.failure_text(failure)[0] == reason


@given(st.text(), st.text(max_size=20), st.text())
def test_no_exception_carries_its_own_text_into_the_reason(kind, type, message):
    """Not even by its name, which a student may choose."""
    named, _ = explain.failure_text(Failure("exception", type + SECRET, message + SECRET))
    assert SECRET not in named


def test_the_detail_has_the_message_and_the_students_line():
    _, detail = explain.failure_text(failed(code="dz @ Wx"))
    assert detail == (f"ValueError: x is {SECRET}", "line 7: dz @ Wx")


def test_a_failure_outside_the_students_file_has_no_line():
    assert explain.failure_text(failed(line=0, code=""))[1] == (f"ValueError: x is {SECRET}",)


def test_an_exception_without_a_message_is_its_type():
    assert explain.failure_text(failed(message="", line=0))[1] == ("ValueError",)


def test_a_process_that_died_tells_how():
    assert explain.failure_text(Failure("died", message="signal SIGSEGV"))[1] == (
        "It ended with signal SIGSEGV.",
    )


def test_braces_in_a_message_are_no_placeholders():
    _, detail = explain.failure_text(failed(message="{type} {0} {", line=0))
    assert detail == ("ValueError: {type} {0} {",)


@given(st.text(), st.integers(1, 40))
def test_a_students_text_comes_out_as_one_bounded_harmless_line(text, limit):
    shown = plain(text, limit)
    assert len(shown) <= limit
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in shown)
    assert not set(shown) & set("\u202e\u2066\u200b\ufeff\u2028\u2029")
    shown.encode()


def test_control_sequences_lose_what_makes_them_work():
    assert plain("\x1b[31mred\x1b[0m\x07\r\nnext") == "[31mred[0m  next"


# --- values


def test_nothing_is_said_of_a_right_array_but_its_pattern_is_harmless():
    assert len(lines(WANT)) <= 1


def test_a_wrong_array_is_described_and_its_worst_entries_are_listed():
    got = WANT.copy()
    got[1] += [1, 2, 3, 4]
    assert lines(got) == (
        "Only row 1 of 3 is wrong.",
        f"dWx[1, 3] is {got[1, 3]:.6g}, should be {WANT[1, 3]:.6g}",
        f"dWx[1, 2] is {got[1, 2]:.6g}, should be {WANT[1, 2]:.6g}",
    )


def test_a_wrong_shape_is_told_with_the_right_one():
    assert lines(WANT[0]) == ("Its shape is (4,); it should be (3, 4).",)


def test_what_is_no_array_is_described_by_its_type():
    assert lines(WANT.tolist()) == ("It is of type list; return a plain numpy array of float64.",)
    assert "int64" in lines(np.ones((3, 4), dtype=np.int64))[0]


def test_nan_is_counted_and_located():
    got = WANT.copy()
    got[1, 2] = got[2, 0] = np.nan
    assert lines(got) == ("2 of its 12 entries are NaN or infinite, first at [1, 2].",)


@pytest.mark.parametrize("got", [np.nan, np.inf])
def test_a_single_number_can_be_not_finite(got):
    said = lines(np.array(got), want=np.array(1.0), quantity=Quantity("forward", "loss"))
    assert said == ("1 of its 1 entries are NaN or infinite, first at [].",)


def test_a_single_wrong_number_is_told_too():
    """As the loss that a network returns."""
    said = lines(np.array(2.0), want=np.array(1.0), quantity=Quantity("forward", "loss"))
    assert said[-1].endswith("is 2, should be 1")


# --- the whole submission


ASSIGNMENT = Assignment(
    "rnn_unit",
    "One step",
    "rnn_unit",
    (Check("value", "Value", "matches", Fraction(1)),),
    requires=("RNNUnit",),
)


def problem(*failures: Failure | None) -> str:
    answers = {(str(i), "forward"): Answer(failure=f) for i, f in enumerate(failures)}
    return explain.problem(ASSIGNMENT, Measurement(answers))


def test_a_stub_is_told_where_to_begin():
    stub = Failure("exception", "NotImplementedError", "RNNUnit.forward")
    assert problem(stub, stub) == (
        "Nothing is implemented yet. Open rnn_unit.py and look for YOUR CODE HERE."
    )


def test_a_missing_class_is_named():
    missing = Failure("exception", "AttributeError", "module 'rnn_unit' has no attribute 'RNNUnit'")
    assert problem(missing, missing) == "rnn_unit.py does not define RNNUnit."


def test_one_failure_everywhere_is_said_once():
    broken = Failure("exception", "SyntaxError", "invalid syntax", 3, "def f(:")
    assert problem(broken, broken) == (
        "Your file cannot be compiled (SyntaxError). SyntaxError: invalid syntax"
    )
    assert problem(Failure("timeout"), Failure("timeout")) == "No answer within the time limit."


def test_different_failures_are_left_to_the_checks():
    assert problem(failed(), failed(message="other")) == ""


def test_one_answer_is_enough_for_there_to_be_no_problem():
    assert problem(failed(), None) == ""
    assert problem() == ""
