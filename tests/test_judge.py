"""Submissions judged end to end on the repository's first exercise, in real processes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from grader import course as courses
from grader import exercise as exercises
from grader import judge, known, score
from grader.exercise import Exercise
from grader.findings import Evidence, with_answers
from grader.measurement import Answer, Failure
from grader.verdict import CheckResult, Judgement, Result, Status
from grader.worker import Worker

ROOT = Path(__file__).resolve().parent.parent
SLUG = "rnn_unit"
SECRET = b"a secret for tests only, not for marks"
GRADIENTS = ("grad-x", "grad-h_prev", "grad-Wx", "grad-Wh", "grad-b")

UNIT = """\
import numpy as np

class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        z = {z}
        h = {h}
        self.cache = x, h_prev, z, h
        return h

    def backward(self, dh):
        Wx, Wh, b = self.params
        x, h_prev, z, h = self.cache
        dz = {dz}
        self.grads[0][...] = {dWx}
        self.grads[1][...] = {dWh}
        self.grads[2][...] = {db}
        return {dx}, {dh_prev}
"""
RIGHT = {
    "z": "x @ Wx + h_prev @ Wh + b",
    "h": "np.tanh(z)",
    "dz": "dh * (1 - h**2)",
    "dWx": "x.T @ dz",
    "dWh": "h_prev.T @ dz",
    "db": "dz.sum(axis=0)",
    "dx": "dz @ Wx.T",
    "dh_prev": "dz @ Wh.T",
}
SIGMOID = {"h": "1 / (1 + np.exp(-z))", "dz": "dh * h * (1 - h)"}
SCALED_TANH = {"h": "1.7 * np.tanh(z / 2)", "dz": "dh * 0.85 * (1 - (h / 1.7) ** 2)"}
NO_GRADIENT = {
    "dWx": "0.0",
    "dWh": "0.0",
    "db": "0.0",
    "dx": "np.zeros_like(x)",
    "dh_prev": "np.zeros_like(h)",
}


def unit(**parts: str) -> bytes:
    """A right unit but for some of its expressions."""
    return UNIT.format(**RIGHT | parts).encode()


class Bench:
    """Judges submissions, each only once."""

    def __init__(self, exercise: Exercise, worker: Worker) -> None:
        self.exercise = exercise
        self.worker = worker
        self.recogniser = known.recogniser_of(exercise)
        self._seen: dict[tuple[bytes, str], tuple[Evidence, Judgement]] = {}

    def run(self, source: bytes, student: str = "ada") -> tuple[Evidence, Judgement]:
        if (source, student) not in self._seen:
            self._seen[source, student] = self.run_again(source, student)
        return self._seen[source, student]

    def run_again(self, source: bytes, student: str = "ada") -> tuple[Evidence, Judgement]:
        bench = self.exercise.hidden_bench(SECRET, student)
        probe = self.exercise.probe.source
        with self.worker.open(probe, self.exercise.assignment.module, source) as session:
            found = judge.examine(session, self.exercise.assignment, bench)
        return found, self.conclude(found)

    def conclude(self, found: Evidence) -> Judgement:
        return judge.conclude(self.exercise.assignment, found, self.recogniser, "")

    def results(self, source: bytes, student: str = "ada") -> dict[str, CheckResult]:
        return {r.id: r for r in self.run(source, student)[1].checks}

    def lost(self, source: bytes, student: str = "ada") -> dict[str, str]:
        """The status of each check that did not pass."""
        results = self.results(source, student).items()
        return {i: r.status.value for i, r in results if r.status is not Status.PASSED}

    def row(self, source: bytes, student: str = "ada") -> Result:
        return score.score(student, self.exercise.assignment, self.run(source, student)[1])

    def gradient_statuses(self, source: bytes) -> set[Status]:
        results = self.results(source)
        return {results[g].status for g in GRADIENTS}


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    course = courses.load_course(ROOT)
    with Worker(course.limits) as worker:
        yield Bench(exercises.load(course, SLUG), worker)


# --- right, and not begun


def test_a_right_unit_gets_full_marks(bench):
    row = bench.row(unit())
    assert bench.lost(unit()) == {}
    assert (row.score, row.status, row.problem) == (row.max_score, "passed", "")


def test_results_are_in_the_order_of_the_rubric(bench):
    ids = [c.id for c in bench.exercise.assignment.checks]
    for source in (unit(), unit(**SIGMOID), b""):
        assert [r.id for r in bench.run(source)[1].checks] == ids


def test_the_numbers_of_a_right_gradient_are_both_reported(bench):
    for g in GRADIENTS:
        result = bench.results(unit())[g]
        assert result.error is not None
        assert result.error < 1e-12
        assert result.numeric is not None
        assert result.numeric < 1e-6


def test_a_stub_scores_zero_and_is_told_to_begin(bench):
    stub = (ROOT / "assignments" / SLUG / f"{SLUG}.py").read_bytes()
    row = bench.row(stub)
    assert row.score == 0
    assert {c.result.status for c in row.checks} == {Status.ERROR}
    assert (
        row.problem == "Nothing is implemented yet. Open rnn_unit.py and look for YOUR CODE HERE."
    )
    assert b"YOUR CODE HERE" in stub


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (b"", "rnn_unit.py does not define RNNUnit."),
        (b"def f(:\n", "Your file cannot be compiled (SyntaxError)."),
        (b"import torch\n", "Your file imports something that is not available here."),
        (b"1 / 0\n", "Your code raised ZeroDivisionError."),
    ],
)
def test_a_file_that_does_not_load_scores_zero_and_is_told_why_once(bench, source, problem):
    row = bench.row(source)
    assert row.score == 0
    assert row.problem.startswith(problem)


def test_a_process_that_ends_itself_gets_nothing(bench):
    row = bench.row(unit(z="__import__('os')._exit(0)"))
    assert row.score == 0
    assert {c.result.status for c in row.checks} <= {Status.ERROR, Status.SKIPPED}


@pytest.mark.parametrize("student", [f"student-{i}" for i in range(12)])
def test_float32_buffers_keep_full_marks_whatever_the_inputs(bench, student):
    source = ROOT / "solutions" / SLUG / "accepted" / "float32_buffers.py"
    assert bench.lost(source.read_bytes(), student) == {}


# --- mistakes in backward


def test_one_mistake_costs_its_own_check_and_is_named(bench):
    source = unit(db="dz.mean(axis=0)")
    assert bench.lost(source) == {"grad-b": "failed"}
    result = bench.results(source)["grad-b"]
    assert [m.name for d in result.diagnosis for m in d.mistakes] == ["db-mean"]
    assert result.hint == result.diagnosis[0].mistakes[0].hint


def test_two_independent_mistakes_are_both_named(bench):
    source = unit(db="dz.mean(axis=0)", dh_prev="dz @ Wh")
    assert bench.lost(source) == {"grad-b": "failed", "grad-h_prev": "failed"}
    names = {m.name for r in bench.run(source)[1].checks for d in r.diagnosis for m in d.mistakes}
    assert names == {"db-mean", "Wh-not-transposed"}


def test_what_nobody_knows_is_not_named_but_has_the_hint_of_its_check(bench):
    source = unit(dWx="x.T @ dz + 0.01")
    assert bench.lost(source) == {"grad-Wx": "failed"}
    result = bench.results(source)["grad-Wx"]
    check = next(c for c in bench.exercise.assignment.checks if c.id == "grad-Wx")
    assert (result.diagnosis, result.hint) == ((), check.hint)


@pytest.mark.parametrize("off", ["1.001 *", "0.05 +", "-1 *"])
def test_a_wrong_gradient_of_a_right_forward_earns_nothing(bench, off):
    assert bench.lost(unit(dWh=f"{off} (h_prev.T @ dz)")) == {"grad-Wh": "failed"}


@pytest.mark.parametrize("bad", ["np.nan * z", "np.inf * np.abs(z)", "z.tolist()", "z[0]", "None"])
def test_a_forward_without_numbers_earns_neither_value_nor_gradients(bench, bad):
    source = unit(h=bad, dz="dh")
    lost = bench.lost(source)
    assert {"forward-value", "forward-shape", *GRADIENTS} <= set(lost)
    assert Status.FOLLOW_THROUGH not in {r.status for r in bench.run(source)[1].checks}


# --- follow-through


def test_a_known_wrong_forward_costs_its_value_alone(bench):
    assert set(bench.lost(unit(**SIGMOID))) == {"forward-value", *GRADIENTS}
    row = bench.row(unit(**SIGMOID))
    value = next(c for c in row.checks if c.result.id == "forward-value")
    assert row.max_score - row.score == value.max_points
    assert all(c.result.known for c in row.checks if c.result.id in GRADIENTS)


def test_an_unknown_wrong_forward_earns_the_exercises_share(bench):
    row = bench.row(unit(**SCALED_TANH))
    for c in row.checks:
        if c.result.id in GRADIENTS:
            assert (c.result.status, c.result.known) == (Status.FOLLOW_THROUGH, False)
            assert c.points == c.max_points * bench.exercise.assignment.follow_through


@pytest.mark.parametrize("forward", [SIGMOID, SCALED_TANH], ids=["known", "unknown"])
def test_a_backward_that_fits_neither_forward_earns_nothing(bench, forward):
    source = unit(h=forward["h"], dz="dh * (1 - z**2)")
    assert bench.gradient_statuses(source) == {Status.FAILED}


def test_follow_through_is_judged_gradient_by_gradient(bench):
    results = bench.results(unit(**SIGMOID, dWh="dz.T @ h_prev", db="dz.mean(axis=0)"))
    followed = {g for g in GRADIENTS if results[g].status is Status.FOLLOW_THROUGH}
    assert followed == {"grad-x", "grad-h_prev", "grad-Wx"}


TOO_EASY = {
    "zeros": {"h": "np.zeros_like(h_prev)", **NO_GRADIENT},
    "a constant": {"h": "np.full_like(h_prev, 0.3)", **NO_GRADIENT},
    "x alone": {
        "h": "np.tile(x.sum(axis=1, keepdims=True), (1, h_prev.shape[1]))",
        **NO_GRADIENT,
        "dx": "np.tile(dh.sum(axis=1, keepdims=True), (1, x.shape[1]))",
    },
    "one column of Wx left out": {
        "z": "x @ (Wx * (np.arange(Wx.shape[1]) > 0)) + h_prev @ Wh + b",
        "h": SCALED_TANH["h"],
        "dz": SCALED_TANH["dz"],
        "dWx": "(x.T @ dz) * (np.arange(Wx.shape[1]) > 0)",
        "dx": "dz @ (Wx * (np.arange(Wx.shape[1]) > 0)).T",
    },
}


@pytest.mark.parametrize("parts", TOO_EASY.values(), ids=TOO_EASY)
def test_a_forward_that_leaves_something_out_earns_no_gradient(bench, parts):
    source = unit(**parts)
    assert bench.gradient_statuses(source) == {Status.FAILED}
    assert bench.results(source)["forward-value"].status is Status.FAILED


def test_made_up_numbers_earn_neither_value_nor_gradients(bench):
    ones = {
        "h": "np.ones_like(h_prev)",
        "dWx": "1.0",
        "dWh": "1.0",
        "db": "1.0",
        "dx": "np.ones_like(x)",
        "dh_prev": "np.ones_like(h)",
    }
    lost = bench.lost(unit(**ones))
    assert {"forward-value", *GRADIENTS} <= set(lost)


def test_a_forward_that_is_nearly_zero_does_not_make_every_small_gradient_right(bench):
    source = unit(h="1e-8 * np.tanh(z)", dz="1e-8 * dh")
    assert Status.FOLLOW_THROUGH not in bench.gradient_statuses(source)


@pytest.mark.filterwarnings("ignore:overflow")
def test_a_gradient_too_large_to_measure_earns_nothing(bench):
    large = {
        "h": SCALED_TANH["h"],
        "dWx": "1e200",
        "dWh": "1e200",
        "db": "1e200",
        "dx": "np.full_like(x, 1e200)",
        "dh_prev": "np.full_like(h, 1e200)",
    }
    assert Status.FOLLOW_THROUGH not in bench.gradient_statuses(unit(**large))


@pytest.mark.parametrize(
    ("dropped", "check"),
    [
        ({"z": "x @ Wx + h_prev @ Wh", "db": "0.0"}, "grad-b"),
        ({"z": "x @ Wx + b", "dWh": "0.0", "dh_prev": "np.zeros_like(h)"}, "grad-Wh"),
    ],
    ids=["bias", "old state"],
)
def test_a_gradient_never_filled_earns_nothing_even_if_its_input_is_dropped(bench, dropped, check):
    result = bench.results(unit(**dropped))[check]
    assert result.status is Status.FAILED


@pytest.mark.parametrize("student", ["ada", "student-8", "student-34", "student-39"])
def test_float32_weights_in_float64_arithmetic_follow_through_too(bench, student):
    source = unit(**SIGMOID).replace(
        b"self.params = [Wx, Wh, b]", b"self.params = [p.astype(np.float32) for p in (Wx, Wh, b)]"
    )
    source = source.replace(b"for p in self.params]", b"for p in (Wx, Wh, b)]")
    results = bench.results(source, student)
    assert {results[g].status for g in GRADIENTS} == {Status.FOLLOW_THROUGH}


PREDICTS = """\
import numpy as np

