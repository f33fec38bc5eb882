"""Reading a course: what no single file can know, and the files that are Python."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from course_kit import COURSE, HIDDEN, MISTAKES, PROBE, RUBRIC, SOURCE, Course, affine

from grader import model
from grader.errors import ConfigError, UsageError
from grader.places import find_course

SECRET = b"sixteen bytes at least"


def problems(course: Course) -> list[str]:
    """All that is said of the course, in the order it is said."""
    with pytest.raises(ConfigError) as error:
        course.exercise()
    assert str(error.value) == "\n".join(str(p) for p in error.value.problems)
    return [str(p) for p in error.value.problems]


def test_a_course_is_found_from_anywhere_inside_it(course: Course) -> None:
    root = course.root.resolve()
    for start in (course.root, course.path("assignments/affine"), course.path("solutions")):
        assert find_course(start) == root


def test_outside_of_a_course_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"No course\.yaml in .* Go into .* --course DIR\."):
        find_course(tmp_path)


def test_a_folder_named_course_yaml_is_no_course(tmp_path: Path) -> None:
    (tmp_path / "course.yaml").mkdir()
    with pytest.raises(UsageError):
        find_course(tmp_path)


def test_the_course_has_its_assignments_in_order(course: Course) -> None:
    rubric = course.path(RUBRIC).read_text()
    course.write("assignments/another/assignment.yaml", rubric)
    course.edit(COURSE, "  - slug: affine\n", "  - slug: another\n  - slug: affine\n")
    loaded = course.load()
    assert loaded.slugs == ("another", "affine")
    assert (loaded.id, loaded.title) == ("a-small-course", "A small course")
    assert loaded.limits == model.Limits(5.0, 512)


def test_limits_need_not_be_given(course: Course) -> None:
    course.edit(COURSE, "limits: {seconds: 5, memory_mb: 512}\n", "")
    assert course.load().limits == model.Limits() == model.Limits(10.0, 512)


WRONG_TOGETHER = [
    (
        COURSE,
        "  - slug: affine\n",
        "  - slug: affine\n  - slug: affine\n",
        "6:11: slug `affine` is taken by item 1. Choose another.",
    ),
    (
        COURSE,
        "  - slug: affine\n",
        "  - slug: affine\n  - slug: afine\n",
        "6:11: there is no assignments/afine/assignment.yaml. Add it or drop the slug.",
    ),
    (
        RUBRIC,
        "slug: affine",
        "slug: linear",
        "2:7: slug is `linear` but the folder is `affine`. Make them the same.",
    ),
    (
        RUBRIC,
        "points: 30",
        "points: 30.5",
        "11:3: the checks' points add up to 201/2. They must add up to 100.",
    ),
    (RUBRIC, "id: grad-b", "id: grad-x", "14:10: id `grad-x` is taken by item 2. Choose another."),
    (
        RUBRIC,
        "id: public-single",
        "id: public-typical",
        "9:10: id `public-typical` is taken by item 1. Choose another.",
    ),
    (
        RUBRIC,
        "{id: public-single, regime: single",
        "{id: public-single, regime: alone",
        "24:13: no public case has regime `single`. Add one, or use: alone, common.",
    ),
    (
        RUBRIC,
        "    points: 15/2\n",
        "    points: 15/2\n  - {id: c, title: T, kind: cost, regime: single, points: 0,\n"
        "     withholds: [grad-x, grad-y]}\n",
        "28:26: there is no check `grad-y`. "
        "Allowed: forward-value, grad-x, grad-W, grad-b, unmodified, one-row, c.",
    ),
    (HIDDEN, "id: square", "id: typical", "4:10: id `typical` is taken by item 1. Choose another."),
    (
        HIDDEN,
        "id: square",
        "id: public-single",
        "4:10: `public-single` is the id of a public case. Choose another.",
    ),
    (
        HIDDEN,
        "regime: single, ",
        "",
        "3:3: no case has regime `single`, which check `one-row` looks at. Add one.",
    ),
    (
        MISTAKES,
        "name: weights-averaged",
        "name: bias-omitted",
        "9:11: name `bias-omitted` is taken by item 1. Choose another.",
    ),
    (
        MISTAKES,
        "[forward-value]",
        "[forward-value, foward]",
        "7:28: there is no check `foward`. "
        "Allowed: forward-value, grad-x, grad-W, grad-b, unmodified, one-row.",
    ),
    (
        MISTAKES,
        "replace: x @ W + b,",
        "replace: x @ W - b,",
        "3:5: bias-omitted: `x @ W - b` stands nowhere in the source as quoted. "
        "Quote it to the letter, with its line breaks and indentation.",
    ),
    (
        MISTAKES,
        "replace: x.T @ dy, with: x.T @ dy / len(x)",
        'replace: dy, with: "0"',
        "9:5: weights-averaged: `dy` stands 5 times in the source, in lines 19, 20, 22, 23, 24. "
        "Quote more around the one you mean.",
    ),
    (
        MISTAKES,
        "with: x.T @ dy / len(x)",
        'with: "x.T @ dy / len(x"',
        "9:5: weights-averaged: The edited source is not Python: '(' was never closed in line 23 "
        "of it. Mend what the edit puts in.",
    ),
]


@pytest.mark.parametrize(
    ("path", "old", "new", "want"), WRONG_TOGETHER, ids=[w[3] for w in WRONG_TOGETHER]
)
def test_what_does_not_fit_together_has_its_place(
    course: Course, path: str, old: str, new: str, want: str
) -> None:
    assert problems(course.edit(path, old, new)) == [f"{path}:{want}"]


def test_all_that_does_not_fit_together_is_told_at_once(course: Course) -> None:
    course.edit(RUBRIC, "slug: affine", "slug: linear")
    course.edit(RUBRIC, "id: grad-b", "id: grad-x")
    course.edit(RUBRIC, "points: 30", "points: 31")
    course.edit(RUBRIC, "{id: public-single, regime: single", "{id: public-single, regime: alone")
    places = [problem.split(": ")[0] for problem in problems(course)]
    assert places == [f"{RUBRIC}:{place}" for place in ("2:7", "11:3", "14:10", "24:13")]


def test_every_mistake_that_does_not_fit_the_source_is_told_at_once(course: Course) -> None:
    course.edit(SOURCE, "return x @ W + b", "return b + x @ W")
    course.edit(SOURCE, "db = np.sum(dy, axis=0)", "db = dy.sum(axis=0)")
    told = problems(course)
    assert [p.split(": ")[0] for p in told] == [f"{MISTAKES}:{n}:5" for n in (3, 15, 21, 29, 35)]
    names = ("bias-omitted", "bias-averaged", "upstream-negated", "sum-in-place", "row-squeezed")
    assert [p.split(": ")[1] for p in told] == list(names)


def test_points_may_be_thirds(course: Course) -> None:
    """Which no sum of floats brings to exactly 100."""
    for old in ("points: 20}\n  - {id: grad-x", "points: 15}"):
        course.edit(RUBRIC, old, old.replace("20", "50/3").replace("15", "55/3"))
    assert course.assignment().points == 100


# Python files of the author


PYTHON = [
    (PROBE, None, ": the file cannot be read (No such file or directory). Add it, or mend its"),
    (PROBE, b"\xff", ": byte 0 is not UTF-8. Save the file as UTF-8."),
    (PROBE, b"def inputs(rng:\n", ":1:11: '(' was never closed. Mend the file."),
    (
        PROBE,
        b"import no_such_module\n",
        ": it does not run: ModuleNotFoundError: No module named 'no_such_module'. Mend the file.",
    ),
    (
        PROBE,
        b"def forward(module, a): ...\n",
        ": inputs is not defined. A probe defines it: the named arguments of one case.",
    ),
    (SOURCE, None, ": the file cannot be read (No such file or directory). Add it, or mend its"),
    (SOURCE, b"\xff", ": byte 0 is not UTF-8. Save the file as UTF-8."),
    (SOURCE, b"x = 1\ndef f(:\n", ":2:7: invalid syntax. Mend the file."),
    (SOURCE, b"1 / 0\n", ": it does not run: ZeroDivisionError: division by zero. Mend the file."),
]


@pytest.mark.parametrize(("path", "text", "want"), PYTHON, ids=[f"{p}{w}" for p, _, w in PYTHON])
def test_a_python_file_that_does_not_run_is_told(
    course: Course, path: str, text: bytes | None, want: str
) -> None:
    if text is None:
        course.remove(path)
    else:
        course.write(path, text)
    (got,) = problems(course)
    assert got.startswith(f"{path}{want}")


UNKNOWN = [
    (
        HIDDEN,
        "outputs: 2}",
        "outptus: 2}",
        "case single: probe.inputs raises TypeError: inputs() got an unexpected keyword argument "
        "'outptus'. Mend the case's sizes or the probe.",
    ),
    (
        RUBRIC,
        "batch: 1}",
        "batch: -1}",
        "case public-single: probe.inputs raises ValueError: negative dimensions are not allowed. "
        "Mend the case's sizes or the probe.",
    ),
    (
        RUBRIC,
        "of: [forward.y], points",
        "of: [forwards.y], points",
        "check forward-value: forwards of the probe raises AttributeError over the reference: "
        "module 'probe' has no attribute 'forwards'. Mend the probe, the reference or the name.",
    ),
    (
        RUBRIC,
        "of: [forward.y], points",
        "of: [forward.z], points",
        "check forward-value: there is no forward.z. forward returns y.",
    ),
    (
        RUBRIC,
        "of: [forward.y, backward]",
        "of: [forward.y, backward.w]",
        "check one-row: there is no backward.w. backward returns x, W, b.",
    ),
    (
        RUBRIC,
        "input: x",
        "input: dy",
        "check grad-x: there is no backward.dy. backward returns x, W, b.",
    ),
    (
        PROBE,
        '"x": dx, ',
        "",
        "check grad-x: there is no backward.x. backward returns W, b.",
    ),
]


@pytest.mark.parametrize(("path", "old", "new", "want"), UNKNOWN, ids=[u[3] for u in UNKNOWN])
def test_what_the_probe_does_not_know_is_told(
    course: Course, path: str, old: str, new: str, want: str
) -> None:
    (got,) = problems(course.edit(path, old, new))
    assert got == f"{HIDDEN if path == HIDDEN else RUBRIC}: {want}"


def test_an_input_that_has_no_gradient_upstream_is_told(course: Course) -> None:
    course.write(PROBE, course.path(PROBE).read_text().replace('"dy"', '"upstream"'))
    assert "probe.inputs gives no dy. It gives x, W, b, upstream." in "".join(problems(course))


@pytest.mark.parametrize(
    "check",
    ["kind: same, of: [forward.y], as: backward", "kind: unchanged, of: [forward.y]"],
    ids=["no-such-output-to-be-the-same-as", "no-such-input-to-be-unchanged"],
)
def test_a_comparison_with_nothing_is_told(course: Course, check: str) -> None:
    course.edit(
        RUBRIC,
        "    points: 15/2\n",
        f"    points: 15/2\n  - {{id: another, title: T, points: 0, {check}}}\n",
    )
    (got,) = problems(course)
    assert got.startswith(f"{RUBRIC}: check another: ")


# The exercise


def test_public_inputs_are_the_same_for_all(course: Course) -> None:
    first, second = (course.exercise().public_bench() for _ in range(2))
    assert list(first.inputs) == ["public-typical", "public-single"]
    for case, given in first.inputs.items():
        assert all(np.array_equal(given[name], second.inputs[case][name]) for name in given)


def test_an_exercise_has_its_bench(course: Course) -> None:
    exercise = course.exercise()
    bench = exercise.hidden_bench(SECRET, "ada")
    assert list(bench.inputs) == ["typical", "square", "single"]
    assert bench.cases["single"].regime == "single"
    a = bench.inputs["typical"]
    assert {k: v.shape for k, v in a.items()} == {"x": (5, 3), "W": (3, 4), "b": (4,), "dy": (5, 4)}
    assert np.array_equal(
        bench.expected["typical", "forward"].arrays["y"], a["x"] @ a["W"] + a["b"]
    )
    assert np.array_equal(bench.expected["typical", "backward"].arrays["W"], a["x"].T @ a["dy"])
    for answer in bench.expected.values():
        assert answer.failure is None
        assert not answer.returned


def test_a_probe_that_writes_into_its_inputs_spoils_no_other_call(course: Course) -> None:
    course.edit(PROBE, "    dx, dW, db", '    a["x"] *= 0\n    dx, dW, db')
    bench = course.exercise().hidden_bench(SECRET, "ada")
    assert all(a.any() for given in bench.inputs.values() for a in given.values())
    assert bench.expected["typical", "forward"].arrays["y"].any()


def test_every_mistake_makes_a_module_that_answers_differently(course: Course) -> None:
    exercise = course.exercise()
    bench = exercise.hidden_bench(SECRET, "ada")
    for name, module in exercise.wrong.items():
        got = exercise.probe.answers(module, bench.inputs, bench.expected)
        same = all(
            np.array_equal(array, got[key].arrays[y])
            for key, want in bench.expected.items()
            for y, array in want.arrays.items()
        )
        assert not same, name


def test_submissions_are_written_where_the_plain_layout_has_them(course: Course) -> None:
    course.submit("ada", affine(y="x @ W")).submit("bob", b"\xff")
    files = [p for p in course.handed_in.rglob("*") if p.is_file()]
    assert sorted(str(p.relative_to(course.handed_in)) for p in files) == [
        "ada/affine/affine.py",
        "bob/affine/affine.py",
    ]
