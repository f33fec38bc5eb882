"""Work written from a handout alone, without a look at the reference, is marked as it deserves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader import course as courses
from grader import exercise as exercises
from grader import judge, known, score
from grader.exercise import Exercise
from grader.verdict import Result
from grader.worker import Worker

ROOT = Path(__file__).resolve().parent.parent
BLIND = ROOT / "tests" / "blind"
UNITS = (BLIND / "lstm_units.py").read_text(encoding="utf-8")
TAPE = (BLIND / "lstm_tape.py").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def lstm() -> Exercise:
    return exercises.load(courses.load_course(ROOT), "lstm")


@pytest.fixture(scope="module")
def worker(lstm: Exercise) -> Iterator[Worker]:
    with Worker(lstm.assignment.limits) as worker:
        yield worker


@pytest.fixture
def row(lstm: Exercise, worker: Worker):
    bench = lstm.hidden_bench(b"a secret for tests only, not for marks", "ada")

    def row(source: str) -> Result:
        text = source.encode()
        known_ones = known.recogniser_of(lstm)
        made = judge.judge(worker, text, lstm.probe.source, lstm.assignment, bench, known_ones)
        return score.score("ada", lstm.assignment, made)

    return row


def lost(result: Result) -> dict[str, str]:
    return {c.result.id: c.result.reason for c in result.checks if c.points < c.max_points}


def named(result: Result) -> set[str]:
    return {m.name for c in result.checks for d in c.result.diagnosis for m in d.mistakes}


@pytest.mark.parametrize("source", [UNITS, TAPE], ids=["units", "tape"])
def test_a_right_lstm_gets_all_marks(row, source):
    result = row(source)
    assert lost(result) == {}
    assert result.score == 100


CARRIES = {
    "units": (
        UNITS,
        "self.cache[t].backward(dhs[:, t] + dh, dc)",
        "self.cache[t].backward(dhs[:, t], np.zeros_like(dc))",
    ),
    "tape": (TAPE, "tape[t](dhs[:, t] + carry_h, carry_c)", "tape[t](dhs[:, t], 0.0)"),
}


@pytest.mark.parametrize(("source", "old", "new"), CARRIES.values(), ids=CARRIES)
def test_an_lstm_without_its_two_carries_is_told_which(row, source, old, new):
    assert source.count(old) == 1
    result = row(source.replace(old, new))
    assert named(result) == {"both-carries-dropped"}
    assert lost(result)
    assert all(name.startswith(("loop", "peephole-loop")) for name in lost(result))


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("dhs[:, t] + dh, dc)", "dhs[:, t], dc)", "carry-of-h-dropped"),
        ("dhs[:, t] + dh, dc)", "dhs[:, t] + dh, 0 * dc)", "carry-of-c-dropped"),
    ],
)
def test_one_carry_is_told_from_the_other(row, old, new, name):
    assert named(row(UNITS.replace(old, new))) == {name}


def test_a_wrong_unit_does_not_cost_the_loop_its_marks(row):
    result = row(UNITS.replace("cell * c_prev * f", "cell * (f * c_prev + i * g) * f"))
    assert lost(result)
    assert not any("loop" in name for name in lost(result))
