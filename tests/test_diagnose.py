"""Which known mistakes give the student's answers: both of two, none by chance, "one of"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from grader.compare import FLOAT64
from grader.diagnose import (
    Candidate,
    alike,
    candidate,
    choose,
    repeated,
    suspicions,
    wrong_quantities,
)
from grader.explain import diagnosis_text
from grader.findings import Evidence, Finding, evidence, finding
from grader.measurement import Answer, Bench, Failure, Measurement
from grader.model import Case, Mistake, Quantity
from grader.verdict import Recognised
from grader.wire import sort_out

CASES = ("a", "b", "c")
KEYS = {"forward": ("y",), "backward": ("x", "W", "b")}
RNG = np.random.default_rng(0)
RIGHT = {
    (case, call): {name: RNG.standard_normal((3, 4)) for name in names}
    for case in CASES
    for call, names in KEYS.items()
}
X, W, B, Y = ("backward", "x"), ("backward", "W"), ("backward", "b"), ("forward", "y")
ERROR = Failure("exception", "ValueError", "shapes (3,4) and (5,4) not aligned")

Changes = Mapping[tuple[str, str, str], Any]


def answers(changes: Changes) -> dict[tuple[str, str], Answer]:
    """Right answers but for `changes`, by (case, call, output); a failure replaces the call's."""
    found = {}
    for (case, call), right in RIGHT.items():
        own = {n: c for (k, q, n), c in changes.items() if (k, q) == (case, call)}
        failure = next((c for c in own.values() if isinstance(c, Failure)), None)
        arrays, rest = sort_out({**right, **own}) if failure is None else ({}, {})
        found[case, call] = Answer(arrays, rest, failure)
    return found


def submission(changes: Changes) -> Evidence:
    cases = {case: Case(case, {}) for case in CASES} | {"large": Case("large", {}, "cost")}
    expected = {key: Answer(right) for key, right in RIGHT.items()}
    expected["large", "backward"] = Answer({"x": np.ones(3)})
    bench = Bench(cases, {case: {} for case in cases}, expected, frozenset({"large"}))
    return evidence(bench, Measurement(answers(changes)))


def scaled(key: tuple[str, str], factor: float, cases: Any = CASES) -> dict[Any, Any]:
    """A quantity times a factor, in some cases."""
    call, name = key
    return {(case, call, name): factor * RIGHT[case, call][name] for case in cases}


def mistake(name: str) -> Mistake:
    return Mistake(name, f"{name} is wrong", (), frozenset(), f"Look at {name}.")


def diagnosed(student: Changes, **mistakes: Changes) -> dict[tuple[str, str], list[str]]:
    """The names found for each quantity."""
    e = submission(student)
    wrong = wrong_quantities(e)
    candidates = [candidate(mistake(n), answers(c), e, wrong) for n, c in mistakes.items()]
    chosen = choose(candidates, wrong)
    return {key: [m.name for m in d.mistakes] for key, d in chosen.items()}


# --- what is wrong


def test_nothing_is_wrong_with_a_right_submission():
    assert wrong_quantities(submission({})) == {}


def test_a_quantity_wrong_in_one_case_is_wrong_and_comes_with_all_its_cases():
    wrong = wrong_quantities(submission(scaled(X, 2.0, ["b"])))
    assert {key: [f.right for f in found] for key, found in wrong.items()} == {
        X: [True, False, True]
    }


def test_a_case_that_is_timed_only_is_not_looked_at():
    """In it there is no answer at all here, which would be a timeout."""
    assert wrong_quantities(submission({})) == {}


def test_the_first_wrong_case_is_the_telling_one():
    wrong = wrong_quantities(submission(scaled(X, 2.0, ["b", "c"])))
    assert [f.case for f in suspicions(wrong)] == ["b"]


def test_a_mistake_that_repeats_no_telling_finding_is_ruled_out():
    telling = suspicions(wrong_quantities(submission(scaled(X, 2.0) | scaled(W, 3.0))))
    assert repeated(answers(scaled(X, 2.0)), telling) == {X}
    assert repeated(answers(scaled(X, 2.0) | scaled(W, 3.0)), telling) == {X, W}
    assert repeated(answers(scaled(X, 3.0)), telling) == frozenset()
    assert repeated(answers(scaled(B, 2.0)), telling) == frozenset()
    assert repeated({}, telling) == frozenset()


# --- candidate and choose


def test_a_mistake_is_named_in_the_quantity_that_it_explains():
    assert diagnosed(scaled(X, 2.0), doubled=scaled(X, 2.0)) == {X: ["doubled"]}


def test_a_right_submission_is_accused_of_nothing():
    assert diagnosed({}, doubled=scaled(X, 2.0)) == {}


def test_two_independent_mistakes_are_both_named():
    student = scaled(X, 2.0) | scaled(W, -1.0)
    found = diagnosed(student, doubled=scaled(X, 2.0), negated=scaled(W, -1.0))
    assert found == {X: ["doubled"], W: ["negated"]}


def test_what_nothing_explains_stays_without_a_diagnosis():
    student = scaled(X, 2.0) | scaled(B, 7.0)
    assert diagnosed(student, doubled=scaled(X, 2.0), halved=scaled(B, 0.5)) == {X: ["doubled"]}


def test_a_mistake_that_agrees_in_all_cases_but_one_is_not_claimed():
    assert diagnosed(scaled(X, 2.0), doubled=scaled(X, 2.0, ["a", "b"])) == {}
    assert diagnosed(scaled(X, 2.0, ["a", "b"]), doubled=scaled(X, 2.0)) == {}


