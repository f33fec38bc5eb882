"""Functions built on others: a loop over a unit is judged on the student's own unit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from course_kit import COURSE, Course

from grader import course as courses
from grader import exercise as exercises
from grader import judge, known, proofs
from grader.errors import ConfigError
from grader.exercise import Exercise
from grader.model import Part, Quantity
from grader.verdict import CheckResult, Status
from grader.worker import Worker

SECRET = b"a secret for tests only, not for marks"
RUBRIC = """\
schema: 1
slug: steps
title: A step and a loop over it
module: steps
requires: [Step, Loop]
public:
  - {id: public, sizes: {}}
checks:
  - {id: step, title: t, kind: matches, of: [forward.y], points: 50, hint: h}
  - {id: step-x, title: t, kind: gradient, input: x, points: 10, hint: h}
  - {id: step-w, title: t, kind: gradient, input: w, points: 10, hint: h}
  - id: loop
    title: t
    kind: matches
    of: [loop_forward.end]
    builds_on: [forward]
    points: 10
    hint: h
  - id: loop-start
    title: t
    kind: gradient
    part: loop
    input: start
    builds_on: [forward, backward]
    points: 10
    hint: h
  - id: loop-w
    title: t
    kind: gradient
    part: loop
    input: w
    builds_on: [forward, backward]
    points: 10
    hint: h
"""
PROBE = """\
import numpy as np


def inputs(rng, batch=3, size=4, steps=3):
    return {
        "x": rng.standard_normal((batch, size)),
        "w": rng.standard_normal((1, size)),
        "sign": rng.choice([-1, 1], size),
        "steps": np.array(steps),
        "dy": rng.standard_normal((batch, size)),
        "start": rng.standard_normal((batch, size)),
        "dend": rng.standard_normal((batch, size)),
    }


def forward(module, a):
    return {"y": module.Step(a["w"], a["sign"]).forward(a["x"])}


def backward(module, a):
    step = module.Step(a["w"], a["sign"])
    step.forward(a["x"])
    dx = step.backward(a["dy"])
    return {"x": dx, "w": step.dw}


def loop_forward(module, a):
    return {"end": module.Loop(a["w"], a["sign"]).forward(a["start"], int(a["steps"]))}


def loop_backward(module, a):
    loop = module.Loop(a["w"], a["sign"])
    loop.forward(a["start"], int(a["steps"]))
    dstart = loop.backward(a["dend"])
    return {"start": dstart, "w": loop.dw}


def parts(ask):
    class Step:
        def __init__(self, w, sign):
            self.given = {"w": w, "sign": sign}

        def forward(self, x):
            self.given["x"] = x
            return ask("forward", {**self.given, "dy": np.zeros_like(x)})["y"]

        def backward(self, dy):
            told = ask("backward", {**self.given, "dy": dy})
            self.dw = told["w"]
            return told["x"]

    return {"Step": Step}
"""
STEPS = """\
import numpy as np

class Step:
    def __init__(self, w, sign):
        self.w, self.sign = w, sign
    def forward(self, x):
        self.x = x
        self.y = {y}
        return self.y
    def backward(self, dy):
        w, x, y, sign = self.w, self.x, self.y, self.sign
        dz = {dz}
        self.dw = {dw}
        return {dx}

class Loop:
    def __init__(self, w, sign):
        self.w, self.sign = w, sign
    def forward(self, start, steps):
        self.units = [Step(self.w, self.sign) for _ in range(steps)]
        state = start
        for unit in self.units:
            state = unit.forward(state)
        return {end}
    def backward(self, dend):
        self.dw = np.zeros_like(self.w)
        d = dend
        for unit in reversed(self.units):
            d = unit.backward(d)
            self.dw {gather} unit.dw
        return d
"""
RIGHT = {
    "y": "np.tanh(x * self.sign * self.w)",
    "dz": "dy * (1 - y * y) * sign",
    "dw": "np.sum(dz * x, axis=0, keepdims=True)",
    "dx": "dz * w",
    "end": "state",
    "gather": "+=",
}
FUSED = """
class Loop(Loop):
    def forward(self, start, steps):
        self.states = [start]
        for _ in range(steps):
            self.states.append(np.tanh(self.states[-1] * self.sign * self.w))
        return self.states[-1]
    def backward(self, dend):
        d, self.dw = dend, np.zeros_like(self.w)
        for x, y in reversed(list(zip(self.states, self.states[1:]))):
            dz = d * (1 - y * y) * self.sign
            self.dw += np.sum(dz * x, axis=0, keepdims=True)
            d = dz * self.w
        return d
