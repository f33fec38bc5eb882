"""Results as JSON documents, and judgements as the store keeps them."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.model import Assignment, Check
from grader.results import csv_cell, document, dump_judgement, load_judgement, number, result_json
from grader.score import score
from grader.verdict import (
    CheckResult,
    Diagnosis,
    Judgement,
    Recognised,
    Result,
    ScoredCheck,
    Status,
)

TEXT = st.text(max_size=20)
ERRORS = st.none() | st.floats(min_value=0, allow_nan=False, allow_infinity=True)
CHECKS = st.builds(
    CheckResult,
    id=TEXT,
    status=st.sampled_from(Status),
    known=st.booleans(),
    reason=TEXT,
    detail=st.lists(TEXT, max_size=3).map(tuple),
    error=ERRORS,
    numeric=ERRORS,
    diagnosis=st.lists(
        st.builds(
            Diagnosis,
            TEXT,
            st.lists(st.builds(Recognised, TEXT, TEXT, TEXT), min_size=1, max_size=2).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    hint=TEXT,
)
JUDGEMENTS = st.builds(
    Judgement,
    checks=st.lists(CHECKS, max_size=4).map(tuple),
    problem=TEXT,
    printed=TEXT,
    isolation=TEXT,
)


@given(JUDGEMENTS)
def test_a_judgement_comes_back_out_of_the_store_as_it_went_in(judgement):
    stored = json.dumps(dump_judgement(judgement), allow_nan=False)
    assert load_judgement(json.loads(stored)) == judgement


def test_an_error_that_is_no_number_survives_too():
    judged = Judgement((CheckResult("a", Status.FAILED, error=math.nan),))
    stored = json.dumps(dump_judgement(judged), allow_nan=False)
    error = load_judgement(json.loads(stored)).checks[0].error
    assert error is not None
    assert math.isnan(error)


@given(JUDGEMENTS)
def test_storing_twice_gives_the_same_bytes(judgement):
    once, twice = (json.dumps(dump_judgement(judgement)) for _ in range(2))
    assert once == twice


@pytest.mark.parametrize(
    "damaged",
    [
        {},
        {"schema": 2},
        {"schema": 1},
        {"schema": 1, "checks": None, "problem": "", "printed": "", "isolation": ""},
        {"schema": 1, "checks": [{"id": "a"}], "problem": "", "printed": "", "isolation": ""},
    ],
)
def test_anything_else_is_refused(damaged):
    with pytest.raises((KeyError, TypeError, ValueError)):
        load_judgement(damaged)


def test_an_unknown_status_is_refused():
    stored = dump_judgement(Judgement((CheckResult("a", Status.PASSED),)))
    stored["checks"][0]["status"] = "excellent"
    with pytest.raises(ValueError, match="excellent"):
        load_judgement(stored)


# --- points


@given(st.fractions(0, 10_000, max_denominator=10_000))
def test_points_are_shown_to_the_nearest_cent(points):
    shown = number(points)
    assert abs(Fraction(str(shown)) - points) <= Fraction(1, 200)
    assert -Decimal(str(shown)).as_tuple().exponent <= 2
    assert math.isfinite(shown)


@pytest.mark.parametrize(
    ("points", "shown"),
    [
        (Fraction(7), "7"),
        (Fraction(15, 2), "7.5"),
        (Fraction(1, 3), "0.33"),
        (Fraction(2, 3), "0.67"),
        (Fraction(1, 200), "0"),
        (Fraction(3, 200), "0.02"),
        (Fraction(0), "0"),
    ],
)
def test_points_read_as_a_person_writes_them(points, shown):
    assert json.dumps(number(points)) == shown


@given(st.integers(0, 10**6))
def test_whole_cents_are_exact(cents):
    assert number(Fraction(cents, 100)) == cents / 100


# --- documents


CHECK = Check("grad-x", "The gradient of x", "gradient", Fraction(11), input="x")
FOLLOWED = CheckResult(
    "grad-x",
    Status.FOLLOW_THROUGH,
    reason="dx is the true gradient of your own forward.",
    detail=("dx[0] is 1, should be 2",),
    error=0.5,
    numeric=1e-9,
    diagnosis=(Diagnosis("dx", (Recognised("sigmoid", "it is the sigmoid", "Look."),)),),
    hint="Look.",
)


def row(result: CheckResult = FOLLOWED) -> Result:
    assignment = Assignment("unit", "Unit", "unit", (CHECK,))
    return score("ada", assignment, Judgement((result,), isolation="sandboxed"))


def test_a_document_has_what_other_programs_read():
    assert document([row()], ["bob: unreadable"]) == {
        "schema": 1,
        "results": [
            {
                "student": "ada",
                "assignment": "unit",
                "score": 5.5,
                "max_score": 11,
                "status": "failed",
                "problem": "",
                "isolation": "sandboxed",
                "attempt": 1,
                "attempt_name": "",
                "submitted": None,
                "time_from": "",
                "earned": 5.5,
                "late": None,
                "attempts": [],
                "checks": [
                    {
                        "id": "grad-x",
                        "title": "The gradient of x",
                        "status": "follow_through",
                        "points": 5.5,
                        "max_points": 11,
                        "reason": FOLLOWED.reason,
                        "detail": ["dx[0] is 1, should be 2"],
                        "error": 0.5,
                        "numeric": 1e-9,
                        "diagnosis": [
                            {
                                "quantity": "dx",
                                "mistakes": [
                                    {
                                        "name": "sigmoid",
                                        "when": "it is the sigmoid",
                                        "hint": "Look.",
                                    }
                                ],
                            }
                        ],
                        "hint": "Look.",
                    }
                ],
            }
        ],
        "errors": ["bob: unreadable"],
    }


@pytest.mark.parametrize("error", [math.inf, math.nan])
def test_a_document_is_json_even_where_an_error_is_no_number(error):
    bad = CheckResult("grad-x", Status.FAILED, error=error, numeric=error)
    text = json.dumps(result_json(row(bad)), allow_nan=False)
    assert json.loads(text)["checks"][0]["error"] == str(error)


@given(st.lists(st.tuples(CHECKS, st.fractions(0, 50, max_denominator=7)), max_size=4))
def test_every_number_in_a_row_is_finite(scored):
    checks = tuple(ScoredCheck(r, "title", p, p) for r, p in scored)
    total = sum((p for _, p in scored), Fraction(0))
    row = result_json(Result("ada", "unit", checks, total, total, "failed"))
    assert json.loads(json.dumps(row, allow_nan=False))["score"] == number(total)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r1", " =1", "＝1", "|x", "%x"]
)
def test_a_text_that_a_spreadsheet_would_compute_begins_with_a_quote(text):
    assert csv_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["ada", "", "a=1", "O'Neil", None, -1, 0.5, "日本"])
def test_any_other_value_of_a_csv_is_left_alone(value):
    assert csv_cell(value) == value
