"""The command line from end to end, on a tiny course and on the repository's own."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from course_kit import COURSE, HIDDEN, MISTAKES, PROBE, RUBRIC, SLUG, SOURCE, Course, affine
from golden.kit import (
    COMMAND,
    EXAMPLES,
    PATIENCE,
    REFERENCE,
    STUB,
    built,
    children,
    command,
    grade,
    grader,
    place,
    results,
    started,
    until,
)

ROOT = Path(__file__).resolve().parent.parent
CLASS = ROOT / "examples" / "class"

NEGATED = affine(dx="-dy @ W.T", dW="-x.T @ dy", db="-dy.sum(axis=0)")

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="uses /proc")


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return built(Course(tmp_path))


@pytest.fixture
def handed_in(course: Course) -> Course:
    """Right, wrong in two ways, and one that does not compile."""
    course.submit("ada", affine()).submit("bo", affine(dW="x.T @ dy / len(x)"))
    return course.submit("cy", affine(y="x @ W", db="dy.mean(axis=0)")).submit("di", "def (")


def turns(course: Course) -> list[int]:
    """The rows of the store, which change when something is judged."""
    with sqlite3.connect(results(course) / "results.db") as db:
        return [turn for (turn,) in db.execute("SELECT turn FROM judgement ORDER BY turn")]


# grade


def test_grading_twice_gives_the_same_document_and_runs_nothing_again(handed_in: Course) -> None:
    first = grade(handed_in, "--json")
    rows = turns(handed_in)
    again = grade(handed_in, "--json")
    assert (again.out, again.code) == (first.out, 1)
    assert turns(handed_in) == rows
    assert first.scores == {"ada": 100, "bo": 70, "cy": 65, "di": 0}


def test_force_judges_again(handed_in: Course) -> None:
    grade(handed_in)
    rows = turns(handed_in)
    assert grade(handed_in, "--force").code == 1
    assert min(turns(handed_in)) > max(rows)


def test_a_changed_submission_is_judged_again_and_the_others_are_not(handed_in: Course) -> None:
    grade(handed_in)
    rows = turns(handed_in)
    assert grade(handed_in.submit("bo", affine()), "--json").scores["bo"] == 100
    assert len(set(turns(handed_in)) - set(rows)) == 1


def test_more_workers_give_the_same_marks(handed_in: Course) -> None:
    one = grade(handed_in, "--json")
    ran = command(
        *("grade", handed_in.handed_in, "--course", handed_in.root, "--json", "--workers", "2"),
        *("--results", handed_in.root.parent / "others"),
    )
    assert (ran.code, ran.document) == (1, one.document)


def test_a_class_without_a_fault_exits_with_0(course: Course) -> None:
    ran = grade(course.submit("ada", affine()), "--json")
    assert (ran.code, ran.err.count("Made a course secret")) == (0, 1)
    secret = course.path(".grader/secret")
    assert secret.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("layout", ["file", "student", "class", "flat", "loose"])
def test_each_plain_layout_is_recognised(course: Course, layout: str, tmp_path: Path) -> None:
    there = tmp_path / "there"
    file = {
        "file": there / "ada" / f"{SLUG}.py",
        "student": there / "ada" / SLUG / f"{SLUG}.py",
        "class": there / "ada" / SLUG / f"{SLUG}.py",
        "flat": there / "ada" / f"{SLUG}.py",
        "loose": there / "ada.py",
    }[layout]
    file.parent.mkdir(parents=True)
    file.write_text(affine())
    path = {"file": file, "student": there / "ada"}.get(layout, there)
    assert grade(course, "--json", handed_in=path).scores == {"ada": 100}


def test_what_cannot_be_read_is_a_row_with_the_reason_and_costs_nobody_else(
    course: Course,
) -> None:
    course.submit("ada", affine()).submit("big", b"#" * (300 << 10)).submit("link", "")
    folder = course.handed_in
    (folder / "link" / SLUG / f"{SLUG}.py").unlink()
    (folder / "link" / SLUG / f"{SLUG}.py").symlink_to(folder / "ada" / SLUG / f"{SLUG}.py")
    for name in ("fifo", "folder", "other", "misspelt", "empty"):
        (folder / name / SLUG).mkdir(parents=True)
    os.mkfifo(folder / "fifo" / SLUG / f"{SLUG}.py")
    (folder / "folder" / SLUG / f"{SLUG}.py").mkdir()
    (folder / "other" / SLUG / "notes.py").write_text("to_do = []\n")
    (folder / "misspelt" / SLUG / "afine.py").write_text(affine())
    (folder / "stray.txt").write_text("?")
    ran = grade(course, "--json")
    told = {r["student"]: r["problem"] for r in ran.document["results"]}
    assert ran.scores == {s: 100 if s in ("ada", "misspelt") else 0 for s in told}
    assert "more than 262144 bytes" in told["big"]
    assert told["link"] == told["fifo"] == told["folder"] == "affine.py is not a regular file."
    assert "only notes.py. Rename it to affine.py" in told["other"]
    assert told["empty"] == "There is no file affine.py."
    assert ran.document["errors"] == ["stray.txt: not a student's folder; passed over."]


def test_hostile_names_are_shown_without_their_tricks(course: Course) -> None:
    name = "\x1b[2Jeve\u202e"
    ran = grade(course.submit(name, affine()))
    assert "eve" in ran.out
    assert not {"\x1b", "\u202e"} & set(ran.out)


def test_two_students_with_the_same_file_get_other_inputs_and_the_same_marks(
    course: Course,
) -> None:
    wrong = affine(dW="x.T @ dy / len(x)")
    ran = grade(course.submit("ada", wrong).submit("bo", wrong), "--json")
    assert ran.scores == {"ada": 70, "bo": 70}
    ada, bo = (grader("replay", s, SLUG, *place(course), "--json").document for s in ("ada", "bo"))
    assert ada["agrees"]
    assert bo["agrees"]
    assert ada["cases"][0]["inputs"] != bo["cases"][0]["inputs"]


@pytest.mark.parametrize(
    ("path", "old", "new", "place"),
    [
        ("course.yaml", "title:", "titel:", "course.yaml:3:1: titel: there is no such key."),
        (RUBRIC, "points: 30", "points: 31", "assignment.yaml:11:3: the checks' points add up"),
        (HIDDEN, "regime: single", "regime: double", "hidden.yaml:3:3: no case has regime"),
        (MISTAKES, "[grad-W]", "[grad-V]", "mistakes.yaml:13:13: there is no check `grad-V`."),
        (MISTAKES, "replace: x.T @ dy,", "replace: x.T @ dz,", "mistakes.yaml:9:5: weights-"),
        (SOURCE, "dx = dy @ W.T", "dx = dy @ (W.T", "affine.py"),
    ],
)
def test_a_broken_course_stops_before_any_grading(
    handed_in: Course, path: str, old: str, new: str, place: str
) -> None:
    ran = grade(handed_in.edit(path, old, new), "--json")
    assert (ran.code, ran.out) == (2, "")
    assert place in ran.err
    assert not results(handed_in).exists()


def test_a_damaged_store_is_an_error_with_advice(handed_in: Course) -> None:
    results(handed_in).mkdir()
    (results(handed_in) / "results.db").write_bytes(b"not a database, whatever its name says")
    ran = grade(handed_in)
    assert ran.code == 2
    assert "--results DIR" in ran.err


@on_linux
@pytest.mark.parametrize("rows", [0, 1, 3])
def test_a_killed_run_keeps_what_is_finished_and_goes_on(course: Course, rows: int) -> None:
    slow = affine(first="sum(range(3_000_000))")
    for n in range(5):
        course.submit(f"student-{n}", slow)
    run = started("grade", course.handed_in, *place(course), "--workers", "1", "--json")

    def stored() -> int:
        try:
            return len(turns(course))
        except sqlite3.OperationalError:
            return -1

    with run:
        until(lambda: stored() >= rows, f"{rows} rows")
        family = [run.pid, *children(run.pid)]
        run.send_signal(signal.SIGKILL)
    kept = turns(course)
    assert len(kept) >= rows
    until(lambda: not any(Path(f"/proc/{p}").exists() for p in family[1:]), "the zygote to end")
    again = grade(course, "--json")
    assert set(again.scores.values()) == {100}
    assert set(kept) <= set(turns(course))


@on_linux
def test_ctrl_c_twice_says_how_to_go_on(course: Course) -> None:
    course.edit(COURSE, "seconds: 5", "seconds: 60")
    course.submit("ada", affine(top="while True: pass"))
    run = started("grade", course.handed_in, *place(course), "--workers", "1")
    with run:
        until(lambda: (results(course) / "results.db").exists(), "the batch to begin")
        until(lambda: list(children(run.pid)), "the zygote")
        run.send_signal(signal.SIGINT)
        assert run.stderr is not None
        told = next(line for line in run.stderr if "under way" in line)
        assert "Ctrl-C again stops at once." in told
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=PATIENCE)
    assert run.returncode == 130
    assert "Run the same command again to go on." in err
    assert "Traceback" not in err


# rescore, replay


def test_new_points_need_no_rerun(handed_in: Course) -> None:
    grade(handed_in)
    rows = turns(handed_in)
    shutil.rmtree(handed_in.handed_in)
    handed_in.edit(RUBRIC, "points: 30", "points: 40").edit(
        RUBRIC,
        "kind: matches, of: [forward.y], points: 20",
        "kind: matches, of: [forward.y], points: 10",
    )
    ran = grader("rescore", *place(handed_in), "--json")
    assert (ran.code, ran.scores) == (0, {"ada": 100, "bo": 60, "cy": 75, "di": 0})
    assert turns(handed_in) == rows


def test_a_replay_says_when_the_exercise_has_changed(handed_in: Course) -> None:
    grade(handed_in)
    same = grader("replay", "bo", SLUG, *place(handed_in))
    assert (same.code, "came out as stored" in same.out) == (0, True)
    handed_in.edit(HIDDEN, "{batch: 5, features: 3", "{batch: 6, features: 3")
    other = grader("replay", "bo", SLUG, *place(handed_in))
    assert "has changed since" in other.out
    nobody = grader("replay", "zoe", SLUG, *place(handed_in))
    assert (nobody.code, "no result of zoe" in nobody.err) == (2, True)


# check


def test_the_stub_is_told_in_one_sentence(course: Course) -> None:
    ran = grader("check", SLUG, "--course", course.root)
    assert ran.code == 1
    assert ran.out.count("mplemented") == 1
    assert "Nothing is implemented yet. Open affine.py" in ran.out
    assert "0 of 100 points" in ran.out


def test_a_right_file_exits_with_0(course: Course, tmp_path: Path) -> None:
    file = tmp_path / SLUG / "affine.py"
    file.parent.mkdir()
    file.write_text(affine())
    ran = grader("check", file, "--course", course.root)
    assert (ran.code, ran.err) == (0, "")
    assert "100 of 100 points" in ran.out
    assert "\x1b" not in ran.out


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        (
            NEGATED,
            [
                "dx is not right.",
                "Every entry has the wrong sign.",
                "Your dx is what you get when every gradient has the wrong sign.",
                "Hint: Raise b a little. Does y rise or fall?",
            ],
        ),
        (affine(dx="dy @ W"), ["Your code raised ValueError.", "line 10: return dy @ W, "]),
        ("import numpy as np\ndef forward(:", ["cannot be compiled", "line 2: def forward(:"]),
        (affine(dx="list(dy @ W.T)"), ["dx is not a numpy array.", "It is of type list"]),
        (affine(y="x @ W + b + np.nan"), ["y contains NaN or infinity."]),
        (affine(top="import torch"), ["torch is not to be had here. Use numpy", "import torch"]),
        (affine(first="print('seen', x.shape)"), ["Your code printed:", "seen (3, 4)"]),
        ("x = 1\n", ["affine.py does not define forward."]),
    ],
)
def test_a_wrong_file_is_told_what_is_wrong_and_where(
    course: Course, tmp_path: Path, code: str, lines: list[str]
) -> None:
    file = tmp_path / "affine.py"
    file.write_text(code)
    said = " ".join(grader("check", file, "--course", course.root).out.split())
    for line in lines:
        assert " ".join(line.split()) in said


def test_check_prints_one_document_for_other_tools(course: Course) -> None:
    ran = grader("check", "--json", "--course", course.root)
    (row,) = ran.document["results"]
    assert (row["assignment"], row["score"], row["max_score"]) == (SLUG, 0, 100)


def test_an_unknown_exercise_and_a_folder_outside_are_usage_errors(
    course: Course, tmp_path: Path
) -> None:
    assert grader("check", "nope", "--course", course.root).code == 2
    outside = grader("check", cwd=tmp_path)
    assert (outside.code, "No course.yaml" in outside.err) == (2, True)


@on_linux
def test_colours_are_for_terminals_only(course: Course) -> None:
    ours, theirs = pty.openpty()
    run = subprocess.run(
        [COMMAND, "check", "--course", course.root], stdout=theirs, stderr=theirs, check=False
    )
    os.close(theirs)
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert run.returncode == 1
    assert re.search(r"\x1b\[\d+m", shown)


STUDENTS_INSTALL = """
import sys
import importlib.abc

