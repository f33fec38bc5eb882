"""Hints that only the wrong numbers of their own mistake open."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import sealed
from grader.findings import Evidence, evidence
from grader.measurement import Answer, Bench, Failure, Measurement
from grader.model import Case, Mistake

CASES = ("a", "b")
RNG = np.random.default_rng(0)
RIGHT = {case: RNG.standard_normal((3, 4)) for case in CASES}
KEY = ("forward", "y")


def mistake(name: str) -> Mistake:
    return Mistake(name, f"when {name}", (("a", "b"),), frozenset({"c"}), f"hint of {name}")


def answered(values: dict[str, Answer]) -> Evidence:
    bench = Bench(
        {case: Case(case, {}) for case in CASES},
        {case: {} for case in CASES},
        {(case, "forward"): Answer({"y": RIGHT[case]}) for case in CASES},
    )
    return evidence(bench, Measurement({(case, "forward"): a for case, a in values.items()}))


def times(factor: float, shift: float = 0.0) -> Evidence:
    return answered({case: Answer({"y": factor * y + shift}) for case, y in RIGHT.items()})


def names(kit: sealed.Sealed, found: Evidence) -> set[str]:
    return {m.name for d in sealed.recognise(kit, found).values() for m in d.mistakes}


FACTORS = {"doubled": 2.0, "zero": 0.0, "negated": -1.0, "huge": 1e200, "tiny": 1e-200}
KIT = sealed.seal((mistake(name), times(factor)) for name, factor in FACTORS.items())


@pytest.mark.parametrize("name", FACTORS)
def test_a_mistake_opens_its_own_hint_and_no_other(name):
    assert names(KIT, times(FACTORS[name])) == {name}


@given(st.floats(-1e300, 1e300))
def test_other_numbers_open_nothing(factor):
    near = any(abs(factor - f) <= 0.1 * abs(f) for f in FACTORS.values())
    if not near:
        assert names(KIT, times(factor)) == set()


@given(st.sampled_from(sorted(FACTORS)), st.integers(0, 2**32 - 1))
def test_rounding_opens_the_hint_all_the_same(name, seed):
    rng = np.random.default_rng(seed)
    noise = 1 + 1e-7 * rng.standard_normal((3, 4))
    found = answered({c: Answer({"y": FACTORS[name] * y * noise}) for c, y in RIGHT.items()})
    assert names(KIT, found) == {name}


def test_a_mistake_that_shows_in_one_case_alone_has_no_box():
    one = answered({"a": Answer({"y": 2 * RIGHT["a"]}), "b": Answer({"y": RIGHT["b"]})})
    kit = sealed.seal([(mistake("once"), one)])
    assert len(kit.letters) == 1
    assert kit.boxes == ()
    assert names(kit, one) == set()


def test_a_failure_is_recognised_by_its_type_and_message():
    def raised(kind: str) -> Evidence:
        return answered({c: Answer(failure=Failure("exception", kind, "no")) for c in CASES})

    kit = sealed.seal([(mistake("raises"), raised("ValueError"))])
    assert names(kit, raised("ValueError")) == {"raises"}
    assert names(kit, raised("TypeError")) == set()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_opens_nothing_and_breaks_nothing(bad):
    found = answered({c: Answer({"y": np.full((3, 4), bad)}) for c in CASES})
    assert names(KIT, found) == set()


def test_nothing_of_a_hint_can_be_read_in_the_kit():
    text = " ".join((*KIT.letters, *KIT.boxes))
    assert not any(name in text for name in FACTORS)
    assert "hint" not in text
