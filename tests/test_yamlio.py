"""Course files as data: YAML 1.2's scalars, a place for every value, and no traceback ever."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.errors import ConfigError
from grader.yamlio import MAX_BYTES, Document, read_yaml


def read(folder: Path, text: str | bytes) -> Document:
    path = folder / "file.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
    return read_yaml(path, root=folder)


def problems(folder: Path, text: str | bytes) -> list[str]:
    with pytest.raises(ConfigError) as error:
        read(folder, text)
    return [str(p) for p in error.value.problems]


# Scalars


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-6", 1e-6),
        ("1E6", 1e6),
        ("1e+6", 1e6),
        ("-1e-6", -1e-6),
        ("1.", 1.0),
        (".5", 0.5),
        ("-0.5", -0.5),
        (".inf", math.inf),
        ("-.Inf", -math.inf),
        ("+.INF", math.inf),
        ("1", 1),
        ("+1", 1),
        ("-0", 0),
        ("017", 17),
        ("0o17", 15),
        ("0x1F", 31),
        ("true", True),
        ("False", False),
        ("TRUE", True),
        ("null", None),
        ("~", None),
        ("", None),
    ],
)
def test_a_scalar_of_the_core_schema_has_its_type(tmp_path: Path, text: str, value: object) -> None:
    got = read(tmp_path, f"key: {text}\n").data["key"]
    assert (type(got), got) == (type(value), value)


def test_nan_is_a_number(tmp_path: Path) -> None:
    for text in (".nan", ".NaN", ".NAN"):
        assert math.isnan(read(tmp_path, f"key: {text}").data["key"])


@pytest.mark.parametrize(
    "text",
    [
        *("no", "yes", "on", "off", "y", "n", "No", "YES", "tRUE", "nULL"),
        *("1_000", "0b11", "1:30", "190:20:30", "2001-01-01", "2001-12-14t21:59:43.10-05:00"),
        *("1e", "e6", "1e-", ".", "+", "1.2.3", "0o8", "0xG", "inf", "nan", "-.nan", "=", "<<"),
        *("'1e-6'", '"no"', "'null'", '"~"', "1/2", "é", "∂L/∂W", "字"),
    ],
)
def test_everything_else_is_the_string_it_looks_like(tmp_path: Path, text: str) -> None:
    """YAML 1.1, and PyYAML with it, makes booleans, dates, times and octals of many of these."""
    assert read(tmp_path, f"- {text}\n").data == [text.strip("'\"")]


def test_a_merge_key_is_a_key_like_any_other(tmp_path: Path) -> None:
    assert read(tmp_path, "<<: {a: 1}\n").data == {"<<": {"a": 1}}


def test_keys_are_texts(tmp_path: Path) -> None:
    assert read(tmp_path, "no: 1\non: 2\n'1': 3\n").data == {"no": 1, "on": 2, "1": 3}
    assert problems(tmp_path, "1: a\nb: {true: c}\n1e-6: d\n~: e\n") == [
        f"file.yaml:{place}: This key is not a text. Write a name."
        for place in ("1:1", "2:5", "3:1", "4:1")
    ]


@given(st.floats(allow_nan=False))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_float_that_python_writes_is_read_back(tmp_path: Path, number: float) -> None:
    text = repr(number).replace("inf", ".inf")
    got = read(tmp_path, f"- {text}").data[0]
    assert (type(got), math.copysign(1, got), got) == (float, math.copysign(1, number), number)


@given(st.integers())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_integer_is_read_back(tmp_path: Path, number: int) -> None:
    assert read(tmp_path, f"- {number}").data == [number]


def test_text_is_kept_to_the_letter(tmp_path: Path) -> None:
    """Edits of a source have to fit it exactly, with its line breaks and indentation."""
    text = "replace: |\n    dz = dh * (1 - h**2)\n\n      # off\nfolded: >-\n  one\n  line\n"
    assert read(tmp_path, text).data == {
        "replace": "dz = dh * (1 - h**2)\n\n  # off\n",
        "folded": "one line",
    }


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    document = read(tmp_path, b"\xef\xbb\xbfkey: 1\nother: [x]\n")
    assert document.data == {"key": 1, "other": ["x"]}
    assert document.place(["key"]) == (1, 6)


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_every_kind_of_line_end_is_counted(tmp_path: Path, end: str) -> None:
    document = read(tmp_path, end.join(["a: 1", "b:", "  - c", "  - d", ""]))
    assert document.data == {"a": 1, "b": ["c", "d"]}
    assert document.place(["b", 1]) == (4, 5)


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "null"])
def test_an_empty_file_is_nothing(tmp_path: Path, text: str) -> None:
    document = read(tmp_path, text)
    assert document.data is None
    assert document.place(["key", 3, "other"]) == (1, 1)


def test_a_version_directive_changes_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "%YAML 1.1\n---\nkey: no\n").data == {"key": "no"}


# Places

NESTED = """\
# a comment
course: demo
assignments:
  - slug: first
    sizes: {batch: 3, "hidden": 5}

  - slug: second
    hint: >-
      folded
      text
