"""What course files may say: each thing that is wrong has its file, line, column and sentence."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from course_kit import COURSE, FILES, HIDDEN, MISTAKES, RUBRIC, SLUG, Course
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import course as courses
from grader import model
from grader.errors import ConfigError
from grader.model import Quantity

PATHS = (COURSE, RUBRIC, HIDDEN, MISTAKES)


def loader(course: Course, path: str) -> Callable[[], object]:
    """What loads `path`. The files it depends on are loaded now, before anything is changed."""
    if path == COURSE:
        return course.load
    loaded = course.load()
    if path == RUBRIC:
        return lambda: courses.load_assignment(loaded, SLUG)
    assignment = courses.load_assignment(loaded, SLUG)
    load = courses.load_hidden if path == HIDDEN else courses.load_mistakes
    return lambda: load(loaded, assignment)


def problems(path: str, load: Callable[[], object]) -> list[str]:
    """What is wrong with `path`, each problem as "line:column message"."""
    with pytest.raises(ConfigError) as error:
        load()
    assert {p.file for p in error.value.problems} == {Path(path)}
    return [f"{p.line}:{p.column} {p.message}" for p in error.value.problems]


def edited(course: Course, path: str, old: str, new: str) -> list[str]:
    """What is wrong with `path` once `new` stands for `old` in it."""
    return problems(path, loader(course.edit(path, old, new), path))


def test_the_course_of_these_tests_is_right(course: Course) -> None:
    for path in PATHS:
        loader(course, path)()
    assert course.exercise().reference


ONE_WRONG = [
    # course.yaml
    (COURSE, "schema: 1", "schema: 2", "1:9 schema: 2 is not allowed: 1 is allowed."),
    (COURSE, "schema: 1", "schema: '1'", "1:9 schema: '1' is not allowed: 1 is allowed."),
    (
        COURSE,
        "id: a-small-course",
        "id: A Course",
        "2:5 id: 'A Course' is not allowed. It must match ^[a-z0-9][a-z0-9-]*$.",
    ),
    (COURSE, "title: A small course\n", "", "1:1 title: this key is missing. Add it."),
    (
        COURSE,
        "title: A small course",
        "title: 3",
        "3:8 title: 3 is not allowed. Input should be a valid string.",
    ),
    (
        COURSE,
        "title: A small course",
        'title: "a\\nb"',
        "3:8 title: 'a\\nb' is not allowed: one line is allowed.",
    ),
    (
        COURSE,
        "title:",
        "titel: x\ntitle:",
        "3:1 titel: there is no such key. Did you mean `title`? "
        "Allowed: assignments, attempts, id, late, limits, schema, timezone, title.",
    ),
    (
        COURSE,
        "  - slug: affine",
        "  - slug: ../affine",
        "5:11 assignments.1.slug: '../affine' is not allowed. It must match ^[a-z][a-z0-9_]*$.",
    ),
    (
        COURSE,
        "  - slug: affine",
        "  - slug: affine\n    rate: 3",
        "6:5 assignments.1.rate: there is no such key. Did you mean `late`? "
        "Allowed: due, late, slug, weight.",
    ),
    (
        COURSE,
        "  - slug: affine",
        "  - affine",
        "5:5 assignments.1: 'affine' is not allowed. "
        "Input should be a valid dictionary or instance of AssignmentRef.",
    ),
    (
        COURSE,
        "seconds: 5",
        "seconds: 0",
        "6:19 limits.seconds: 0 is not allowed. Input should be greater than 0.",
    ),
    (
        COURSE,
        "seconds: 5",
        "seconds: .nan",
        "6:19 limits.seconds: nan is not allowed. Input should be less than or equal to 600.",
    ),
    (
        COURSE,
        "seconds: 5",
        "seconds: '5'",
        "6:19 limits.seconds: '5' is not allowed. Input should be a valid number.",
    ),
    (
        COURSE,
        "memory_mb: 512",
        "memory_mb: 100",
        "6:33 limits.memory_mb: 100 is not allowed. Input should be greater than or equal to 128.",
    ),
    (
        COURSE,
        "memory_mb: 512",
        "memory: 512",
        "6:22 limits.memory: there is no such key. Did you mean `memory_mb`? "
        "Allowed: memory_mb, seconds.",
    ),
    # assignment.yaml
    (
        RUBRIC,
        "module: affine",
        "module: affine.py",
        "4:9 module: 'affine.py' is not allowed. It must match ^[A-Za-z_][A-Za-z0-9_]*$.",
    ),
    (
        RUBRIC,
        "[forward, backward]",
        "[forward, the backward]",
        "5:21 requires.2: 'the backward' is not allowed. It must match ^[A-Za-z_][A-Za-z0-9_]*$.",
    ),
    (
        RUBRIC,
        "follow_through: 1/2",
        "follow_through: 3/2",
        "6:17 follow_through: '3/2' is not allowed. Input should be less than or equal to 1.",
    ),
    (
        RUBRIC,
        "{id: public-single, regime",
        "{id: public single, regime",
        "9:10 public.2.id: 'public single' is not allowed. "
        "It must match ^[A-Za-z0-9][A-Za-z0-9_.-]*$.",
    ),
    (
        RUBRIC,
        "sizes: {batch: 1}}",
        "size: {batch: 1}}",
        "9:5 public.2.sizes: this key is missing. Add it.|"
        "9:41 public.2.size: there is no such key. Did you mean `sizes`? "
        "Allowed: id, regime, sizes, why.",
    ),
    (
        RUBRIC,
        "kind: matches",
        "kind: equals",
        "11:5 checks.1: 'equals' is no such kind. Allowed: 'matches', 'shaped', 'unchanged', "
        "'gradient', 'same', 'cost', 'manual'.",
    ),
    (
        RUBRIC,
        "kind: matches, ",
        "",
        "11:5 checks.1: this check has no kind. Add `kind: matches`, `gradient`, ...",
    ),
    (
        RUBRIC,
        "kind: matches, of: [forward.y]",
        "kind: same, of: [forward.y]",
        "11:5 checks.1.as: this key is missing. Add it.",
    ),
    (
        RUBRIC,
        "input: x",
        "input: x, of: [forward.y]",
        "12:70 checks.2.of: there is no such key. "
        "Allowed: builds_on, hint, id, input, kind, part, points, regime, title.",
    ),
    (
        RUBRIC,
        "[forward.y], points: 20",
        "[forward.y.z], points: 20",
        '11:69 checks.1.of.1: \'forward.y.z\' is not allowed: "function" or "function.output" '
        "is allowed, such as forward.h_next.",
    ),
    (
        RUBRIC,
        "[forward.y], points: 20",
        "[], points: 20",
        "11:68 checks.1.of: [] is not allowed. "
        "List should have at least 1 item after validation, not 0.",
    ),
    (
        RUBRIC,
        "points: 7.5",
        "points: seven",
        "19:13 checks.5.points: 'seven' is not allowed: a number such as 5, 2.5 or 1/2 is allowed.",
    ),
    (
        RUBRIC,
        "    hint: Which of your lines writes into an array that you were given?\n",
        "    hnit: Which?\n",
        "20:5 checks.5.hnit: there is no such key. Did you mean `hint`? "
        "Allowed: hint, id, kind, most, of, points, regime, title.",
    ),
    (
        RUBRIC,
        "    points: 15/2\n",
        "    points: 15/2\n"
        "  - {id: c, title: T, kind: cost, points: 0, seconds: 99, regime: single}\n",
        "27:55 checks.7.seconds: 99 is not allowed. Input should be less than or equal to 60.",
    ),
    (
        RUBRIC,
        "    points: 15/2\n",
        "    points: 15/2\n  - {id: c, title: T, kind: cost, points: 0}\n",
        "27:5 checks.7.regime: this key is missing. Add it.",
    ),
    (
        RUBRIC,
        "    points: 15/2\n",
        "    points: 15/2\n  - {id: m, title: T, kind: manual, points: 0, regime: single}\n",
        "27:48 checks.7.regime: there is no such key. Allowed: hint, id, kind, points, title.",
    ),
    # hidden.yaml
    (
        HIDDEN,
        "why: One row.",
        "because: One row.",
        "5:34 cases.3.because: there is no such key. Allowed: id, regime, sizes, why.",
    ),
    (
        HIDDEN,
        "{batch: 4, features: 4, outputs: 4}",
        "[4, 4, 4]",
        "4:48 cases.2.sizes: [4, 4, 4] is not allowed. Input should be a valid dictionary.",
    ),
    # mistakes.yaml
    (
        MISTAKES,
        "{replace: x @ W + b, with: x @ W}",
        "{replace: x @ W + b, by: x @ W}",
        "6:9 mistakes.1.edits.1.with: this key is missing. Add it.|"
        "6:30 mistakes.1.edits.1.by: there is no such key. Allowed: replace, with.",
    ),
    (
        MISTAKES,
        "{replace: x @ W + b, with: x @ W}",
        "{replace: x @ W + b, with: x @ W + b}",
        "6:9 mistakes.1.edits.1: {'replace': 'x @ W + b', 'with': 'x @ W + b'} is not allowed: "
        "`with` must differ from `replace`.",
    ),
    (
        MISTAKES,
        "    loses: [forward-value]\n",
        "",
        "3:5 mistakes.1.loses: this key is missing. Add it.",
    ),
    (
        MISTAKES,
        "loses: [forward-value]",
        "loses: forward-value",
        "7:12 mistakes.1.loses: 'forward-value' is not allowed. Input should be a valid list.",
    ),
    (
        MISTAKES,
        "name: row-squeezed",
        "name: row squeezed",
        "35:11 mistakes.6.name: 'row squeezed' is not allowed. "
        "It must match ^[A-Za-z0-9][A-Za-z0-9_.-]*$.",
    ),
    (
        MISTAKES,
        "    hint: Count the terms of the formula.\n",
        "    hint: Count the terms of the formula.\n    slow: yes\n",
        "9:11 mistakes.1.slow: 'yes' is not allowed. Input should be a valid boolean.",
    ),
]


@pytest.mark.parametrize(("path", "old", "new", "want"), ONE_WRONG, ids=[w[3] for w in ONE_WRONG])
def test_a_wrong_line_has_its_place_and_says_what_is_allowed(
    course: Course, path: str, old: str, new: str, want: str
) -> None:
    assert edited(course, path, old, new) == want.split("|")


def test_everything_that_is_wrong_with_a_file_is_told_at_once(course: Course) -> None:
    course.edit(RUBRIC, "schema: 1", "schema: 3")
    course.edit(RUBRIC, "title: An affine map\n", "")
    course.edit(RUBRIC, "{batch: 3,", "{batch: ~,")
    course.edit(RUBRIC, "kind: matches", "kind: equals")
    course.edit(RUBRIC, "input: W", "inputs: W")
    course.edit(RUBRIC, "points: 7.5", "points: -7.5")
    got = problems(RUBRIC, loader(course, RUBRIC))
    places = [line.split()[0] for line in got]
    assert list(dict.fromkeys(places)) == ["1:1", "1:9", "7:41", "10:5", "12:5", "12:60", "18:13"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("text", ["", "3", "[]", "text", "- schema: 1", "~"])
def test_a_file_that_is_no_mapping_is_told_so(course: Course, path: str, text: str) -> None:
    load = loader(course, path)
    course.write(path, text)
    (got,) = problems(path, load)
    assert got.startswith("1:1 the file: ")
    assert "is not allowed. Input should be a valid dictionary" in got


@pytest.mark.parametrize("path", PATHS)
def test_a_file_that_is_missing_is_told_so(course: Course, path: str) -> None:
    load = loader(course, path)
    course.remove(path)
    (got,) = problems(path, load)
    assert got == "0:0 The file is missing. Create it, or take it off the list."


@pytest.mark.parametrize("path", PATHS)
def test_a_file_that_is_no_yaml_is_told_so(course: Course, path: str) -> None:
    load = loader(course, path)
    course.write(path, "schema: 1\n\tid: x\n")
    (got,) = problems(path, load)
    assert got.startswith("2:1 This is not YAML: ")


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("7", Fraction(7)),
        ("7.5", Fraction(15, 2)),
        ("'7.5'", Fraction(15, 2)),
        ("15/2", Fraction(15, 2)),
        ("0.1", Fraction(1, 10)),
        ("2.5/5", Fraction(1, 2)),
        ("0", Fraction(0)),
        ("100.0", Fraction(100)),
    ],
)
def test_points_are_exact(course: Course, text: str, points: Fraction) -> None:
    checks = "".join(
        f"  - {{id: {name}, title: T, kind: manual, points: {value}}}\n"
        for name, value in (("first", text), ("rest", 100 - points))
    )
    rubric = FILES[RUBRIC].partition("checks:\n")
    course.write(RUBRIC, f"{rubric[0]}checks:\n{checks}")
    assert [c.points for c in course.assignment().checks] == [points, 100 - points]


@pytest.mark.parametrize(
    "text",
    ["-1", "1/0", "1/", "/2", "1e2x", "1e-7", ".inf", ".nan", "true", "~", "[1]", "1 2", "1/-2"],
)
def test_points_that_are_no_plain_number_are_refused(course: Course, text: str) -> None:
    (got,) = edited(course, RUBRIC, "points: 7.5", f"points: {text}")
    assert got.startswith("19:13 checks.5.points: ")
    assert got.endswith("is not allowed: a number such as 5, 2.5 or 1/2 is allowed.")


def test_what_is_read_is_what_was_written(course: Course) -> None:
    got = course.assignment()
    assert (got.slug, got.module, got.requires) == ("affine", "affine", ("forward", "backward"))
    assert (got.follow_through, got.points) == (Fraction(1, 2), Fraction(100))
    assert got.limits == model.Limits(5.0, 512)
    assert [c.id for c in got.checks][-2:] == ["unmodified", "one-row"]
    assert got.checks[1].input == "x"
    assert got.checks[5].of == (Quantity("forward", "y"), Quantity("backward"))
    assert got.checks[5].regime == "single"
    assert got.public[1] == model.Case("public-single", {"batch": 1}, "single")
    assert course.mistakes()[3].edits[0] == ("dx = dy @ W.T", "dx = -dy @ W.T")
    assert course.hidden()[0].why == "Three different sizes."


def test_every_field_of_a_check_arrives(course: Course) -> None:
    course.edit(
        RUBRIC,
        "    points: 15/2\n",
        "    points: 15/2\n"
        "  - {id: s, title: T, kind: same, of: [forward.y], as: backward, points: 0}\n"
        "  - {id: m, title: T, kind: manual, points: 0, hint: ' two\n\n      lines '}\n"
        "  - id: c\n    title: T\n    kind: cost\n    points: 0\n    regime: single\n"
        "    call: forward\n    seconds: 1\n    ratio: 50\n    withholds: [grad-x, m]\n",
    )
    same, manual, cost = course.assignment().checks[6:]
    assert (same.kind, same.same_as) == ("same", "backward")
    assert (manual.kind, manual.hint, manual.regime) == ("manual", "two\nlines", "common")
    assert (cost.call, cost.seconds, cost.ratio) == ("forward", 1.0, 50.0)
    assert cost.withholds == ("grad-x", "m")


@pytest.mark.parametrize("key", ["manual", "cost", "same", "float", "int"])
def test_an_unknown_key_that_is_named_like_a_kind_is_told_so(course: Course, key: str) -> None:
    (got,) = edited(course, COURSE, "title:", f"{key}: true\ntitle:")
    assert got.startswith(f"3:1 {key}: there is no such key. ")
    assert "Allowed: assignments, attempts, id" in got


def test_an_unknown_key_of_a_check_that_is_named_like_a_kind_has_its_place(course: Course) -> None:
    new = "    points: 7.5\n    matches: 1\n"
    (got,) = edited(course, RUBRIC, "    points: 7.5\n", new)
    assert got.startswith("20:5 checks.5.matches: there is no such key.")


@pytest.mark.parametrize("value", ["[3]", "~", "{a: 1}"])
def test_a_size_of_a_wrong_type_is_one_problem(course: Course, value: str) -> None:
    (got,) = edited(course, RUBRIC, "{batch: 3,", f"{{batch: {value},")
    assert got.startswith("8:41 public.1.sizes.batch: ")
    assert got.endswith("is not allowed: a number, a text, true or false is allowed.")


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (COURSE, "title: A small course", "title: '   '"),
        (MISTAKES, "when: the bias is left out", "when: '  '"),
        (MISTAKES, "hint: Count the terms of the formula.", "hint: '  '"),
    ],
)
def test_a_text_of_blanks_is_no_text(course: Course, path: str, old: str, new: str) -> None:
    (got,) = edited(course, path, old, new)
    assert got.endswith(": this is empty. Fill it in.")


@pytest.mark.parametrize("value", ["true", "1.0"])
def test_the_schema_is_the_number_one(course: Course, value: str) -> None:
    assert edited(course, COURSE, "schema: 1", f"schema: {value}")


@pytest.mark.parametrize("key", ["1", "true", "1e-6"])
def test_a_key_that_is_no_text_has_its_place(course: Course, key: str) -> None:
    (got,) = edited(course, COURSE, "title:", f"{key}: x\ntitle:")
    assert got == "3:1 This key is not a text. Write a name."


# Mutants of a right file

KEYS = ["schema", "id", "slug", "title", "points", "kind", "of", "regime", "sizes", "x", "wh y", ""]
VALUES: list[object] = [None, True, 0, -1, 3, 2.5, float("inf"), float("nan"), 10**30, "", "x"]
VALUES += ["cost", "1/0", "a\nb", "\x00", "‮", [], [[]], ["x"], {}, {"x": 1}, {"kind": "same"}]


def spots(data: object, loc: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    """The places of all values below the whole."""
    inside = data.items() if isinstance(data, dict) else enumerate(data)  # type: ignore[arg-type]
    for step, value in inside:
        yield (*loc, step)
        if isinstance(value, dict | list):
            yield from spots(value, (*loc, step))


@st.composite
def mutants(draw: st.DrawFn, path: str) -> object:
    """The data of `path` with up to three keys or items deleted, added, renamed or mistyped."""
    data = copy.deepcopy(yaml.safe_load(FILES[path]))
    for _ in range(draw(st.integers(1, 3))):
        places = list(spots(data))
        if not places:
            break
        *way, last = draw(st.sampled_from(places))
        parent = data
        for step in way:
            parent = parent[step]
        match draw(st.sampled_from(["delete", "mistype", "rename", "add", "copy"])):
            case "delete":
                del parent[last]
            case "mistype":
                parent[last] = copy.deepcopy(draw(st.sampled_from(VALUES)))
            case "rename" if isinstance(parent, dict):
                parent[draw(st.sampled_from(KEYS))] = parent.pop(last)
            case "add" if isinstance(parent, dict):
                parent[draw(st.sampled_from(KEYS))] = copy.deepcopy(draw(st.sampled_from(VALUES)))
            case "copy" if isinstance(parent, list):
                parent.append(copy.deepcopy(parent[last]))
    return data


@pytest.mark.parametrize("path", PATHS)
def test_no_mutant_of_a_right_file_gives_a_traceback(course: Course, path: str) -> None:
    load = loader(course, path)
    refused: list[ConfigError] = []

    @given(mutants(path))
    @settings(max_examples=120)
    def mutate(data: object) -> None:
        course.write(path, yaml.safe_dump(data, allow_unicode=True, sort_keys=False))
        try:
            load()
        except ConfigError as e:
            refused.append(e)
            for problem in e.problems:
                assert problem.file == Path(path)
                assert problem.line >= 1, "a place is known"
                assert problem.message.endswith((".", "...")), problem.message
                assert str(problem).startswith(f"{path}:{problem.line}:{problem.column}: ")

    mutate()
    assert len(refused) > 60, "most mutants are wrong"


LINES = st.integers(0, 60)


@pytest.mark.parametrize("path", PATHS)
def test_no_cut_of_a_right_file_gives_a_traceback(course: Course, path: str) -> None:
    """Lines lost, doubled and swapped, as by a merge gone wrong: the text, not its data."""

    load = loader(course, path)
    refused: list[ConfigError] = []

    @given(st.lists(st.tuples(LINES, LINES), min_size=1, max_size=3))
    @settings(max_examples=60)
    def cut(cuts: list[tuple[int, int]]) -> None:
        lines = FILES[path].splitlines(keepends=True)
        for i, j in cuts:
            if i % 2:
                lines.insert(j, lines[i % len(lines)])
            elif len(lines) > 1:
                del lines[i % len(lines)]
        course.write(path, "".join(lines))
        try:
            load()
        except ConfigError as e:
            refused.append(e)

    cut()
    assert len(refused) > 30, "most cuts do harm"