def test_what_one_case_alone_supports_is_not_claimed():
    assert diagnosed(scaled(X, 2.0, ["b"]), doubled=scaled(X, 2.0, ["b"])) == {}
    two = scaled(X, 2.0, ["b", "c"])
    assert diagnosed(two, doubled=two) == {X: ["doubled"]}


def test_mistakes_that_give_equal_numbers_cannot_be_told_apart():
    found = diagnosed(scaled(X, 2.0), twice=scaled(X, 2.0), doubled=scaled(X, 2.0))
    assert {key: sorted(names) for key, names in found.items()} == {X: ["doubled", "twice"]}


def test_a_mistake_that_predicts_what_did_not_happen_ranks_behind():
    found = diagnosed(
        scaled(X, 2.0),
        everything=scaled(X, 2.0) | scaled(W, 2.0) | scaled(B, 2.0),
        only_x=scaled(X, 2.0),
    )
    assert found == {X: ["only_x"]}


def test_among_equals_in_that_the_one_that_explains_more_is_named():
    student = scaled(X, 2.0) | scaled(W, 2.0)
    found = diagnosed(student, only_x=scaled(X, 2.0), both=student)
    assert found == {X: ["both"], W: ["both"]}


def test_a_mistake_that_would_do_more_to_the_same_call_is_not_named():
    everything = scaled(X, 2.0) | scaled(W, 2.0)
    assert diagnosed(scaled(X, 2.0), everything=everything) == {}


def test_a_mistake_that_would_do_more_to_another_call_is_named_if_nothing_else_explains_it():
    """A loop may hold a copy of the formulas of a unit, and the slip only one of the two."""
    both = scaled(X, 2.0) | scaled(Y, 2.0)
    assert diagnosed(scaled(X, 2.0), both=both) == {X: ["both"]}


def test_one_case_that_contradicts_is_a_contradiction():
    student = scaled(X, 2.0)
    found = diagnosed(student, also_b_once=student | scaled(B, 2.0, ["c"]), only_x=scaled(X, 2.0))
    assert found == {X: ["only_x"]}


def test_no_candidate_gives_no_diagnosis():
    assert choose([], [X]) == {}


def test_a_candidate_is_not_chosen_for_what_did_not_happen():
    only_w = Candidate(Recognised("w", "", ""), frozenset({W}), frozenset({W}))
    assert choose([only_w], [X]) == {}


# --- alike


def as_finding(got: object, failure: Failure | None = None) -> Finding:
    arrays, rest = sort_out({"x": got})
    right = RIGHT["a", "backward"]["x"]
    return finding("a", Quantity(*X), Answer(arrays, rest, failure), right, FLOAT64)


G = RIGHT["a", "backward"]["x"]


def test_answers_alike_up_to_rounding_are_the_same():
    assert alike(as_finding(2 * G), as_finding(2 * G * (1 + 1e-9)))
    assert not alike(as_finding(2 * G), as_finding(2 * G * (1 + 1e-3)))


def test_not_finite_answers_are_alike_if_the_same_entries_are():
    nan, other = 2 * G, 2 * G
    nan[0, 0], other[0, 0] = np.nan, np.inf
    assert alike(as_finding(nan), as_finding(other))
    assert not alike(as_finding(nan), as_finding(2 * G))
    assert not alike(as_finding(nan), as_finding(np.roll(nan, 1)))


@pytest.mark.parametrize(
    "other", [G[:1], G[0], G.T, G.tolist(), G > 0, None], ids=lambda x: type(x).__name__
)
def test_answers_of_different_kinds_are_not_alike(other):
    assert not alike(as_finding(G), as_finding(other))
    assert not alike(as_finding(other), as_finding(G))


def test_what_came_back_instead_of_an_array_must_be_the_same_thing():
    assert alike(as_finding(G.tolist()), as_finding([1.0]))
    assert not alike(as_finding(G.tolist()), as_finding(None))


def test_a_failure_is_not_like_an_answer_nor_like_another_failure():
    error = as_finding(G, ERROR)
    assert alike(error, as_finding(G, replace(ERROR, line=7, code="x @ W")))
    assert not alike(error, as_finding(G))
    assert not alike(as_finding(G), error)
    assert not alike(error, as_finding(G, Failure("exception", "IndexError")))
    assert not alike(error, as_finding(G, Failure("timeout")))


def test_a_value_error_of_ones_own_is_not_that_of_a_known_mistake():
    """`raise ValueError("todo")` everywhere is no sign of a product with the wrong shapes."""
    failed = {(case, "backward", "x"): ERROR for case in CASES}
    own = {key: Failure("exception", "ValueError", "todo") for key in failed}
    assert diagnosed(own, wrong_shapes=failed) == {}


def test_the_same_error_everywhere_is_recognised():
    failed = {(case, "backward", "x"): ERROR for case in CASES}
    assert diagnosed(failed, wrong_shapes=failed)[X] == ["wrong_shapes"]


# --- in words


def test_a_diagnosis_reads_as_one_sentence():
    e = submission(scaled(X, 2.0))
    wrong = wrong_quantities(e)
    one = candidate(mistake("the factor"), answers(scaled(X, 2.0)), e, wrong)
    two = candidate(mistake("the sum"), answers(scaled(X, 2.0)), e, wrong)
    assert diagnosis_text(choose([one], wrong)[X]) == (
        "Your dx is what you get when the factor is wrong."
    )
    assert diagnosis_text(choose([one, two], wrong)[X]) == (
        "Your dx is what you get with one of these: the factor is wrong; the sum is wrong."
    )
