"""What `grader nbgrader init` writes, and what a hostile notebook is before nbgrader sees it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from course_kit import HIDDEN, SLUG, Course
from hypothesis import given
from hypothesis import strategies as st

from grader import build, examples, source
from grader.errors import UsageError

nbgrader_course = pytest.importorskip("grader.nbgrader.course", reason="nbgrader is not installed")
restore = pytest.importorskip("grader.nbgrader.restore", reason="nbgrader is not installed")

NOTEBOOK = f"source/{SLUG}/{SLUG}.ipynb"


@pytest.fixture
def built(course: Course) -> Course:
    """The small course with its generated files."""
    e = course.exercise()
    parsed = source.parse(e.source, Path("affine.py"))
    files = build.generate(e.assignment, parsed, examples.make(e))
    build.write(course.root / "assignments" / SLUG, files)
    return course


def init(course: Course, folder: Path) -> list[str]:
    written: list[str] = nbgrader_course.write(folder, course.load(), {SLUG: course.exercise()}, ())
    return written


def test_a_new_folder_becomes_a_course_without_anything_hidden(
    built: Course, tmp_path: Path
) -> None:
    folder = tmp_path / "nb"
    assert init(built, folder) == [
        "nbgrader_config.py",
        NOTEBOOK,
        f"source/{SLUG}/probe.py",
        f"source/{SLUG}/examples.json",
    ]
    text = "".join(p.read_text() for p in folder.rglob("*") if p.is_file())
    whys = [line.partition("why: ")[2].partition(".")[0] for line in built_lines(built)]
    assert whys
    assert not [why for why in whys if why in text]


def built_lines(course: Course) -> list[str]:
    return [line for line in course.path(HIDDEN).read_text().splitlines() if "why: " in line]


def test_the_source_has_solutions_where_nbgrader_clears_them_and_a_cell_for_each_check(
    built: Course, tmp_path: Path
) -> None:
    init(built, tmp_path / "nb")
    book = nbformat.read(tmp_path / "nb" / NOTEBOOK, as_version=4)
    nbformat.validate(book)
    for cell in book.cells:
        marked = cell.metadata.nbgrader
        assert ("### BEGIN SOLUTION" in cell.source) == (marked.solution and not marked.grade)
    graded = {
        c.metadata.nbgrader.grade_id: c.metadata.nbgrader.points
        for c in book.cells
        if c.metadata.nbgrader.grade
    }
    assert graded == {c.id: float(c.points) for c in built.assignment().checks}


def test_a_second_time_nothing_is_written_and_the_instructor_s_own_settings_stay(
    built: Course, tmp_path: Path
) -> None:
    folder = tmp_path / "nb"
    init(built, folder)
    with (folder / "nbgrader_config.py").open("a") as f:
        f.write('c.Exchange.root = "/srv/exchange"\n')
    assert init(built, folder) == []
    built.edit("course.yaml", "id: a-small-course", "id: another")
    assert init(built, folder) == ["nbgrader_config.py"]
    config = (folder / "nbgrader_config.py").read_text()
    assert '"another"' in config
    assert config.endswith('c.Exchange.root = "/srv/exchange"\n')


def test_a_folder_with_anything_else_in_it_is_refused_and_left_as_it_is(
    built: Course, tmp_path: Path
) -> None:
    folder = tmp_path / "nb"
    folder.mkdir()
    (folder / "nbgrader_config.py").write_text("c = get_config()\n")
    with pytest.raises(UsageError, match="not empty"):
        init(built, folder)
    assert [p.name for p in folder.iterdir()] == ["nbgrader_config.py"]


def test_a_course_that_was_not_built_is_a_clear_error(course: Course, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="grader build"):
        init(course, tmp_path / "nb")


def test_a_roster_is_read_by_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    with path.open("w", newline="") as f:
        csv.writer(f).writerows([["email", "id", "last_name"], ["a@b.org", "ada", "Arden, Dr."]])
    (student,) = nbgrader_course.roster(path)
    assert (student.id, student.first_name, student.last_name) == ("ada", "", "Arden, Dr.")
    assert student.email == "a@b.org"


@pytest.mark.parametrize("text", ["", "name\nada\n", "id\n../x\n", "id\n,\n", "id\na+b\n", "\xff"])
def test_a_roster_that_cannot_be_used_is_a_clear_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError):
        nbgrader_course.roster(path)


# Restoring ---------------------------------------------------------------------------------------

KNOWN = (
    restore.Known("intro", "markdown", "# Intro", locked=True),
    restore.Known("code", "code", "# YOUR CODE HERE", solution=True),
    restore.Known("first", "code", 'check("first")', locked=True, points=2.0),
    restore.Known("second", "code", 'check("second")', locked=True, points=3.0),
    restore.Known("essay", "markdown", "YOUR ANSWER HERE", solution=True, points=5.0),
)
GRADED = ["first", "second", "essay"]

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
NAMES = st.sampled_from(["intro", "code", "first", "second", "essay", "other", ""]) | JUNK
MARKED = st.fixed_dictionaries(
    {}, optional={"grade_id": NAMES, "points": JUNK, "grade": JUNK, "schema_version": JUNK}
)
CELLS = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "raw", "heading"]) | JUNK,
        "source": st.text(alphabet=st.characters(), max_size=9) | st.lists(JUNK, max_size=3) | JUNK,
        "metadata": st.fixed_dictionaries({}, optional={"nbgrader": MARKED | JUNK}) | JUNK,
        "outputs": JUNK,
        "attachments": st.dictionaries(st.text(max_size=3), JUNK, max_size=2) | JUNK,
    },
)
BOOKS = st.fixed_dictionaries({"cells": st.lists(CELLS | JUNK, max_size=6) | JUNK}) | JUNK


def names(book: Any) -> list[str]:
    return [c.metadata.nbgrader.grade_id for c in book.cells if "nbgrader" in c.metadata]


@given(BOOKS)
def test_whatever_is_handed_in_comes_out_valid_with_every_graded_cell_once(found: Any) -> None:
    book = restore.restored(found, KNOWN)
    nbformat.validate(book)
    nbformat.writes(book).encode()
    assert sorted(n for n in names(book) if n in GRADED) == sorted(GRADED)
    assert len(set(names(book))) == len(names(book))
    for cell in book.cells:
        if "nbgrader" in cell.metadata:
            known = next(k for k in KNOWN if k.name == cell.metadata.nbgrader.grade_id)
            assert cell.metadata.nbgrader == known.metadata()["nbgrader"]
            assert cell.cell_type == known.kind
        assert not cell.get("outputs")


def test_missing_cells_come_back_where_they_were() -> None:
    kept = {"cell_type": "code", "source": "x = 1", "metadata": {"nbgrader": {"grade_id": "code"}}}
    book = restore.restored({"cells": [kept]}, KNOWN)
    assert names(book) == ["code", "first", "second", "essay"]
    assert restore.missing({"cells": [kept]}, KNOWN) == ("first", "second", "essay")


def test_half_a_surrogate_pair_does_not_keep_a_notebook_from_being_written() -> None:
    cell = json.loads('{"cell_type": "code", "source": "x = \'\\ud800\'"}')
    nbformat.writes(restore.restored({"cells": [cell]}, KNOWN)).encode()


def test_pictures_pasted_into_an_answer_stay() -> None:
    cell = {
        "cell_type": "markdown",
        "source": "![](attachment:a.png)",
        "metadata": {"nbgrader": {"grade_id": "essay"}},
        "attachments": {"a.png": {"image/png": "aGk="}, "b": 3},
    }
    book = restore.restored({"cells": [cell]}, KNOWN)
    (essay,) = [c for c in book.cells if c.metadata.nbgrader.grade_id == "essay"]
    assert essay.attachments == {"a.png": {"image/png": "aGk="}}


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 10**5, b'{"nbformat": "x"}'])
def test_a_file_that_is_no_notebook_is_none(raw: bytes) -> None:
    assert restore.readable(raw) is None


def test_a_notebook_of_an_older_format_is_read() -> None:
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": []}]}
    assert restore.readable(json.dumps(old).encode()).cells == []
