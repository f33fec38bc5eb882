"""The commands report and feedback, from grading to files."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from course_kit import Course, affine
from golden.kit import built, grade, grader, place, results
from test_report import Parsed, unpacked

from grader.report.people import file_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="grading needs Linux's sandbox")


@pytest.fixture
def graded(tmp_path: Path) -> Course:
    """Right, and wrong in one gradient."""
    course = built(Course(tmp_path)).submit("ada", affine())
    course.submit("bo", affine(dW="x.T @ dy / len(x)"))
    grade(course)
    return course


def test_report_shows_wrong_gradients_on_public_cases(graded: Course, tmp_path: Path) -> None:
    out = tmp_path / "report"
    assert grader("report", *place(graded), "--out", out).code == 0
    pages = unpacked({p.name: p.read_text(encoding="utf-8") for p in out.glob("*.html")})
    told = pages[f"student.html#{file_of('bo')}"]
    assert "entries of your gradient are off in the public case public-typical" in told
    assert told.count('role="img"') == 3
    assert not (out / "students").exists()


def test_with_no_maps_nobodys_code_is_run(graded: Course, tmp_path: Path) -> None:
    assert grader("report", *place(graded), "--out", tmp_path / "r", "--no-maps").code == 0
    assert not (results(graded) / "public.json").exists()


def test_a_second_report_runs_nothing_again(
    graded: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "report"
    grader("report", *place(graded), "--out", out)
    first = {p.name: p.read_bytes() for p in out.iterdir()}
    monkeypatch.setattr("grader.public_view.look", None)
    assert grader("report", *place(graded), "--out", out).code == 0
    assert {p.name: p.read_bytes() for p in out.iterdir()} == first


def test_where_nothing_can_be_confined_the_report_is_made_without_gradients(
    graded: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    ran = grader("report", *place(graded), "--out", tmp_path / "report")
    assert (ran.code, "Gradients on public cases are not shown." in ran.err) == (0, True)
    assert (tmp_path / "report" / "index.html").is_file()


def test_a_roster_gives_names_and_tells_who_is_missing(graded: Course, tmp_path: Path) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text("id,name\nada,Ada Byron\neve,Eve Nil\n", encoding="utf-8")
    out = tmp_path / "report"
    assert grader("report", *place(graded), "--out", out, "--roster", roster).code == 0
    told = Parsed((out / "index.html").read_text(encoding="utf-8")).text
    assert "Ada Byron 100" in told
    assert "Eve Nil missing" in told


def test_hand_outs_are_a_page_and_markdown_for_each_student(graded: Course, tmp_path: Path) -> None:
    out = tmp_path / "report"
    assert grader("report", *place(graded), "--out", out, "--hand-out").code == 0
    names = {f"{file_of(s)}.{form}" for s in ("ada", "bo") for form in ("md", "html")}
    assert {p.name for p in (out / "students").iterdir()} == names
    feedback = grader("feedback", "bo", *place(graded))
    assert feedback.out == (out / "students" / f"{file_of('bo')}.md").read_text(encoding="utf-8")


def test_feedback_goes_to_stdout_or_to_a_file(graded: Course, tmp_path: Path) -> None:
    shown = grader("feedback", "ada", *place(graded))
    assert shown.code == 0
    assert shown.out.startswith("# A small course: results of `ada`\n")
    assert "**100 of 100 points**" in shown.out
    page = tmp_path / "ada.html"
    asked = ("feedback", "ada", *place(graded), "--format", "html", "--out", page)
    assert (grader(*asked).code, grader(*asked).out) == (0, "")
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert grader("feedback", "ada", *place(graded), "--out", tmp_path / "no" / "x").code == 2


def test_feedback_on_somebody_unknown_says_what_to_do(graded: Course) -> None:
    ran = grader("feedback", "eve", *place(graded))
    assert (ran.code, "There is no result of eve" in ran.err) == (2, True)


def test_similar_pairs_beside_the_results_are_shown(graded: Course, tmp_path: Path) -> None:
    sides = [
        {"student": s, "file": "affine.py", "source": "x = 1\n", "spans": [[1, 1]]}
        for s in ("ada", "bo")
    ]
    pair = {"assignment": "affine", "students": ["ada", "bo"], "score": 0.9, "rank": 2.0}
    told = {"schema": 1, "pairs": [{**pair, "files": sides}]}
    (results(graded) / "similarity.json").write_text(json.dumps(told))
    out = tmp_path / "report"
    grader("report", *place(graded), "--out", out)
    assert "ada and bo" in Parsed((out / "index.html").read_text(encoding="utf-8")).text
    assert (out / "pairs.html").is_file()
    (results(graded) / "similarity.json").write_text("{")
    assert grader("report", *place(graded), "--out", out).code == 2