"""
UNIT_AND_LOOP = {"step", "step-x", "step-w"}, {"loop", "loop-start", "loop-w"}


def steps(after: str = "", **wrong: str) -> str:
    return STEPS.format(**RIGHT | wrong) + after


def kit(folder: Path) -> Course:
    """A course whose one exercise has two parts, and integers among its inputs."""
    made = Course(folder)
    made.edit(COURSE, "slug: affine", "slug: steps")
    body = steps().replace("class Loop", "### BEGIN SOLUTION\nclass Loop") + "### END SOLUTION\n"
    made.write("assignments/steps/assignment.yaml", RUBRIC)
    made.write("assignments/steps/probe.py", PROBE)
    made.write("solutions/steps/steps.py", "# %% [markdown]\n# # Steps\n\n# %%\n" + body)
    cases = (
        "schema: 1\ncases: [{id: a, sizes: {}}, {id: b, sizes: {batch: 2, size: 5, steps: 4}}]\n"
    )
    made.write("solutions/steps/hidden.yaml", cases)
    made.write(
        "solutions/steps/mistakes.yaml",
        "schema: 1\nmistakes:\n"
        "  - name: slope-not-squared\n"
        "    when: y stands for its square\n"
        "    edits: [{replace: 1 - y * y, with: 1 - y}]\n"
        "    loses: [step-x, step-w]\n"
        "    hint: What is the slope of tanh?\n"
        "  - name: upstream-ignored\n"
        "    when: dy is left out\n"
        "    edits: [{replace: dy * (1 - y * y), with: (1 - y * y)}]\n"
        "    loses: [step-x, step-w]\n"
        "    hint: Where does dy come in?\n",
    )
    return made


@pytest.fixture(scope="module")
def exercise(tmp_path_factory: pytest.TempPathFactory) -> Exercise:
    course = courses.load_course(kit(tmp_path_factory.mktemp("kit")).root)
    return exercises.load(course, "steps")


@pytest.fixture(scope="module")
def worker(exercise: Exercise) -> Iterator[Worker]:
    with Worker(exercise.assignment.limits) as worker:
        yield worker


@pytest.fixture
def judged(exercise: Exercise, worker: Worker):
    bench = exercise.hidden_bench(SECRET, "ada")
    recogniser = known.recogniser_of(exercise)

    def judged(source: str) -> dict[str, CheckResult]:
        text, e = source.encode(), exercise
        made = judge.judge(worker, text, e.probe.source, e.assignment, bench, recogniser)
        return {c.id: c for c in made.checks}

    return judged


def full(results: dict[str, CheckResult]) -> set[str]:
    """The checks that earn all their points."""
    return {i for i, r in results.items() if r.status is Status.PASSED or r.known}


def test_a_right_step_and_a_right_loop_pass(judged):
    assert {r.status for r in judged(steps()).values()} == {Status.PASSED}


WRONG_STEPS = {
    "a known mistake backwards": {"dz": "dy * (1 - y) * sign"},
    "an unknown one backwards": {"dz": "dy * (1 - y**3) * sign"},
    "one gradient of two": {"dw": "np.mean(dz * x, axis=0, keepdims=True)"},
    "a slope left out": {"dz": "dy * sign"},
    "forwards": {"y": "np.tanh(x * self.sign * self.w + 0.5)"},
    "forwards and backwards": {"y": "np.arctan(x * self.sign * self.w)", "dz": "dy * sign * y"},
}


@pytest.mark.parametrize("wrong", WRONG_STEPS.values(), ids=WRONG_STEPS)
def test_a_wrong_step_costs_a_right_loop_nothing(judged, wrong):
    results = judged(steps(**wrong))
    unit, loop = UNIT_AND_LOOP
    assert loop <= full(results)
    assert not unit <= full(results)
    told = {r.reason for i, r in results.items() if i in loop and r.status is not Status.PASSED}
    assert told
    assert all(r.startswith("Right for your own") or r.endswith("not right.") for r in told)


@pytest.mark.parametrize("wrong", WRONG_STEPS.values(), ids=WRONG_STEPS)
def test_a_loop_that_is_wrong_too_earns_nothing_by_a_wrong_step(judged, wrong):
    results = judged(steps(**wrong, gather="="))
    assert "loop-w" not in full(results)
    assert results["loop-w"].status is Status.FAILED


def test_a_wrong_loop_over_a_right_step_fails(judged):
    results = judged(steps(gather="="))
    assert full(results) == {*UNIT_AND_LOOP[0], "loop", "loop-start"}
    assert results["loop-w"].reason == "dw (loop) is not right."


def test_a_right_loop_that_does_not_use_its_wrong_step_passes(judged):
    results = judged(steps(FUSED, **WRONG_STEPS["an unknown one backwards"]))
    assert {results[i].status for i in UNIT_AND_LOOP[1]} == {Status.PASSED}


EMPTY = {
    "zeros backwards": {"dx": "0 * x", "dw": "0 * w"},
    "an upstream gradient that is ignored": {"dz": "2 * (1 - y * y) * sign"},
    "a state that is ignored": {"y": "np.tanh(np.ones_like(x) * self.sign * self.w)"},
    "a constant": {"y": "np.ones_like(x)", "dz": "np.zeros_like(y)"},
}


@pytest.mark.parametrize("empty", EMPTY.values(), ids=EMPTY)
def test_a_step_that_makes_the_loop_easy_earns_the_loop_nothing(judged, empty):
    results = judged(steps(**empty))
    assert not {"loop-start", "loop-w"} & full(results)


def test_a_known_mistake_is_no_trick_even_if_it_makes_the_loop_easy(judged):
    results = judged(steps(dz="(1 - y * y) * sign"))
    assert full(results) == {"step", *UNIT_AND_LOOP[1]}
    named = {m.name for d in results["step-x"].diagnosis for m in d.mistakes}
    assert named == {"upstream-ignored"}


USELESS = {
    "raises": "raise ValueError('no')",
    "returns another shape": "return dy[:1]",
    "returns nothing": "return None",
    "returns NaN": "self.dw = self.w; return dy * np.nan",
    "never ends when it is asked for the loop": "while len(dy) == 2: pass\n        return dy",
}


@pytest.mark.parametrize("body", USELESS.values(), ids=USELESS)
def test_a_step_of_no_use_gives_no_marks_and_no_traceback(judged, body):
    after = f"\nclass Step(Step):\n    def backward(self, dy):\n        {body}\n"
    results = judged(steps(after + FUSED.replace("d = dz", "d = 2 * dz")))
    assert not {"step-x", "loop-start"} & full(results)
    assert "loop" in full(results) or results["loop"].status is Status.TIMEOUT


def test_a_step_that_answers_the_reference_otherwise_than_its_loop_gains_nothing(judged):
    """It cannot know the loop's gradient, however it answers; here it counts its calls."""
    after = (
        "\ncalls = [0]\nclass Step(Step):\n    def backward(self, dy):\n"
        "        calls[0] += 1\n        return super().backward(dy * calls[0])\n"
    )
    assert not {"loop-start", "loop-w"} & full(judged(steps(after)))