class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        banned = {"pydantic", "jinja2", "nbformat", "jupytext", "nbgrader", "yaml", "rich"}
        if name.partition(".")[0] in banned or name in ("grader.schema", "grader.exercise"):
            raise AssertionError(f"{name} is imported by grader check")
        return None

sys.meta_path.insert(0, Missing())
sys.argv = ["grader", "check", *sys.argv[1:]]
from grader.cli import main
main()
"""


def test_a_student_needs_nothing_but_numpy_and_click_and_nothing_of_the_solutions(
    course: Course, tmp_path: Path
) -> None:
    shutil.rmtree(course.path("solutions"))
    (tmp_path / "affine.py").write_text(NEGATED)
    ran = subprocess.run(
        [sys.executable, "-c", STUDENTS_INSTALL, tmp_path / "affine.py", "--course", course.root],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1, ran.stderr
    assert "35 of 100 points" in ran.stdout
    assert "every gradient has the wrong sign" in ran.stdout


# build, verify


def proof(course: Course) -> tuple[int, dict[str, Any]]:
    ran = grader("verify", "--course", course.root, "--json")
    (assignment,) = ran.document["assignments"]
    return ran.code, assignment


@pytest.fixture
def proven(course: Course) -> Course:
    """The tiny course with the hints that a proof asks for."""
    hinted = course.path(RUBRIC).read_text(encoding="utf-8")
    hinted = re.sub(r"(points: [\d/.]+)}", r"\1, hint: Think again.}", hinted)
    hinted = hinted.replace("points: 15/2\n", "points: 15/2\n    hint: Think again.\n")
    # A mistake is named for two cases at least, so there are two of one row.
    more = "  - {id: another, regime: single, why: One row., sizes: {batch: 1, features: 2}}\n"
    hidden = course.path(HIDDEN).read_text(encoding="utf-8") + more
    return built(course.write(RUBRIC, hinted).write(HIDDEN, hidden))


def test_an_exercise_is_proven(proven: Course) -> None:
    code, found = proof(proven)
    assert (code, found["failures"]) == (0, [])
    assert found["reference"]["error"] < 1e-12
    assert (found["mistakes"]["caught"], found["mistakes"]["total"]) == (6, 6)
    assert found["stub"]["score"] == 0


@pytest.mark.parametrize(
    ("path", "old", "new", "line"),
    [
        (
            MISTAKES,
            "hint: Count the terms of the formula.",
            "hint: Try db = np.sum(dy, axis=0) first.",
            "holds a line",
        ),
        (
            MISTAKES,
            "loses: [forward-value]",
            "loses: [forward-value, grad-b]",
            "does not lose grad-b",
        ),
        (MISTAKES, "loses: [unmodified]", "loses: [grad-x]", "loses unmodified, which"),
        (
            MISTAKES,
            "{replace: x @ W + b, with: x @ W}",
            "{replace: x @ V + b, with: x @ W}",
            "stands nowhere",
        ),
        (
            STUB,
            '# YOUR CODE HERE\n    raise NotImplementedError("forward',
            '# x\n    raise NotImplementedError("forward',
            "is not what the source gives",
        ),
        (PROBE, '"x": dx', '"x": 1.001 * dx', "off by 1.0e-03 of what its proof gives"),
        (EXAMPLES, '"shape": [3, 4]', '"shape": [4, 3]', "examples.json"),
        (
            RUBRIC,
            "hint: Which of your lines writes into an array that you were given?\n",
            "hint: ''\n",
            "this is empty",
        ),
    ],
)
def test_what_is_broken_by_hand_is_not_proven(
    proven: Course, path: str, old: str, new: str, line: str
) -> None:
    text = proven.path(path).read_text(encoding="utf-8")
    assert old in text
    code, found = proof(proven.write(path, text.replace(old, new, 1)))
    assert code == 1
    assert any(line in failure for failure in found["failures"]), found["failures"]


def test_an_accepted_solution_that_loses_marks_is_told(proven: Course) -> None:
    wrong = affine(db="dy.mean(axis=0)")
    code, found = proof(proven.write(f"solutions/{SLUG}/accepted/mean.py", wrong))
    assert (code, found["accepted"]) == (1, {"total": 1, "full": 0})
    assert "accepted/mean.py: loses grad-b" in found["failures"][0]


def test_a_check_that_no_mistake_fails_is_told(proven: Course) -> None:
    proven.edit(MISTAKES, "loses: [one-row]", "loses: [one-row]\n    slow: true")
    text = proven.path(MISTAKES).read_text(encoding="utf-8")
    _, found = proof(proven.write(MISTAKES, text[: text.index("  - name: row-squeezed")]))
    assert found["mistakes"]["blind_checks"] == ["one-row"]


def test_drift_is_found_and_mended_by_build(course: Course) -> None:
    assert grader("build", "--check", "--course", course.root).code == 0
    course.edit(
        STUB,
        '# YOUR CODE HERE\n    raise NotImplementedError("forward',
        '# mine\n    raise NotImplementedError("forward',
    )
    drifted = grader("build", "--check", "--course", course.root)
    assert (drifted.code, f"assignments/{STUB.partition('/')[2]}" in drifted.out) == (1, True)
    assert grader("build", "--course", course.root).out.strip().endswith("affine.py")
    assert grader("build", "--check", "--course", course.root).code == 0


def test_a_reference_of_this_repository_earns_full_marks_and_is_read_nowhere_else() -> None:
    ran = grader("check", ROOT / "solutions/rnn_unit/rnn_unit.py", "--course", ROOT)
    assert (ran.code, "100 of 100 points" in ran.out) == (0, True)
    assert REFERENCE.startswith("solutions/")


def test_a_class_report_is_written(handed_in: Course, tmp_path: Path) -> None:
    grade(handed_in)
    ran = grader("report", *place(handed_in), "--out", tmp_path / "report")
    assert ran.code == 0
    assert (tmp_path / "report" / "index.html").is_file()
    assert "report/index.html" in ran.out


def test_a_command_without_results_says_what_to_do(course: Course) -> None:
    for name in ("report", "rescore"):
        ran = grader(name, *place(course))
        assert (ran.code, "grader grade PATH" in ran.err) == (2, True)


def test_other_peoples_work_is_refused_where_nothing_can_confine_it(
    handed_in: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    ran = grade(handed_in)
    assert (ran.code, "--unsafe-no-sandbox" in ran.err) == (2, True)
    loose = grade(handed_in, "--unsafe-no-sandbox", "--json")
    assert loose.scores["ada"] == 100
    assert {r["isolation"] for r in loose.document["results"]} == {"not sandboxed"}


def test_json_is_all_there_is_on_stdout(handed_in: Course) -> None:
    for arguments in (
        ("grade", handed_in.handed_in, *place(handed_in)),
        ("rescore", *place(handed_in)),
        ("verify", "--course", handed_in.root),
    ):
        json.loads(grader(*arguments, "--json").out)
