"""A course with a manual check through nbgrader's exchange, its gradebook, and back into ours."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import nbgrader_class as kit
import pytest
from course_kit import COURSE, RUBRIC, SLUG, Course
from golden.kit import built
from nbgrader_class import run

api = pytest.importorskip("nbgrader.api", reason="nbgrader is not installed")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="others' code is run in the Linux sandbox"),
]

ID = "a-small-course"
POLICY = f"""\
schema: 1
id: {ID}
title: A small course
timezone: Europe/Vienna
late: {{grace_minutes: 15, penalty_per_day: 10%, floor: 20%, cutoff_days: 7}}
assignments:
  - {{slug: {SLUG}, due: 2099-10-12 23:59}}
limits: {{seconds: 5, memory_mb: 512}}
"""
RIGHT = {"forward": "return x @ W + b", "backward": "return dy @ W.T, x.T @ dy, dy.sum(axis=0)"}
AVERAGED = {**RIGHT, "backward": "return dy @ W.T, x.T @ dy / len(x), dy.sum(axis=0)"}
CLASS = {
    "ada": (RIGHT, "Because it is linear."),
    "bo": (AVERAGED, "No idea."),
    "cy": (RIGHT, None),
    "late": (RIGHT, "In time, nearly."),
}
"""What each student writes into the cells of code, and as an answer; None if nothing."""
AUTOMATIC = {"ada": 90.0, "bo": 60.0, "cy": 90.0, "late": 72.0}
LATE = "2099-10-14 12:00:00 UTC"
"""Two days begun after the course's due time, which costs a fifth."""


