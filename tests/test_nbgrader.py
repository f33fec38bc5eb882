"""nbgrader's own commands, with our judge in them: a class of notebooks from release to export."""

from __future__ import annotations

import copy
import csv
import html
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import browser
import nbgrader_class as kit
import pytest
import yaml
from nbgrader_class import OTHERS, PARTLY, RIGHT, Book, run

SLUGS = ("rnn_unit", "rnn_bptt", "gradient_clipping")
STUDENTS = (*RIGHT, *PARTLY, *OTHERS, "untouched", "broken", "link", "module")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="others' code is run in the Linux sandbox"),
]


@dataclass(frozen=True)
class Graded:
    """A course that went through all of nbgrader, and `grader grade` of the same folder."""

    folder: Path
    rows: dict[tuple[str, str], dict[str, str]]
    ours: dict[tuple[str, str], dict[str, Any]]
    log: str


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    folder = tmp_path_factory.mktemp("nbgrader") / "course"
    roster = folder.parent / "roster.csv"
    names = "".join(f"{s},First,Last,{s}@example.org\n" for s in STUDENTS)
    roster.write_text(f"id,first_name,last_name,email\n{names}")
    folder.mkdir()
    course = ("--course", str(kit.ROOT))
    run(folder, "grader", "nbgrader", "init", ".", "--roster", str(roster), *course)
    log = ""
    for slug in SLUGS:
        run(folder, "nbgrader", "generate_assignment", slug)
        hand_in(folder, slug)
        # What autograding would put in the place of a student's own module.
        (folder / "source" / slug / f"{slug}.py").write_text("raise SystemExit\n")
        log += run(folder, "nbgrader", "autograde", slug)
        run(folder, "nbgrader", "generate_feedback", slug)
    run(folder, "nbgrader", "export", "--to=grades.csv")
    with (folder / "grades.csv").open(newline="") as f:
        rows = {(r["student_id"], r["assignment"]): r for r in csv.DictReader(f)}
    results = ("--results", str(folder.parent / "results"), "--json")
    done = subprocess.run(
        [str(kit.BIN / "grader"), "grade", "submitted", *course, *results],
        cwd=folder,
        env={**os.environ, "GRADER_SECRET": kit.SECRET},
        capture_output=True,
        text=True,
    )
    document = json.loads(done.stdout)
    ours = {(r["student"], r["assignment"]): r for r in document["results"]}
    return Graded(folder, rows, ours, log)


def hand_in(folder: Path, slug: str) -> None:
    """The whole class's work in submitted/, all in time."""
    solved = json.loads((folder / "source" / slug / f"{slug}.ipynb").read_text())
    given = json.loads((folder / "release" / slug / f"{slug}.ipynb").read_text())
    kit.solution(given)["source"] = kit.text(kit.solution(solved))
    mistake = yaml.safe_load((kit.ROOT / "solutions" / slug / "mistakes.yaml").read_text())
    edits = tuple((e["replace"], e["with"]) for e in mistake["mistakes"][0]["edits"])
    wrong = kit.with_mistake(copy.deepcopy(given), edits)
    for student in STUDENTS:
        home = folder / "submitted" / student / slug
        shutil.copytree(folder / "release" / slug, home)
        (home / "timestamp.txt").write_text(kit.LATE if student == "late" else kit.IN_TIME)
        path = home / f"{slug}.ipynb"
        changes = RIGHT | OTHERS
        if student in changes:
            kit.write(path, changes[student](copy.deepcopy(given)))
        elif student in PARTLY:
            kit.write(path, PARTLY[student](copy.deepcopy(wrong)))
        elif student == "broken":
            path.write_text('{"cells": [{"cell_type": "code", "source": ["no end')
        elif student == "link":
            path.unlink()
            path.symlink_to(folder / "source" / slug / f"{slug}.ipynb")
        elif student == "module":  # a right module, beside a notebook that was not touched
            (home / f"{slug}.py").write_text(kit.text(kit.solution(solved)))
            shutil.copy(kit.ROOT / "assignments" / slug / f"{slug}.ipynb", path)


