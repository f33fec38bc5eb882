"""A new exercise: it builds and is proven as it stands, and course.yaml keeps what was in it."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from course_kit import COURSE, Course

from grader import exercise, validation
from grader.build import check
from grader.cli import cli
from grader.errors import UsageError
from grader.skeleton import create, files, with_exercise
from grader.verify import generated
from grader.yamlio import read_yaml


@pytest.fixture(name="course")
def _course(tmp_path: Path) -> Course:
    return Course(tmp_path)


def new(course: Course, *arguments: str) -> tuple[int, str]:
    ran = CliRunner().invoke(
        cli, ["new", *arguments, "--course", str(course.root)], standalone_mode=False
    )
    if ran.exception is not None:
        raise ran.exception
    return ran.return_value, ran.output


def refused(course: Course, slug: str, title: str = "A title") -> str:
    before = {p: p.read_bytes() for p in course.root.rglob("*") if p.is_file()}
    with pytest.raises(UsageError) as caught:
        create(course.load(), slug, title)
    assert {p: p.read_bytes() for p in course.root.rglob("*") if p.is_file()} == before
    return str(caught.value)


def test_a_new_exercise_is_proven_before_the_first_change_to_it(course: Course):
    code, output = new(course, "tanh_layer", "--title", "One layer")
    assert code == 0
    assert "grader build tanh_layer && grader verify tanh_layer" in output
    ran = CliRunner().invoke(
        cli,
        ["verify", "tanh_layer", "--json", "--course", str(course.root)],
        standalone_mode=False,
    )
    (proof,) = json.loads(ran.stdout)["assignments"]
    assert proof["failures"] == []
    assert proof["accepted"]["total"] == proof["accepted"]["full"] == 2
    assert proof["mistakes"]["caught"] == proof["mistakes"]["total"] == 8
    assert ran.return_value == 0


def test_a_new_exercise_has_been_built(course: Course):
    new(course, "tanh_layer")
    loaded = course.load()
    made = generated(loaded, exercise.load(loaded, "tanh_layer"))
    assert check(course.path("assignments/tanh_layer"), made) == ()
    assert {"tanh_layer.py", "tanh_layer.ipynb", "README.md", "layer.svg"} < set(made)


def test_every_author_file_is_there(course: Course):
    written = create(course.load(), "tanh_layer", "One layer")
    assert written == (
        "assignments/tanh_layer/assignment.yaml",
        "assignments/tanh_layer/probe.py",
        "solutions/tanh_layer/tanh_layer.py",
        "solutions/tanh_layer/hidden.yaml",
        "solutions/tanh_layer/mistakes.yaml",
        "solutions/tanh_layer/proof.py",
        "solutions/tanh_layer/accepted/einsum.py",
        "solutions/tanh_layer/accepted/row_by_row.py",
        "course.yaml",
    )
    assert all(course.path(path).is_file() for path in written)
    assert course.load().slugs == ("affine", "tanh_layer")


def test_nothing_of_the_template_is_left_to_fill_in():
    for path, text in files("tanh_layer", "One layer").items():
        assert "@slug@" not in text, path
        assert "@title@" not in text, path
        if path.endswith(".py"):
            ast.parse(text)


@pytest.mark.parametrize(
    "title",
    ["A layer: with tanh", 'Say "yes"', "no", "# 1", "1e3", "Größe – x", "back\\slash", "true"],
)
def test_any_title_of_one_line_is_taken_to_the_letter(course: Course, title: str):
    create(course.load(), "titled", title)
    data = read_yaml(course.path("assignments/titled/assignment.yaml"), root=course.root).data
    assert isinstance(data, dict)
    assert data["title"] == title
    assert f"# # {title}\n" in course.path("solutions/titled/titled.py").read_text("utf-8")


@pytest.mark.parametrize("title", ["", "  ", "two\nlines", "a\x1b[1mb"])
def test_a_title_that_is_no_line_of_text_is_refused(course: Course, title: str):
    assert "title is empty or has odd characters" in refused(course, "titled", title)


@pytest.mark.parametrize(
    ("slug", "suggested"),
    [
        ("My-Thing", "my_thing"),
        ("1st", "st"),
        ("", "my_exercise"),
        ("../up", "up"),
        ("a b", "a_b"),
        ("x" * 41, "x" * 40),
        ("größe", "gr_e"),
    ],
)
def test_a_name_that_cannot_be_one_is_refused_with_one_that_can(
    course: Course, slug: str, suggested: str
):
    said = refused(course, slug)
    assert "cannot be the name of an exercise" in said
    assert said.endswith(f"such as {suggested}.")


@pytest.mark.parametrize("slug", ["lambda", "json", "numpy", "probe", "proof"])
def test_a_name_that_means_something_else_is_refused(course: Course, slug: str):
    assert f"{slug} is a name that Python or the grader uses itself." in refused(course, slug)


def test_an_exercise_that_exists_is_never_touched(course: Course):
    assert "There is an exercise affine already." in refused(course, "affine")


@pytest.mark.parametrize("folder", ["assignments/other", "solutions/other"])
def test_a_folder_that_exists_is_never_touched(course: Course, folder: str):
    course.write(f"{folder}/notes.txt", "mine")
    assert f"{folder} is there already." in refused(course, "other")


LISTED = """\
# The course.
schema: 1
assignments: # in order
- slug: one   # the first
  due: 2026-03-01