"""


@pytest.mark.parametrize(
    ("loc", "value", "key"),
    [
        ([], (2, 1), (2, 1)),
        (["course"], (2, 9), (2, 1)),
        (["assignments"], (4, 3), (3, 1)),
        (["assignments", 0], (4, 5), (4, 5)),
        (["assignments", 0, "slug"], (4, 11), (4, 5)),
        (["assignments", 0, "sizes"], (5, 12), (5, 5)),
        (["assignments", 0, "sizes", "batch"], (5, 20), (5, 13)),
        (["assignments", 0, "sizes", "hidden"], (5, 33), (5, 23)),
        (["assignments", 1], (7, 5), (7, 5)),
        (["assignments", 1, "hint"], (8, 11), (8, 5)),
    ],
    ids=str,
)
def test_a_value_and_its_key_have_places(
    tmp_path: Path, loc: list[object], value: tuple[int, int], key: tuple[int, int]
) -> None:
    document = read(tmp_path, NESTED)
    assert document.place(loc) == value
    assert document.place(loc, key=True) == key


@pytest.mark.parametrize(
    ("loc", "near"),
    [
        (["title"], (2, 1)),
        (["assignments", 0, "points"], (4, 5)),
        (["assignments", 0, "sizes", "outputs"], (5, 12)),
        (["assignments", 7], (4, 3)),
        (["assignments", "slug"], (4, 3)),
        (["course", "slug"], (2, 9)),
        (["assignments", 0, "union", "slug"], (4, 11)),
    ],
    ids=str,
)
def test_what_is_missing_has_the_place_it_should_be_in(
    tmp_path: Path, loc: list[object], near: tuple[int, int]
) -> None:
    assert read(tmp_path, NESTED).place(loc) == near


def test_columns_count_characters(tmp_path: Path) -> None:
    assert read(tmp_path, "{é: 1, 字: {∂: x}}").place(["字", "∂"]) == (1, 15)


# What is refused


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: 2\na: 3\n", "file.yaml:3:1: `a` is given twice. Keep one."),
        ("x:\n  - {a: 1, 'a': 2}\n", "file.yaml:2:12: `a` is given twice. Keep one."),
        ("a: &x [1]\nb: *x\n", "file.yaml:2:4: Aliases (*name) are not used here. Write it out."),
        ("a: &x [*x]\n", "file.yaml:1:8: Aliases (*name) are not used here. Write it out."),
        (
            "a:\n\tb: 1\n",
            "file.yaml:2:1: This is not YAML: while scanning for the next token found character "
            "'\\t' that cannot start any token. Mend the syntax.",
        ),
        (
            "a: 'open\n",
            "file.yaml:2:1: This is not YAML: while scanning a quoted scalar found unexpected end "
            "of stream. Mend the syntax.",
        ),
        (
            "a: b: c\n",
            "file.yaml:1:5: This is not YAML: mapping values are not allowed here. "
            "Mend the syntax.",
        ),
        (
            "a: 1\n---\nb: 2\n",
            "file.yaml:2:1: This is not YAML: expected a single document in the stream found "
            "another document. Mend the syntax.",
        ),
        ("? [a]\n: 1\n", "file.yaml:1:3: This key is not a text. Write a name."),
        (b"a: \xff\n", "file.yaml: Byte 3 is not UTF-8. Save the file as UTF-8."),
        ("a: 1".encode("utf-16"), "file.yaml: Byte 0 is not UTF-8. Save the file as UTF-8."),
        (
            b"#" * (MAX_BYTES + 1),
            "file.yaml: The file has 1048577 bytes. At most 1048576 are allowed.",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, text: str | bytes, problem: str
) -> None:
    (got,) = problems(tmp_path, text)
    # PyYAML's own sentence joins context and problem with "but" in some places.
    assert got.replace(" but found", " found") == problem


def test_all_repeated_keys_are_told_at_once(tmp_path: Path) -> None:
    text = "a: 1\nb: {c: 1, d: 2, c: 3}\na: 2\na: 3\n"
    assert problems(tmp_path, text) == [
        "file.yaml:2:17: `c` is given twice. Keep one.",
        "file.yaml:3:1: `a` is given twice. Keep one.",
        "file.yaml:4:1: `a` is given twice. Keep one.",
    ]


def test_the_same_key_in_two_mappings_is_no_repeat(tmp_path: Path) -> None:
    text = "- {a: 1}\n- {a: 1, b: {a: 1}}\n"
    assert read(tmp_path, text).data == [{"a": 1}, {"a": 1, "b": {"a": 1}}]


@pytest.mark.parametrize(
    "text",
    [
        "a: \0\n",
        "a: \x1b[2J\n",
        "\ufffe: 1",
        "[" * 500,
        "[" * 500 + "]" * 500,
        "{a: " * 500,
        "- " * 500,
        "a: " + "9" * 5_000,
        "!!python/object/apply:os.system [touch /tmp/owned]",
        "!!python/name:os.system ''",
        "!local x",
        "!!int x",
        "!!float x",
        "!!map [a]",
        "%YAML 3.0\n---\na",
        "a: ]",
        "- - ?",
        "&a",
        "@at",
        "`tick`",
        "\ud800",
    ],
    ids=lambda t: repr(t[:20]),
)
def test_nothing_hostile_or_broken_gives_a_traceback(tmp_path: Path, text: str) -> None:
    """Either it is harmless and read, or it is a problem of two sentences."""
    try:
        read(tmp_path, text)
    except ConfigError as e:
        (problem,) = e.problems
        assert str(problem.file) == "file.yaml"
        assert problem.message.rstrip().endswith(".")
    assert not Path("/tmp/owned").exists()


@pytest.mark.parametrize("text", ["!!bool maybe", "!!timestamp soon"])
def test_a_tag_that_does_not_fit_is_a_problem(tmp_path: Path, text: str) -> None:
    (problem,) = problems(tmp_path, f"key: {text}\n")
    assert problem.startswith("file.yaml:1:6: ")


@pytest.mark.parametrize("text", ["!!timestamp 2001-01-01", "!!set {a, b}", "!!binary aGk="])
def test_only_data_of_the_core_schema_comes_out(tmp_path: Path, text: str) -> None:
    (problem,) = problems(tmp_path, f"key: {text}\n")
    assert problem.startswith("file.yaml:1:6: ")


def test_a_missing_file_is_a_problem_of_that_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        read_yaml(tmp_path / "sub" / "course.yaml", root=tmp_path)
    assert str(error.value) == (
        "sub/course.yaml: The file is missing. Create it, or take it off the list."
    )


def test_a_folder_is_a_problem_too(tmp_path: Path) -> None:
    (tmp_path / "file.yaml").mkdir()
    with pytest.raises(ConfigError, match=r"file\.yaml: The file cannot be read \(.*\)\. Check"):
        read_yaml(tmp_path / "file.yaml", root=tmp_path)


def test_a_file_outside_of_the_course_is_named_in_full(tmp_path: Path) -> None:
    path = tmp_path / "elsewhere.yaml"
    for root in (None, tmp_path / "course"):
        with pytest.raises(ConfigError) as error:
            read_yaml(path, root=root)
        assert str(error.value).startswith(f"{path}: ")


trees = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)


@given(trees)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_json_is_read_as_itself_and_every_value_has_its_place(tmp_path: Path, tree: object) -> None:
    """YAML 1.2 contains JSON. Written by hand, so that places are known from the outside."""
    lines: list[str] = []
    places: dict[tuple[object, ...], tuple[int, int]] = {}
    write(tree, (), "", lines, places)
    document = read(tmp_path, "\n".join(lines))
    assert document.data == tree
    for loc, place in places.items():
        assert document.place(loc) == place


def write(
    value: object,
    loc: tuple[object, ...],
    before: str,
    lines: list[str],
    places: dict[tuple[object, ...], tuple[int, int]],
) -> None:
    """Append `value` as flow YAML, an item a line, and note where each item stands."""
    places[loc] = (len(lines) + 1, len(before) + 1)
    if isinstance(value, list):
        lines.append(f"{before}[")
        for i, item in enumerate(value):
            write(item, (*loc, i), "  ", lines, places)
            lines[-1] += ","
        lines.append("]")
    elif isinstance(value, dict):
        lines.append(f"{before}{{")
        for k, item in value.items():
            write(item, (*loc, k), f"  {quoted(k)}: ", lines, places)
            lines[-1] += ","
        lines.append("}")
    elif isinstance(value, str):
        lines.append(before + quoted(value))
    else:
        lines.append(before + {None: "null", True: "true", False: "false"}.get(value, str(value)))


def quoted(text: str) -> str:
    """A double-quoted scalar on one line, every character but plain ASCII escaped."""
    return (
        '"' + "".join(c if c.isalnum() and c.isascii() else f"\\U{ord(c):08x}" for c in text) + '"'
    )


@given(st.text(alphabet="ab:-?[]{},&*!|>'\"%@`#~ \n\t1.e\\", max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_arbitrary_text_is_data_or_a_problem(tmp_path: Path, text: str) -> None:
    try:
        place = read(tmp_path, text).place([])
    except ConfigError as e:
        place = (e.problems[0].line, e.problems[0].column)
    assert place >= (0, 0)