def score(graded: Graded, student: str, slug: str) -> float:
    return float(graded.rows[student, slug]["score"])


@pytest.mark.parametrize("slug", SLUGS)
def test_the_gradebook_has_the_scores_of_grader_grade_to_the_cent(
    graded: Graded, slug: str
) -> None:
    assert len(STUDENTS) >= 12
    theirs = {s: round(score(graded, s, slug), 2) for s in STUDENTS}
    assert theirs == {s: graded.ours[s, slug]["score"] for s in STUDENTS}
    most = {float(graded.rows[s, slug]["max_score"]) for s in STUDENTS}
    assert most == {float(graded.ours["right", slug]["max_score"])}


def test_lateness_costs_what_the_course_says(graded: Graded) -> None:
    late = [float(graded.rows["late", slug]["late_submission_penalty"]) for slug in SLUGS]
    assert late[0] > late[1] > late[2] == 0
    assert all(graded.rows["late", slug]["raw_score"] == "100" for slug in SLUGS)


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("student", RIGHT)
def test_whatever_is_around_a_right_solution_costs_nothing(
    graded: Graded, student: str, slug: str
) -> None:
    assert score(graded, student, slug) == float(graded.rows[student, slug]["max_score"])


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("student", PARTLY)
def test_whatever_is_around_a_wrong_solution_gains_nothing(
    graded: Graded, student: str, slug: str
) -> None:
    deserved = score(graded, "partly", slug)
    assert 0 < deserved < float(graded.rows[student, slug]["max_score"])
    assert score(graded, student, slug) == deserved


@pytest.mark.parametrize("slug", SLUGS)
def test_a_notebook_that_cannot_be_read_earns_nothing_and_stops_nobody(
    graded: Graded, slug: str
) -> None:
    for student in ("broken", "link"):
        assert score(graded, student, slug) == 0
        book = json.loads(autograded(graded, student, slug).read_text())
        assert [kit.text(c) for c in kit.tests(book)]
        assert not [c for c in book["cells"] if "BEGIN SOLUTION" in kit.text(c)]


def autograded(graded: Graded, student: str, slug: str) -> Path:
    return graded.folder / "autograded" / student / slug / f"{slug}.ipynb"


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("student", STUDENTS)
def test_each_test_cell_has_one_plain_float_a_reason_and_no_stderr(
    graded: Graded, student: str, slug: str
) -> None:
    book = json.loads(autograded(graded, student, slug).read_text())
    checks = {c["id"]: c for c in graded.ours[student, slug]["checks"]}
    cells = [c for c in kit.tests(book) if c["cell_type"] == "code"]
    assert sorted(c["metadata"]["nbgrader"]["grade_id"] for c in cells) == sorted(checks)
    for cell in cells:
        result, reason = cell["outputs"]
        check = checks[cell["metadata"]["nbgrader"]["grade_id"]]
        shown = "".join(result["data"]["text/plain"])
        assert re.fullmatch(r"\d+\.\d+", shown)
        assert float(shown) == pytest.approx(check["points"], abs=0.005)
        assert float(cell["metadata"]["nbgrader"]["points"]) == check["max_points"]
        told = "".join(reason["data"]["text/plain"])
        assert check["title"] in told
        if student in PARTLY:
            assert check["reason"] in told
            assert all(m["hint"] in told for d in check["diagnosis"] for m in d["mistakes"])
    others = [c for c in book["cells"] if c not in cells and c["cell_type"] == "code"]
    assert not any(c["outputs"] for c in others)


def test_a_student_s_own_module_survives_autograding_and_is_what_counts(graded: Graded) -> None:
    for slug in SLUGS:
        mine = autograded(graded, "module", slug).with_name(f"{slug}.py").read_text()
        assert mine == kit.text(kit.solution(json.loads(source(graded, slug).read_text())))
        assert score(graded, "module", slug) == score(graded, "right", slug)


def source(graded: Graded, slug: str) -> Path:
    return graded.folder / "source" / slug / f"{slug}.ipynb"


