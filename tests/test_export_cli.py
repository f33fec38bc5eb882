"""`grader export FORMAT` as instructors run it: files, refusals, exit codes and --json."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from unittest import mock

import pytest
from course_kit import SLUG, Course, affine
from export_kit import Canvas, Column, Moodle, Participant, User
from golden.kit import Ran, grade, grader, place

USERS = (User(1, "Lovelace, Ada", "", "ada"), User(2, "Boole, Bo", "", "b.boole"))
CANVAS = Canvas((*USERS, User(3, "Curie, Cy", "", "cy")), (Column(7, SLUG, 10),))
MOODLE = Moodle((Participant(71, "Ada L", username="ada"), Participant(72, "Bo")), username=True)
ROSTER = "id,name,email,sis_login_id\nada,Ada Lovelace,,\nbo,Bo Boole,bo@x.org,b.boole\n"


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Ada has full marks, Bo has 70 of 100."""
    course = Course(tmp_path_factory.mktemp("class"))
    course.submit("ada", affine()).submit("bo", affine(dW="x.T @ dy / len(x)"))
    ran = grade(course, "--json")
    assert ran.scores == {"ada": 100, "bo": 70}, ran.err
    return course


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.csv"
    path.write_bytes(CANVAS.export())
    return path


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    path = tmp_path / "roster.csv"
    path.write_text(ROSTER, encoding="utf-8")
    return path


def export(course: Course, name: str, *more: str | Path) -> Ran:
    return grader("export", name, *place(course), *more)


def test_a_gradebook_of_canvas_is_filled_in_where_it_is(
    graded: Course, book: Path, roster: Path
) -> None:
    ran = export(graded, "canvas", "--into", book, "--roster", roster)
    assert ran.code == 0, ran.err
    assert ran.out == f"Written to {book}: 2 cells of 2 students.\n"
    assert ran.err == (
        "In the file, but nothing of them is graded here: "
        "line 5 (Curie, Cy, ID 3, SIS Login ID cy).\n"
    )
    grades = CANVAS.imported(book.read_bytes())
    assert grades == {(1, 7): "10.00", (2, 7): "7.00", (3, 7): ""}
    again = export(graded, "canvas", "--into", book, "--roster", roster)
    assert again.code == 0
    assert again.out == f"{book} has all of it already, so nothing is changed: 2 scores.\n"


def test_a_copy_leaves_the_download_alone(graded: Course, book: Path, tmp_path: Path) -> None:
    ran = export(graded, "canvas", "--into", book, "--out", tmp_path / "new.csv")
    assert ran.code == 1  # without a roster nobody knows who Bo is there
    assert "Not in the file (1): bo. Say who they are there with --roster CSV." in ran.err
    assert book.read_bytes() == CANVAS.export()
    assert CANVAS.imported((tmp_path / "new.csv").read_bytes())[1, 7] == "10.00"


def test_json_says_what_was_written_and_who_was_not_found(graded: Course, book: Path) -> None:
    ran = export(graded, "canvas", "--into", book, "--json")
    assert ran.code == 1
    assert ran.err == ""
    told = ran.document
    assert (told["format"], told["written"], told["unchanged"]) == ("canvas", 1, 0)
    assert told["changes"] == [
        {
            "line": 3,
            "student": "ada",
            "assignment": SLUG,
            "column": f"{SLUG} (7)",
            "before": "",
            "after": "10.00",
        }
    ]
    assert told["unmatched"]["students"] == ["bo"]
    assert [r["line"] for r in told["unmatched"]["rows"]] == [4, 5]
    assert told["refused"] == []


@pytest.mark.parametrize("as_json", [False, True])
def test_a_refusal_writes_nothing_and_ends_with_2(
    graded: Course, book: Path, as_json: bool
) -> None:
    options = ("--column", "nowhere", *(["--json"] if as_json else []))
    ran = export(graded, "canvas", "--into", book, *options)
    assert ran.code == 2
    assert book.read_bytes() == CANVAS.export()
    line = f"{SLUG}: --column 'nowhere': no column is called so."
    if as_json:
        assert ran.document["refused"][:2] == [
            line,
            f"Columns that can be written: '{SLUG} (7)'.",
        ]
        assert ran.document["written"] == 0
    else:
        assert ran.out == ""
        assert line in ran.err


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "book.csv:1: the file is empty"),
        (CANVAS.export().decode().encode("utf-16"), "book.csv:1: the file is in UTF-16"),
        (CANVAS.export() + b"\0", "book.csv:6: there is a NUL byte"),
        (b"a,b\n", "book.csv:1: this is not the header of a gradebook"),
        (None, "does not exist"),
    ],
)
def test_a_bad_file_is_a_message_with_its_place(
    graded: Course, book: Path, data: bytes | None, said: str
) -> None:
    book.unlink() if data is None else book.write_bytes(data)
    for name in ("canvas", "moodle"):
        ran = export(graded, name, "--into", book)
        assert ran.code == 2
        assert "Traceback" not in ran.err
        assert said in ran.err or name == "moodle"