SEEN = {}
CASES = %d


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]

    def step(self, x, h, Wx, Wh, b):
        return np.sin(x @ Wx + h @ Wh + b)

    def forward(self, x, h):
        self.inputs = x, h
        return self.step(x, h, *self.params)

    def backward(self, dh):
        case = SEEN.setdefault(self.inputs[0].tobytes(), len(SEEN))
        arguments = [*self.inputs, *self.params]
        found = []
        for k, p in enumerate(arguments):
            v = np.random.default_rng([0, CASES * k + case, p.size]).standard_normal(p.shape)
            v /= np.linalg.norm(v)
            moved = list(arguments)
            moved[k] = p + 1e-30j * v
            found.append((dh * self.step(*moved)).sum().imag * 1e30 * v)
        for g, v in zip(self.grads, found[2:]):
            g[...] = v
        return found[0], found[1]
"""


def test_the_directions_cannot_be_foreseen(bench):
    """A multiple of the direction has the right slope along it, and is no gradient."""
    common = sum(c.regime == "common" for c in bench.exercise.cases)
    assert bench.gradient_statuses((PREDICTS % common).encode()) == {Status.FAILED}


# --- trying out inputs instead of differentiating

COMPLEX_STEPS = """\
        if Wx.size > 1000:
            {large}
        found = []
        for k, p in enumerate((x, h_prev, Wx, Wh, b)):
            g = np.zeros(p.shape)
            for i in np.ndindex(p.shape):
                a = [x, h_prev, Wx, Wh, b]
                a[k] = p.astype(complex)
                a[k][i] += 1e-30j
                g[i] = (dh * np.tanh(a[0] @ a[2] + a[1] @ a[3] + a[4])).sum().imag * 1e30
            found.append(g)
        self.grads[0][...], self.grads[1][...], self.grads[2][...] = found[2:]
        return found[0], found[1]