def test_a_student_s_own_check_says_what_the_loop_waits_for(exercise, worker):
    """The kit has no reference to build anew."""
    e, bench = exercise, exercise.public_bench()
    recogniser = known.Recogniser(lambda found: {}, lambda check: ())
    source = steps(dz="dy * (1 - y)").encode()
    made = judge.judge(worker, source, e.probe.source, e.assignment, bench, recogniser)
    loop = next(c for c in made.checks if c.id == "loop-w")
    assert loop.status is Status.SKIPPED
    assert loop.reason == "Waits for backward, which is not right yet: dw (loop)."


def test_a_part_has_a_derivative_of_its_own(exercise):
    given = exercise.hidden_bench(SECRET, "ada").inputs["b"]
    answer = exercise.probe.call("loop_backward", exercise.reference, given)
    for name in ("start", "w"):
        slope = proofs.complex_step(exercise, given, Part("loop"), name)
        assert np.allclose(answer.arrays[name], slope, rtol=1e-13, atol=1e-15)


def test_integers_are_inputs_too(exercise):
    given = exercise.hidden_bench(SECRET, "ada").inputs["a"]
    assert given["sign"].dtype == np.int64
    assert exercise.assignment.parts == (Part(), Part("loop"))
    assert exercise.assignment.checks[-1].quantities == (Quantity("loop_backward", "w"),)


@pytest.mark.parametrize(
    ("path", "old", "new", "told"),
    [
        ("assignments/steps/probe.py", "def parts", "def pieces", "Add it."),
        (
            "assignments/steps/assignment.yaml",
            "id: step-x, title: t, kind: gradient, input: x",
            "id: step-x, title: t, kind: gradient, input: sign",
            "sign holds no float64 numbers, so it has no gradient.",
        ),
        (
            "assignments/steps/assignment.yaml",
            "part: loop\n    input: start",
            "part: lop\n    input: start",
            "lop_forward of the probe raises AttributeError",
        ),
        (
            "assignments/steps/assignment.yaml",
            "of: [loop_forward.end]\n    builds_on: [forward]",
            "of: [loop_forward.end]\n    builds_on: [forwards]",
            "forwards of the probe raises AttributeError",
        ),
    ],
)
def test_what_a_rubric_asks_of_a_probe_in_vain_is_told(tmp_path, path, old, new, told):
    made = kit(tmp_path).edit(path, old, new)
    with pytest.raises(ConfigError) as raised:
        exercises.load(courses.load_course(made.root), "steps")
    assert any(told in str(p) for p in raised.value.problems)