- slug: two
  late:
    grace_minutes: 5   # for slow networks

# Nothing after the list is moved.
limits: {seconds: 5}
"""


def test_a_course_keeps_its_comments_and_its_order():
    changed = with_exercise(LISTED, "three")
    assert changed.replace("- slug: three\n", "", 1) == LISTED
    assert changed.index("networks\n- slug: three\n\n# Nothing") > 0


def test_the_list_may_be_indented_or_at_the_end_of_the_file():
    assert with_exercise("assignments:\n    - slug: one", "two") == (
        "assignments:\n    - slug: one\n    - slug: two\n"
    )
    assert with_exercise("assignments:\n  - {slug: one}\n  # end\n", "two") == (
        "assignments:\n  - {slug: one}\n  - slug: two\n  # end\n"
    )


def test_line_ends_stay_what_they_are(course: Course):
    text = course.path(COURSE).read_bytes().replace(b"\n", b"\r\n")
    course.write(COURSE, text)
    create(course.load(), "tanh_layer", "One layer")
    now = course.path(COURSE).read_bytes()
    assert now.replace(b"  - slug: tanh_layer\r\n", b"") == text


@pytest.mark.parametrize(
    "text", ["assignments: [{slug: one}]\n", "assignments: []\n", "title: x\n"]
)
def test_a_list_in_another_style_is_left_to_its_author(text: str):
    with pytest.raises(UsageError, match=r"Write each in a line of its own"):
        with_exercise(text, "two")


def test_new_files_are_in_the_style_of_the_repository(course: Course):
    pytest.importorskip("ruff")
    create(course.load(), "tanh_layer", "One layer")
    config = Path(__file__).parent.parent / "pyproject.toml"
    for command in (["check"], ["format", "--check"]):
        ran = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--no-cache", "--config", config, course.root],
            capture_output=True,
            text=True,
            check=False,
        )
        shown = [line for line in ran.stdout.splitlines() if "tanh_layer" in line]
        assert shown == []


def test_the_authors_guide_shows_what_really_comes(course: Course):
    guide = (Path(__file__).parent.parent / "docs" / "authoring.md").read_text("utf-8")
    _, output = new(course, "gated_layer", "--title", "A gated layer")
    assert f'$ grader new gated_layer --title "A gated layer"\n{output}' in guide
    for kind in (*validation.KINDS,):
        assert f"| `{kind}` |" in guide
