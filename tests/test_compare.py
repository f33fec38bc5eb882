"""How far an array is from the one it should be, at which precision, and in which way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.compare import FLOAT32, FLOAT64, TOLERANCE, pattern, precision, relative_error, worst

SEEDS = st.integers(0, 2**32 - 1)


def normal(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal(shape)


# --- relative_error


@given(SEEDS, st.floats(1e-12, 1e3), st.sampled_from([(1,), (3, 4), (2, 3, 4)]))
def test_the_error_is_relative_to_the_norm_of_what_it_should_be(seed, error, shape):
    want = normal(*shape, seed=seed)
    assert relative_error(want * (1 + error), want) == pytest.approx(error, rel=1e-3)


@given(SEEDS, st.floats(1e-100, 1e100))
def test_the_error_does_not_depend_on_the_unit(seed, unit):
    want, off = normal(3, 4, seed=seed), normal(3, 4, seed=seed + 1)
    got = want + 1e-3 * off
    assert relative_error(unit * got, unit * want) == pytest.approx(relative_error(got, want))


def test_an_array_equals_itself():
    assert relative_error(normal(3, 4), normal(3, 4)) == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_one_bad_entry_makes_the_error_infinite(bad, dtype):
    want = normal(3, 4)
    got = want.astype(dtype)
    got[1, 2] = bad
    assert relative_error(got, want) == float("inf")


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_not_even_the_same_bad_entry_is_equal(bad):
    want = np.array([1.0, bad])
    assert not relative_error(want.copy(), want) <= TOLERANCE[FLOAT32]
    assert not relative_error(np.zeros(2), want) <= TOLERANCE[FLOAT32]


def test_where_it_should_be_zero_the_error_is_absolute():
    zero = np.zeros((2, 3))
    assert relative_error(zero, zero) == 0
    assert relative_error(np.full((2, 3), 2.0), zero) == pytest.approx(np.sqrt(24))


@pytest.mark.parametrize("shape", [(4,), (1, 4), (3, 1), (), (4, 3), (3, 4, 1), (0, 4)])
def test_a_shape_that_would_broadcast_is_infinitely_far(shape):
    assert relative_error(np.ones(shape), np.ones((3, 4))) == float("inf")


def test_empty_arrays_of_one_shape_are_equal():
    assert relative_error(np.zeros((0, 3)), np.zeros((0, 3))) == 0


def test_float32_is_compared_as_it_is_not_rounded_further():
    want = normal(50)
    assert 0 < relative_error(want.astype(np.float32), want) < 1e-7


def test_numbers_near_the_largest_float_are_compared_without_a_word():
    want = np.array([3e200, 4e200])
    assert relative_error(want, want) == 0
    assert relative_error(2 * want, want) > 1e-6
    assert relative_error(want, np.array([3.0, 4.0])) > 1e100


@pytest.mark.parametrize("dtype", [np.int64, np.float32, np.float64])
def test_numbers_of_any_dtype_can_be_compared(dtype):
    want = np.array([1, 0, 1], dtype=dtype)
    assert relative_error(want.copy(), want) == 0
    assert relative_error(1 - want, want) > 1


def test_truth_values_can_be_compared():
    want = np.array([True, False, True])
    assert relative_error(want.copy(), want) == 0
    assert relative_error(~want, want) > 1


# --- precision


@given(SEEDS, st.floats(1e-3, 1e3))
def test_float32_numbers_are_found_in_whatever_dtype_they_travel(seed, scale):
    x = (scale * normal(4, 5, seed=seed)).astype(np.float32)
    assert precision([x]) == FLOAT32
    assert precision([x.astype(np.float64)]) == FLOAT32


@given(SEEDS, st.floats(1e-3, 1e3))
def test_float64_numbers_are_not_taken_for_float32(seed, scale):
    assert precision([scale * normal(2, 2, seed=seed)]) == FLOAT64


def test_one_float32_array_among_others_is_enough():
    single = normal(3, seed=1).astype(np.float32).astype(np.float64)
    assert precision([normal(3), single]) == FLOAT32


@pytest.mark.parametrize(
    "says_nothing",
    [
        np.zeros((3, 4)),
        np.array([1.0, -1.0, 0.5, 2.0]),
        np.zeros((0, 3)),
        np.arange(5),
        np.array([True, False]),
        np.array([np.nan, np.inf]),
    ],
    ids=["zeros", "halves", "empty", "integers", "bools", "not finite"],
)
def test_numbers_that_any_precision_can_hold_say_nothing(says_nothing):
    assert precision([says_nothing]) == FLOAT64
    assert precision([says_nothing, normal(3)]) == FLOAT64


def test_no_answer_says_nothing_of_the_precision():
    assert precision([]) == FLOAT64


def test_numbers_outside_the_range_of_float32_are_float64():
    assert precision([np.array([1e300, 1e-300])]) == FLOAT64


# --- pattern


def test_all_zero_is_said_first():
    assert pattern(np.zeros((3, 3)), normal(3, 3), 1e-6).code == "all_zero"


def test_a_common_factor_is_named():
    found = pattern(normal(3, 4) / 3, normal(3, 4), 1e-6)
    assert (found.code, found.details) == ("scaled", {"factor": "0.3333"})


def test_a_wrong_sign_is_no_mere_factor():
    assert pattern(-normal(3, 4), normal(3, 4), 1e-6).code == "negated"


def test_a_transpose_is_recognised_where_shapes_allow_it():
    assert pattern(normal(4, 4).T, normal(4, 4), 1e-6).code == "transposed"


@pytest.mark.parametrize(
    ("shape", "at", "details"),
    [
        ((5, 4), np.s_[1], {"axis": "row", "which": "1", "of": "5"}),
        ((5, 4), np.s_[[0, 3]], {"axis": "row", "which": "0, 3", "of": "5"}),
        ((5, 4), np.s_[:, 2], {"axis": "column", "which": "2", "of": "4"}),
        ((6,), np.s_[4], {"axis": "entry", "which": "4", "of": "6"}),
        ((2, 7, 3), np.s_[:, 6], {"axis": "position of axis 1", "which": "6", "of": "7"}),
        ((20,), np.s_[:8], {"axis": "entry", "which": "0, 1, 2, 3, 4, 5, …", "of": "20"}),
    ],
)
def test_a_few_wrong_rows_columns_or_steps_are_listed(shape, at, details):
    got = normal(*shape)
    got[at] += 1 + normal(*shape, seed=1)[at] ** 2
    found = pattern(got, normal(*shape), 1e-6)
    assert (found.code, found.details) == ("some", details)


def test_wrong_everywhere_is_counted():
    found = pattern(normal(3, 4, seed=1), normal(3, 4), 1e-6)
    assert (found.code, found.details) == ("many", {"wrong": "12", "of": "12"})


def test_anything_where_zero_was_due_is_wrong_and_no_factor():
    assert pattern(normal(3, 4), np.zeros((3, 4)), 1e-6).code == "many"


def test_rounding_of_the_measured_precision_hides_no_pattern():
    got = (-normal(4, 4)).astype(np.float32)
    assert pattern(got, normal(4, 4), TOLERANCE[FLOAT32]).code == "negated"


def test_a_single_number_has_a_pattern_too():
    assert pattern(np.array(2.0), np.array(1.0), 1e-6).code == "many"


def test_an_array_that_is_wrong_has_a_wrong_entry():
    want = np.zeros(100)
    want[0] = 1.0
    got = want + 0.9e-6
    assert relative_error(got, want) > 1e-6
    assert int(pattern(got, want, 1e-6).details["wrong"]) > 0


# --- worst


def test_the_entries_furthest_off_come_first():
    want = np.zeros((2, 3))
    got = np.array([[0.0, 3.0, 1.0], [-5.0, 0.0, 2.0]])
    assert worst(got, want) == [((1, 0), -5.0, 0.0), ((0, 1), 3.0, 0.0), ((1, 2), 2.0, 0.0)]
    assert worst(got, want, most=1) == [((1, 0), -5.0, 0.0)]


def test_nan_is_further_off_than_any_number():
    (index, got, want), *rest = worst(np.array([1e300, np.nan, 0.0]), np.ones(3), most=2)
    assert (index, want) == ((1,), 1.0)
    assert np.isnan(got)
    assert rest == [((0,), 1e300, 1.0)]


def test_entries_that_are_right_are_not_listed():
    assert worst(np.array([1.0, 2.0]), np.array([1.0, 1.0])) == [((1,), 2.0, 1.0)]
    assert worst(np.ones(3), np.ones(3)) == []


def test_a_single_number_can_be_the_worst():
    assert worst(np.array(2.0), np.array(1.0)) == [((), 2.0, 1.0)]