class Exchange:
    """An instructor's folder and those of students, on one machine with one exchange."""

    def __init__(self, top: Path) -> None:
        course = Course(top)
        course.edit(
            RUBRIC,
            "kind: gradient, input: x, points: 20}",
            "kind: gradient, input: x, points: 10}\n"
            "  - {id: essay, title: Why it works, kind: manual, points: 10}",
        )
        self.course = built(course.write(COURSE, POLICY)).root
        self.folder = top / "nb"
        self.students = top / "students"
        root = top / "exchange"
        root.mkdir()
        root.chmod(0o777)
        self._config = f"c.Exchange.root = {str(root)!r}\nc.Exchange.check_owner = False\n"
        self.nb("grader", "nbgrader", "init", ".", "--course", str(self.course))
        with (self.folder / "nbgrader_config.py").open("a") as f:
            f.write(self._config)

    def nb(self, *command: str, accept: tuple[int, ...] = (0,)) -> str:
        """What an instructor's command prints."""
        self.folder.mkdir(exist_ok=True)
        return run(self.folder, *command, accept=accept)

    def student(self, name: str, *command: str) -> str:
        """What a student's command prints."""
        home = self.students / name
        if not home.is_dir():
            home.mkdir(parents=True)
            config = f"c = get_config()\n{self._config}c.CourseDirectory.course_id = {ID!r}\n"
            (home / "nbgrader_config.py").write_text(config)
        return run(home, "nbgrader", *command)

    def answer(self, path: Path, code: dict[str, str], essay: str | None) -> None:
        """Fill in a released notebook."""
        book = json.loads(path.read_text(encoding="utf-8"))
        for cell in book["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
            body = code.get(name.removeprefix("solution-"))
            if body is not None:
                head = kit.text(cell).partition("# YOUR CODE HERE")[0]
                cell["source"] = f"{head}{body}\n"
            if name == "essay" and essay is not None:
                cell["source"] = essay
        kit.write(path, book)

    def ours(self, *command: str) -> dict[str, Any]:
        """The results of a command of `grader`, by student."""
        where = ("--course", str(self.course), "--results", str(self.folder.parent / "results"))
        document = json.loads(
            self.nb("grader", *command, *where, "--json", accept=(0, 1)).partition("\n}\n")[0]
            + "\n}"
        )
        return {r["student"]: r for r in document["results"]}

    def exported(self) -> dict[str, dict[str, str]]:
        """The rows of `nbgrader export`, by student."""
        self.nb("nbgrader", "export", "--to=grades.csv")
        with (self.folder / "grades.csv").open(newline="") as f:
            return {r["student_id"]: r for r in csv.DictReader(f)}

    def mark(self, student: str, points: float, comment: str) -> None:
        """What formgrader does when a person marks the answer."""
        with api.Gradebook(f"sqlite:///{self.folder / 'gradebook.db'}") as gb:
            grade = gb.find_grade("essay", SLUG, SLUG, student)
            grade.manual_score, grade.needs_manual_grade = points, False
            gb.find_comment("essay", SLUG, SLUG, student).manual_comment = comment
            gb.db.commit()


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Exchange:
    """Released, fetched, filled in, submitted and collected; two came by hand, one of them late."""
    there = Exchange(tmp_path_factory.mktemp("exchange"))
    there.nb("nbgrader", "generate_assignment", SLUG)
    there.nb("nbgrader", "release_assignment", SLUG)
    for name in ("ada", "bo"):
        there.student(name, "fetch_assignment", SLUG)
        there.answer(there.students / name / SLUG / f"{SLUG}.ipynb", *CLASS[name])
        there.student(name, "submit", SLUG, f"--student={name}")
    there.nb("nbgrader", "collect", SLUG)
    for name, time in (("cy", kit.IN_TIME), ("late", LATE)):
        shutil.copytree(there.folder / "release" / SLUG, there.folder / "submitted" / name / SLUG)
        home = there.folder / "submitted" / name / SLUG
        there.answer(home / f"{SLUG}.ipynb", *CLASS[name])
        (home / "timestamp.txt").write_text(time)
    there.nb("nbgrader", "autograde", SLUG)
    return there


def test_what_students_fetch_has_all_that_a_check_needs_and_nothing_of_a_solution(
    collected: Exchange,
) -> None:
    home = collected.students / "ada" / SLUG
    assert {p.name for p in home.iterdir()} == {f"{SLUG}.ipynb", "probe.py", "examples.json"}
    said = run(
        home,
        "python",
        "-c",
        "def forward(x, W, b): return x @ W + b\ndef backward(*_): pass\n"
        "from grader.notebook import check\nassert check('forward-value') == 20.0",
    )
    assert said.startswith("✓ Passed · 20 of 20 points · forward-value")


def test_what_came_by_the_exchange_is_marked_as_by_grader_grade(collected: Exchange) -> None:
    rows = collected.exported()
    assert {s: float(r["score"]) for s, r in rows.items()} == AUTOMATIC
    assert {s: r["score"] for s, r in collected.ours("grade", "submitted").items()} == AUTOMATIC


def test_answers_wait_for_a_person_unless_nothing_was_written(collected: Exchange) -> None:
    with api.Gradebook(f"sqlite:///{collected.folder / 'gradebook.db'}") as gb:
        waiting = {
            s.student.id: [g.name for n in s.notebooks for g in n.grades if g.needs_manual_grade]
            for s in gb.assignment_submissions(SLUG)
        }
        nothing = gb.find_grade("essay", SLUG, SLUG, "cy").auto_score
    assert waiting == {"ada": ["essay"], "bo": ["essay"], "cy": [], "late": ["essay"]}
    assert nothing == 0


def test_marks_of_people_come_back_and_both_totals_agree(collected: Exchange) -> None:
    collected.ours("grade", "submitted")
    for student, points in (("ada", 10.0), ("bo", 2.5), ("late", 5.0)):
        collected.mark(student, points, "Read the handout again." if points < 5 else "")
    where = ("--course", str(collected.course))
    where += ("--results", str(collected.folder.parent / "results"))
    said = collected.nb("grader", "import", "nbgrader", "--from", "gradebook.db", *where)
    assert "4 marks of people, 4 new, 0 changed" in said
    ours = {s: r["score"] for s, r in collected.ours("rescore").items()}
    assert ours == {"ada": 100, "bo": 62.5, "cy": 90, "late": 76}
    # What lateness costs is worked out again with the points that people gave.
    collected.nb("nbgrader", "generate_feedback", SLUG)
    rows = collected.exported()
    assert {s: float(r["score"]) for s, r in rows.items()} == ours
    assert {r["status"] for r in rows.values()} == {"graded"}
    page = (collected.folder / "feedback" / "bo" / SLUG / f"{SLUG}.html").read_text("utf-8")
    assert "Read the handout again." in page
    assert "averaged over the batch" in page
    assert "No idea." in page


def test_feedback_goes_back_by_the_exchange(collected: Exchange) -> None:
    collected.nb("nbgrader", "generate_feedback", SLUG)
    collected.nb("nbgrader", "release_feedback", SLUG, "--student=bo")
    collected.student("bo", "fetch_feedback", SLUG)
    (page,) = (collected.students / "bo" / SLUG / "feedback").rglob("*.html")
    assert "averaged over the batch" in page.read_text("utf-8")


# What cannot be done -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            ("autograde", SLUG, "--Judge.course=/nowhere"),
            "There is no course.yaml in /nowhere. Run",
        ),
        (("autograde", "other"), "There is no exercise other in the course to judge it by."),
        (("export", "--to=none/grades.csv"), "none/grades.csv cannot be written (No such"),
        (
            ("export", "--exporter=grader.nbgrader.exporters.JsonExporter", "--to=release"),
            "release cannot be written (Is a directory)",
        ),
    ],
    ids=["no course", "no exercise", "no folder", "a folder"],
)
def test_what_cannot_be_done_is_told_in_one_line_without_a_traceback(
    collected: Exchange, command: tuple[str, ...], said: str
) -> None:
    other = collected.folder / "submitted" / "ada" / "other"
    other.mkdir(exist_ok=True)
    shutil.copy(collected.folder / "release" / SLUG / f"{SLUG}.ipynb", other / "other.ipynb")
    before = sorted(collected.folder.glob("autograded/*/*"))
    told = collected.nb("nbgrader", *command, accept=(1,))
    assert "Traceback" not in told
    assert [line for line in told.splitlines() if said in line and "ERROR" in line]
    assert sorted(collected.folder.glob("autograded/*/*")) == before