def test_nothing_hidden_is_in_any_feedback_or_release(graded: Graded) -> None:
    pages = [*graded.folder.glob("feedback/*/*/*.html"), *graded.folder.glob("release/*/*")]
    assert len(pages) > len(STUDENTS) * len(SLUGS)
    for page in pages:
        text = html.unescape(re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8")))
        assert "Relative error" not in text
        assert not re.search(r"LEAK[^'\"]*array\(", text)
        hidden = yaml.safe_load(
            (kit.ROOT / "solutions" / page.parent.name / "hidden.yaml").read_text()
        )
        for case in hidden["cases"]:
            assert case["why"] not in text
    for page in graded.folder.glob("feedback/untouched/*/*.html"):
        assert "BEGIN SOLUTION" not in page.read_text(encoding="utf-8")


def test_feedback_has_points_reasons_diagnosis_and_hint(graded: Graded) -> None:
    page = graded.folder / "feedback" / "partly" / "rnn_unit" / "rnn_unit.html"
    text = html.unescape(re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8")))
    lost = [c for c in graded.ours["partly", "rnn_unit"]["checks"] if c["points"] == 0]
    assert lost
    for check in lost:
        assert check["title"] in text
        assert check["reason"] in text
        assert all(m["when"] in text for d in check["diagnosis"] for m in d["mistakes"])


def test_no_kernel_is_started(graded: Graded) -> None:
    assert "ernel" not in graded.log.replace("OverwriteKernelspec", "")


def test_what_the_students_get_has_placeholders_and_no_solution(graded: Graded) -> None:
    for slug in SLUGS:
        given = graded.folder / "release" / slug
        assert {p.name for p in given.iterdir()} == {
            "examples.json",
            "probe.py",
            f"{slug}.ipynb",
        }
        cell = kit.text(kit.solution(json.loads((given / f"{slug}.ipynb").read_text())))
        assert "# YOUR CODE HERE" in cell
        assert "SOLUTION" not in cell


# What stock nbgrader makes of two cheats ---------------------------------------------------------

HIDDEN_TEST = """\
### BEGIN HIDDEN TESTS
import numpy as np
rng = np.random.default_rng(1)
shapes = ((3, 4), (3, 5), (4, 5), (5, 5), (1, 5), (3, 5))
x, h, Wx, Wh, b, dy = (rng.standard_normal(s) for s in shapes)
unit = RNNUnit(Wx, Wh, b)
y = np.tanh(h @ Wh + x @ Wx + b)
np.testing.assert_allclose(unit.forward(x, h), y)
np.testing.assert_allclose(unit.backward(dy)[0], (dy * (1 - y**2)) @ Wx.T)
### END HIDDEN TESTS
"""
NOTHING = """\
import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, x, h_prev):
        self.cache = (x, h_prev)
        return np.zeros_like(h_prev)

    def backward(self, dh_next):
        return tuple(np.zeros_like(a) for a in self.cache)
"""
CHEATS = {"honest": "", "rebinds": kit.REBIND, "blanks": kit.BLANK}


def stock_and_ours(folder: Path) -> tuple[Path, Path]:
    """The same exercise twice: with asserts in hidden tests, run by a kernel; and judged by us."""
    ours, stock = folder / "ours", folder / "stock"
    for course in (ours, stock):
        course.mkdir()
    run(ours, "grader", "nbgrader", "init", ".", "--course", str(kit.ROOT))
    run(ours, "nbgrader", "generate_assignment", "rnn_unit")
    book = json.loads((ours / "source/rnn_unit/rnn_unit.ipynb").read_text())
    for cell in kit.tests(book):
        cell["source"] = HIDDEN_TEST
    kit.write(stock / "source/rnn_unit/rnn_unit.ipynb", book)
    (stock / "nbgrader_config.py").write_text("c = get_config()\n")
    run(stock, "nbgrader", "generate_assignment", "rnn_unit")
    return ours, stock


def autograde(course: Path) -> dict[str, float]:
    """Each student's share of the points."""
    run(course, "nbgrader", "autograde", "rnn_unit")
    run(course, "nbgrader", "export", "--to=grades.csv")
    with (course / "grades.csv").open(newline="") as f:
        rows = [r for r in csv.DictReader(f) if r["assignment"] == "rnn_unit"]
    return {r["student_id"]: float(r["score"]) / float(r["max_score"]) for r in rows}


def test_two_cheats_that_give_full_marks_in_stock_nbgrader_gain_nothing_here(
    tmp_path: Path,
) -> None:
    ours, stock = stock_and_ours(tmp_path)
    given: Book = json.loads((ours / "release/rnn_unit/rnn_unit.ipynb").read_text())
    for student, cheat in CHEATS.items():
        book = copy.deepcopy(given)
        kit.solution(book)["source"] = NOTHING
        if cheat:
            book["cells"].insert(0, kit.code(cheat))
        for course in (ours, stock):
            kit.write(course / "submitted" / student / "rnn_unit" / "rnn_unit.ipynb", book)
    theirs, judged = autograde(stock), autograde(ours)
    assert theirs == {"honest": 0, "rebinds": 1, "blanks": 1}
    assert judged["honest"] < 0.25
    assert set(judged.values()) == {judged["honest"]}


# Formgrader --------------------------------------------------------------------------------------


@pytest.fixture
def formgrader(graded: Graded) -> Iterator[str]:
    """Formgrader's address, on loopback. The server ends with the test."""
    env = {**os.environ, "GRADER_SECRET": kit.SECRET, "HOME": str(graded.folder)}
    env["PATH"] = os.pathsep.join([str(kit.BIN), env["PATH"]])
    env |= {
        f"JUPYTER_{kind}_DIR": str(graded.folder / ".jupyter" / kind)
        for kind in ("CONFIG", "RUNTIME", "DATA")
    }
    extension = str({"nbgrader.server_extensions.formgrader": True})
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--ip=127.0.0.1", "--port=0"]
    command += ["--IdentityProvider.token=sesame", f"--ServerApp.jpserver_extensions={extension}"]
    command += ["--allow-root"]
    server = subprocess.Popen(
        command,
        cwd=graded.folder,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr is not None
    try:
        addresses = (re.search(r"http://127\.0\.0\.1:\d+", line) for line in server.stderr)
        address = next(filter(None, addresses), None)
        assert address, "the server ended before it listened"
        yield address[0]
    finally:
        server.terminate()
        server.communicate(timeout=30)


@pytest.mark.skipif(browser.CHROMIUM is None, reason="there is no Chromium on this machine")
def test_formgrader_shows_assignment_submission_scores_and_comments(
    graded: Graded, formgrader: str, tmp_path: Path
) -> None:
    comments = "[...document.querySelectorAll('textarea.comment')].map(t => t.placeholder)"
    with browser.Browser(tmp_path / "profile") as window:
        text = window.open(
            f"{formgrader}/formgrader?token=sesame", "document.body.innerText.includes('rnn_unit')"
        )
        assert all(slug in text for slug in SLUGS)
        window.open(
            f"{formgrader}/formgrader/manage_submissions/rnn_unit",
            "document.body.innerText.includes('partly')",
        )
        want = f"{score(graded, 'partly', 'rnn_unit'):g} / 100"
        table = f"{formgrader}/formgrader/gradebook/rnn_unit/rnn_unit"
        text = window.open(table, f"document.body.innerText.includes({want!r})")
        assert "100 / 100" in text
        row = (
            f"[...document.querySelectorAll('tbody tr')].find(r => r.innerText.includes({want!r}))"
        )
        submission = window.evaluate(f"{row}.querySelector('a').href")
        text = window.open(
            submission,
            "[...document.querySelectorAll('input.score')].some(s => s.placeholder)"
            f" && {comments}.some(text => /Hint/.test(text))",
        )
        shown = window.evaluate(
            "[...document.querySelectorAll('input.score')].map(s => Number(s.placeholder))"
        )
        checks = graded.ours["partly", "rnn_unit"]["checks"]
        assert shown == [c["points"] for c in checks]
        assert all(c["title"] in text for c in checks)
        (comment,) = window.evaluate(comments)
        (diagnosis, *_) = [m for c in checks for d in c["diagnosis"] for m in d["mistakes"]]
        assert diagnosis["when"] in comment
        assert diagnosis["hint"] in comment