def test_a_folder_for_a_file_is_a_message(graded: Course, tmp_path: Path) -> None:
    ran = export(graded, "canvas", "--into", tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert "is a folder" in ran.err


def test_a_worksheet_of_moodle_is_filled_in(graded: Course, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    sheet.write_bytes(MOODLE.export())
    ran = export(graded, "moodle", "--into", sheet, "--feedback")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"Written to {sheet}: 3 cells of 2 students.\n"
    grades = MOODLE.imported(sheet.read_bytes())
    assert {n: grade for n, (grade, _) in grades.items()} == {71: 100, 72: 70}
    assert "Every row of the batch has its say." in grades[72][1]
    assert grades[71][1] == ""


def test_one_submission_goes_to_stdout_or_a_file(graded: Course, tmp_path: Path) -> None:
    ran = export(graded, "gradescope", "--student", "bo")
    assert (ran.code, ran.document["score"]) == (0, 70)
    out = tmp_path / "results.json"
    ran = export(graded, "prairielearn", "--student", "bo", "--out", out, "--json")
    assert (ran.code, ran.document["written"]) == (0, 1)
    assert json.loads(out.read_text(encoding="utf-8"))["score"] == 0.7


def test_a_class_is_a_file_each(graded: Course, tmp_path: Path) -> None:
    ran = export(graded, "gradescope", "--out", tmp_path / "all")
    assert (ran.code, ran.out) == (0, f"Written to {tmp_path / 'all'}: 2 files.\n")
    found = sorted(p.relative_to(tmp_path / "all").as_posix() for p in tmp_path.rglob("*.json"))
    assert found == [f"{SLUG}/ada.json", f"{SLUG}/bo.json"]


def test_classroom50_is_told_by_its_runner_or_a_table(graded: Course, tmp_path: Path) -> None:
    ran = export(graded, "classroom50", "--student", "bo")
    assert ran.code == 2
    assert "has not set CLASSROOM" in ran.err
    runner = {"USERNAME": "bo-b", "SUBMISSION_TAG": "submit/x", "COMMIT_URL": "c"}
    with mock.patch.dict(os.environ, runner | {"RELEASE_URL": "r", "CLASSROOM": "cs1"}):
        ran = export(graded, "classroom50", "--student", "bo")
    assert (ran.document["owner"], ran.document["score"]) == ("bo-b", 7000)
    links = tmp_path / "links.csv"
    head = "student,owner,submission,commit,release\n"
    links.write_text(f"{head}ada,ada-l,submit/1,c1,r1\nbo,bo-b,submit/2,c2,r2\n", encoding="utf-8")
    table = ("--classroom", "cs1", "--links", links, "--out", tmp_path / "all")
    assert export(graded, "classroom50", *table).code == 0
    made = json.loads((tmp_path / "all" / SLUG / "ada.json").read_text(encoding="utf-8"))
    assert (made["owner"], made["classroom"], made["assignment"]) == ("ada-l", "cs1", SLUG)
    links.write_text(f"{head}ada,ada-l,submit/1,c1,r1\n", encoding="utf-8")
    assert "says nothing of bo" in export(graded, "classroom50", *table).err


def test_tables_and_documents_of_a_class_are_printed_or_written(
    graded: Course, tmp_path: Path, roster: Path
) -> None:
    ran = export(graded, "csv", "--wide", "--roster", roster)
    told = list(csv.reader(io.StringIO(ran.out)))
    assert told[2] == ["bo", "Bo Boole", "bo@x.org", "70", "70"]
    assert len(list(csv.DictReader(io.StringIO(export(graded, "csv").out)))) == 2
    rescored = grader("rescore", *place(graded), "--json")
    assert export(graded, "json").document == rescored.document
    assert "<testcase" in export(graded, "junit", "--student", "bo").out
    ran = export(graded, "junit", "--out", tmp_path / "junit.xml", "--json")
    assert ran.document["written"] == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("csv", "--json"), "Name the file with --out FILE"),
        (("gradescope",), "Name a folder with --out DIR"),
        (("gradescope", "--student", "xeno"), "Nothing of xeno is graded"),
        (("classroom50", "--links", "x.csv"), "--links needs the classroom too"),
        (("csv", "--assignment", "nope"), "There is no exercise nope"),
        (("csv", "--out", "no/such/folder/x.csv"), "cannot be written"),
        (("csv", "--roster", "no-roster.csv"), "no-roster.csv"),
        (("canvas", "--into", "x.csv", "--encoding", "klingon"), "x.csv does not exist"),
    ],
)
def test_what_cannot_be_done_is_a_message(
    graded: Course, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    ran = grader("export", arguments[0], *place(graded), *arguments[1:], cwd=tmp_path)
    assert ran.code == 2
    assert said in ran.err + ran.out
    assert "Traceback" not in ran.err


def test_nothing_graded_is_a_message(course: Course) -> None:
    ran = export(course, "csv")
    assert ran.code == 2
    assert "There are no results" in ran.err


def test_nbgrader_says_what_was_done_as_json(graded: Course, tmp_path: Path) -> None:
    pytest.importorskip("nbgrader.api", reason="nbgrader is not installed")
    book = tmp_path / "gradebook.db"
    ran = export(graded, "nbgrader", "--into", book, "--json")
    assert ran.code == 2
    assert f"There is no gradebook {book}." in ran.document["refused"][0]