"""


@pytest.mark.parametrize(
    "large",
    [
        "self.grads[0][...] = 1.0; return np.ones_like(x), np.ones_like(h)",
        "raise MemoryError",
    ],
    ids=["made-up numbers", "an exception"],
)
def test_whoever_tries_out_inputs_cannot_step_aside_where_it_would_take_long(bench, large):
    head, _, _ = unit().decode().partition("        dz =")
    source = (head + COMPLEX_STEPS.format(large=large)).encode()
    assert {bench.results(source)[g].status for g in GRADIENTS} == {Status.FAILED}


def too_late(bench: Bench) -> Judgement:
    """The judgement on a right unit whose timed calls take too long."""
    found, _ = bench.run(unit())
    late = {
        (case, call): Answer(failure=Failure("timeout"))
        for case, call in found.bench.expected
        if case in found.bench.timed
    }
    measured = replace(found.measurement, answers=dict(found.measurement.answers) | late)
    return bench.conclude(with_answers(found, measured, late))


def test_a_timeout_withholds_the_checks_that_its_check_names(bench):
    results = {r.id: r for r in too_late(bench).checks}
    rubric = bench.exercise.assignment.checks
    withheld = {other for c in rubric for other in c.withholds}
    timed = {c.id for c in rubric if c.kind == "cost"}
    assert withheld
    for check, result in results.items():
        expected = Status.FAILED if check in withheld else Status.PASSED
        assert result.status is (Status.TIMEOUT if check in timed else expected)
    titles = {c.title for c in rubric if c.withholds}
    for check in withheld:
        assert results[check].reason in {f'Not counted: see "{title}".' for title in titles}


def test_a_slow_submission_is_told_of_the_mistakes_that_are_slow(bench):
    results = {r.id: r for r in too_late(bench).checks}
    slow = {m.name for m in bench.exercise.mistakes if m.slow}
    named = {m.name for d in results["cost"].diagnosis for m in d.mistakes}
    assert named
    assert named <= slow


# --- behaviour


def test_an_argument_that_is_overwritten_is_noticed(bench):
    assert "unmodified" in bench.lost(unit(dz="np.multiply(dh, 1 - h**2, out=dh)"))


def test_an_argument_that_is_nudged_is_noticed(bench):
    nudged = "np.multiply(dh, 1 + 1e-8, out=dh) * (1 - h**2)"
    assert bench.lost(unit(dz=nudged)) == {"unmodified": "failed"}


def test_what_is_printed_is_kept_and_changes_nothing(bench):
    source = b"print('hello')\n" + unit()
    _, judgement = bench.run(source)
    assert judgement.printed.startswith("hello")
    assert bench.lost(source) == {}


# --- a conclusion is a function of the evidence


SUBMISSIONS: dict[str, Callable[[], bytes]] = {
    "right": unit,
    "two mistakes": lambda: unit(db="dz.mean(axis=0)", dh_prev="dz @ Wh"),
    "sigmoid": lambda: unit(**SIGMOID),
    "scaled tanh": lambda: unit(**SCALED_TANH),
    "zeros": lambda: unit(**TOO_EASY["zeros"]),
    "NaN": lambda: unit(h="np.nan * z"),
    "raises": lambda: unit(dz="dh @ dh @ dh @ dh"),
}


@pytest.mark.parametrize("make", SUBMISSIONS.values(), ids=SUBMISSIONS)
def test_the_same_evidence_gives_the_same_judgement(bench, make):
    found, judgement = bench.run(make())
    assert bench.conclude(found) == judgement
    assert bench.conclude(found) == bench.conclude(found)


@pytest.mark.parametrize("make", SUBMISSIONS.values(), ids=SUBMISSIONS)
def test_judging_again_gives_the_same_judgement(bench, make):
    _, first = bench.run(make())
    _, second = bench.run_again(make())
    assert first == second


def test_two_students_get_different_inputs(bench):
    ada, bob = (bench.exercise.hidden_bench(SECRET, s) for s in ("ada", "bob"))
    for case in bench.exercise.cases:
        if case.id not in ada.timed:
            for name, x in ada.inputs[case.id].items():
                given = bob.inputs[case.id][name]
                assert x.shape == given.shape
                assert not x.any() or not np.array_equal(x, given)


@pytest.mark.parametrize("make", SUBMISSIONS.values(), ids=SUBMISSIONS)
def test_two_students_with_the_same_file_get_the_same_marks(bench, make):
    source = make()
    rows = [bench.row(source, student) for student in ("ada", "bob", "cleo")]
    marks = [[(c.result.id, c.result.status, c.points) for c in row.checks] for row in rows]
    assert marks[0] == marks[1] == marks[2]
    said = [[(c.result.reason, c.result.hint) for c in row.checks] for row in rows]
    assert said[0] == said[1] == said[2]


def test_students_with_a_rectifier_get_the_same_marks(bench):
    """Self-consistent and unknown; which of its units are on depends on the draw of inputs."""
    source = unit(h="np.maximum(z, 0)", dz="dh * (z > 0)")
    students = [f"student-{i}" for i in (0, 1, 2, 9, 11, 49)]
    assert len({bench.row(source, student).score for student in students}) == 1


@pytest.mark.parametrize("make", SUBMISSIONS.values(), ids=SUBMISSIONS)
def test_reasons_and_hints_hold_no_numbers(bench, make):
    """They are shown for hidden checks; a number could be an input."""
    for result in bench.run(make())[1].checks:
        for text in (result.reason, *(d.quantity for d in result.diagnosis)):
            assert not re.search(r"\d[.\d]", text)
