"""Results in a real gradebook of nbgrader, and what people give there back in ours."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from course_kit import COURSE, RUBRIC, SLUG, Course, affine
from golden.kit import Ran, built, grade, grader, place

api = pytest.importorskip("nbgrader.api", reason="nbgrader is not installed")
sa = pytest.importorskip("sqlalchemy")
nbformat = pytest.importorskip("nbformat")

from nbgrader.preprocessors import AssignLatePenalties  # noqa: E402
from traitlets.config import Config  # noqa: E402

from grader.nbgrader import database  # noqa: E402

POLICY = """\
schema: 1
id: a-small-course
title: A small course
timezone: Europe/Vienna
late: {grace_minutes: 15, penalty_per_day: 10%, floor: 20%, cutoff_days: 7}
assignments:
  - {slug: affine, due: 2026-10-12 23:59}
limits: {seconds: 5, memory_mb: 512}
"""
EXTENSIONS = """\
schema: 1
extensions:
  - {student: di, days: 3}
"""
MANIFEST = """\
student,assignment,attempt,submitted
ada,affine,,2026-10-12 23:50
bo,affine,,2026-10-14 12:00
cy,affine,,2026-10-24 12:00
di,affine,,2026-10-15 12:00
"""
ODD = 'O\'Neil, "Zoe"; DROP TABLE student'
FORMULA = "=1+1"
SCORES = {"ada": 90, "bo": 48, "cy": 0, "di": 90, "eli": 0, ODD: 60, FORMULA: 90}
SEVENTY = affine(dW="x.T @ dy / len(x)")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = Course(tmp_path_factory.mktemp("class"))
    course.edit(
        RUBRIC,
        "kind: gradient, input: x, points: 20}",
        "kind: gradient, input: x, points: 10}\n"
        "  - {id: essay, title: Why it works, kind: manual, points: 10}",
    )
    course = built(course.write(COURSE, POLICY).write("extensions.yaml", EXTENSIONS))
    for student in ("ada", "cy", "di", FORMULA):
        course.submit(student, affine())
    for student in ("bo", ODD):
        course.submit(student, SEVENTY)
    course.submit("eli", "def forward(:\n")
    (course.handed_in / "submissions.csv").write_text(MANIFEST, encoding="utf-8")
    for student in (ODD, FORMULA, "eli"):
        early = datetime(2026, 10, 1).timestamp()
        os.utime(course.handed_in / student / SLUG / f"{SLUG}.py", (early, early))
    ran = grade(course, "--json")
    assert ran.scores == SCORES
    return course


@pytest.fixture
def course(first: Course, tmp_path: Path) -> Course:
    """A class that is graded, in a folder of its own."""
    for name in ("course", "results", first.handed_in.name):
        shutil.copytree(first.root.parent / name, tmp_path / name)
    copy = Course.__new__(Course)
    copy.__dict__.update(first.__dict__)
    for key, value in first.__dict__.items():
        if isinstance(value, Path):
            copy.__dict__[key] = tmp_path / value.relative_to(first.root.parent)
    return copy


def _programs() -> Path | None:
    found = shutil.which("initdb")
    places = [Path(found)] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    whole = [p.resolve().parent for p in places if p.resolve().with_name("pg_ctl").is_file()]
    return whole[-1] if whole else None


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a PostgreSQL server, started for these tests on loopback."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed on this machine")
    pytest.importorskip("psycopg", reason="the driver of PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    other: dict[str, Any] = {"cwd": folder, "check": True, "stdout": subprocess.DEVNULL}
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        import pwd

        names = {p.pw_name: p for p in pwd.getpwall()}
        user = names.get("postgres") or names.get("nobody")
        if user is None:
            pytest.skip("there is no user whom PostgreSQL could run as")
        os.chown(folder, user.pw_uid, user.pw_gid)
        other |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    data = folder / "data"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = f"-c listen_addresses=127.0.0.1 -c fsync=off -p {port} -k {folder}"
    try:
        how = ["-U", "grader", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"]
        subprocess.run([programs / "initdb", "-D", data, *how], **other)
        log = ["-l", folder / "log"]
        subprocess.run(
            [programs / "pg_ctl", "-D", data, "-w", *log, "-o", options, "start"], **other
        )
        try:
            yield f"postgresql://grader@127.0.0.1:{port}"
        finally:
            subprocess.run([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **other)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sql(url: str, *statements: str) -> list[Any]:
    """The rows of the last of `statements`, each of which is a transaction of its own."""
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    try:
        rows: list[Any] = []
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in statements:
                done = connection.exec_driver_sql(statement)
                rows = [tuple(r) for r in done] if done.returns_rows else []
        return rows
    finally:
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a gradebook that is not there yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'gradebook.db'}"
    server = request.getfixturevalue("server")
    name = "g" + hashlib.sha256(str(tmp_path).encode()).hexdigest()[:12]
    _sql(f"{server}/postgres", f"CREATE DATABASE {name}")
    return f"{server}/{name}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "gradebook.db"


def export(course: Course, into: str | Path, *more: str) -> Ran:
    return grader("export", "nbgrader", "--into", into, *place(course), *more)


def taken(course: Course, source: str | Path) -> Ran:
    return grader("import", "nbgrader", "--from", source, *place(course))


def rescored(course: Course) -> Ran:
    return grader("rescore", *place(course), "--json")


def totals(url: str) -> dict[str, float]:
    """What nbgrader itself makes of everybody's work, as its own export does."""
    url = url.replace("postgresql://", "postgresql+psycopg://")
    with api.Gradebook(url) as gb:
        return {
            s.student.id: round(max(0.0, s.score - s.late_submission_penalty), 2)
            for s in gb.assignment_submissions(SLUG)
        }


def dump(url: str) -> dict[str, list[Any]]:
    return {
        table: sorted(_sql(url, f"SELECT * FROM {table}"), key=repr)
        for table in api.Base.metadata.tables
    }


def mark(url: str, student: str, check: str, **values: Any) -> None:
    """What formgrader does when a person marks a check."""
    with api.Gradebook(url.replace("postgresql://", "postgresql+psycopg://")) as gb:
        graded = gb.find_grade(check, SLUG, SLUG, student)
        for name in {"manual_score", "extra_credit"} & values.keys():
            setattr(graded, name, values[name])
        graded.needs_manual_grade = graded.manual_score is None and graded.auto_score is None
        if "comment" in values:
            gb.find_comment(check, SLUG, SLUG, student).manual_comment = values["comment"]
        gb.db.commit()


def hand_in(gb: Any, student: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sa.exc.SAWarning)  # nbgrader's own, about itself
        gb.add_submission(SLUG, student)


# Out


def test_nbgrader_s_totals_are_ours_to_the_cent_with_lateness_taken_off(
    course: Course, url: str
) -> None:
    ran = export(course, url, "--create")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith(": 7 submissions, 42 scores.\n")
    assert totals(url) == SCORES


def test_what_was_handed_in_as_a_notebook_is_written_as_a_module_is(
    course: Course, file: Path
) -> None:
    given = json.loads(course.path(f"assignments/{SLUG}/{SLUG}.ipynb").read_text("utf-8"))
    code = [c for c in given["cells"] if c["cell_type"] == "code" and _solves(c)]
    backward = "def backward(x, W, b, dy):\n    return "
    for student, answer in (
        ("nb-right", "dy @ W.T, x.T @ dy, dy.sum(axis=0)"),
        ("nb-wrong", "dy @ W.T, x.T @ dy / len(x), dy.sum(axis=0)"),
        ("nb-broken", "dy @ W.T, x.T @ nothing, dy.sum(axis=0)"),
    ):
        code[0]["source"] = "def forward(x, W, b):\n    return x @ W + b\n"
        code[1]["source"] = f"{backward}{answer}\n"
        home = course.handed_in / student / SLUG
        home.mkdir(parents=True)
        (home / f"{SLUG}.ipynb").write_text(json.dumps(given), encoding="utf-8")
        os.utime(home / f"{SLUG}.ipynb", (1_790_000_000,) * 2)
    scores = grade(course, "--json").scores
    assert {s: scores[s] for s in ("nb-right", "nb-wrong")} == {"nb-right": 90, "nb-wrong": 60}
    assert export(course, file, "--create").code == 0
    assert totals(f"sqlite:///{file}") == scores
    with api.Gradebook(f"sqlite:///{file}") as gb:
        wrong, broken = (
            gb.find_comment("solution-backward", SLUG, SLUG, student).auto_comment
            for student in ("nb-wrong", "nb-broken")
        )
    assert "Your dW is what you get when the gradient of W is averaged over the batch." in wrong
    assert "NameError" in broken


def _solves(cell: dict[str, Any]) -> bool:
    return bool(cell["metadata"].get("nbgrader", {}).get("solution"))


def test_a_second_run_changes_nothing_and_says_so(course: Course, url: str) -> None:
    export(course, url, "--create")
    before = dump(url)
    ran = export(course, url)
    assert (ran.code, ran.err) == (0, "")
    assert "had all of it already, so nothing was changed" in ran.out
    assert dump(url) == before


def test_a_second_run_leaves_the_file_as_it_is(course: Course, file: Path) -> None:
    export(course, file, "--create")
    before = file.read_bytes()
    export(course, file)
    assert file.read_bytes() == before


def test_due_times_extensions_and_times_of_submission_are_in_utc(course: Course, url: str) -> None:
    export(course, url, "--create")
    with api.Gradebook(url.replace("postgresql://", "postgresql+psycopg://")) as gb:
        di = gb.find_submission(SLUG, "di")
        assert di.assignment.duedate == datetime(2026, 10, 12, 21, 59)
        assert (di.timestamp, di.extension) == (datetime(2026, 10, 15, 10), timedelta(days=3))
        assert di.total_seconds_late == 0
        assert gb.find_submission(SLUG, "ada").extension is None


def test_each_check_has_a_grade_cell_and_only_manual_ones_wait_for_a_person(
    course: Course, url: str
) -> None:
    export(course, url, "--create")
    with api.Gradebook(url.replace("postgresql://", "postgresql+psycopg://")) as gb:
        cells = {c.name: c for c in gb.find_notebook(SLUG, SLUG).grade_cells}
        assert {n: (c.max_score, c.cell_type) for n, c in cells.items()} == {
            "forward-value": (20, "code"),
            "grad-x": (10, "code"),
            "essay": (10, "markdown"),
            "grad-W": (30, "code"),
            "grad-b": (15, "code"),
            "unmodified": (7.5, "code"),
            "one-row": (7.5, "code"),
        }
        for submission in gb.assignment_submissions(SLUG):
            (sheet,) = submission.notebooks
            assert [g.name for g in sheet.grades if g.needs_manual_grade] == ["essay"]


def test_reason_diagnosis_hint_and_lateness_stand_beside_the_code(
    course: Course, file: Path
) -> None:
    export(course, file, "--create")
    with api.Gradebook(f"sqlite:///{file}") as gb:
        said = gb.find_comment("solution-backward", SLUG, SLUG, "bo").auto_comment
        assert said.splitlines() == [
            "The gradient of W (0 of 30 points): dW is not right. Your dW is what you get when "
            "the gradient of W is averaged over the batch. Every row of the batch has its say.",
            "Handed in 1 day 12 hours late: 20% of the points are taken off.",
        ]
        assert gb.find_comment("solution-backward", SLUG, SLUG, "ada").auto_comment is None


def test_work_that_is_missing_is_not_in_the_gradebook(course: Course, file: Path) -> None:
    export(course, file, "--create")
    with api.Gradebook(f"sqlite:///{file}") as gb:
        gb.add_student("late-comer")
        assert len(gb.assignment_submissions(SLUG)) == len(SCORES)
    assert export(course, file).code == 0


@pytest.mark.parametrize("when", ["in a gradebook", "in a new one"])
def test_a_failure_half_way_leaves_nothing(course: Course, url: str, when: str) -> None:
    """The database itself refuses one of the last rows."""
    if when == "in a gradebook":
        empty(url)
    else:
        api.Base.metadata.tables["comment"].append_constraint(
            constraint := sa.CheckConstraint("id IS NULL", name="nothing_goes")
        )
    try:
        if when == "in a gradebook":
            _refuse_comments(url)
        before = dump(url) if when == "in a gradebook" else None
        ran = export(course, url, *(["--create"] if before is None else []))
    finally:
        if when != "in a gradebook":
            api.Base.metadata.tables["comment"].constraints.discard(constraint)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("grader: ")
    if before is not None:
        assert dump(url) == before
    elif url.startswith("sqlite"):
        assert not Path(url.removeprefix("sqlite:///")).exists()
    else:
        assert _sql(url, "SELECT * FROM pg_tables WHERE schemaname = 'public'") == []


def empty(url: str) -> None:
    """A gradebook as nbgrader makes it."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    code = f"from nbgrader.api import Gradebook; Gradebook({_driver(url)!r}).close()"
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "PATH": path}, check=True)


def _driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")


def _refuse_comments(url: str) -> None:
    if url.startswith("sqlite"):
        _sql(
            url,
            "CREATE TRIGGER nothing_goes BEFORE INSERT ON comment WHEN (SELECT count(*) FROM "
            "comment) > 4 BEGIN SELECT RAISE(ABORT, 'nothing goes'); END",
        )
    else:
        _sql(url, "ALTER TABLE comment ADD CONSTRAINT nothing_goes CHECK (id IS NULL)")


@pytest.mark.slow
def test_it_goes_into_a_gradebook_that_nbgrader_made(course: Course, url: str) -> None:
    empty(url)
    assert export(course, url).code == 0
    assert totals(url) == SCORES


def test_what_people_gave_is_left_alone_and_lateness_is_taken_off_it_too(
    course: Course, url: str
) -> None:
    export(course, url, "--create")
    mark(_driver(url), "bo", "grad-W", manual_score=30.0)
    mark(_driver(url), "bo", "essay", manual_score=5.0, extra_credit=2.5, comment="Short")
    theirs = _people(url)
    course.submit("bo", affine())
    os.utime(course.handed_in / "bo" / SLUG / f"{SLUG}.py")
    assert grade(course, "--json").scores["bo"] == 72
    ran = export(course, url)
    assert ran.code == 1
    assert ran.err == "bo, affine, grad-W: a person's points count in the gradebook alone.\n"
    assert _people(url) == theirs
    assert totals(url)["bo"] == round(0.8 * (90 + 7.5), 2)
    assert "nothing was changed" in export(course, url).out


def _people(url: str) -> list[Any]:
    return sorted(
        [
            *_sql(url, "SELECT id, manual_score, extra_credit FROM grade"),
            *_sql(url, "SELECT id, manual_comment, NULL FROM comment"),
        ],
        key=repr,
    )


def test_a_score_that_a_person_overrode_is_to_be_looked_at_again_once_ours_changes(
    course: Course, file: Path
) -> None:
    export(course, file, "--create")
    mark(f"sqlite:///{file}", "bo", "grad-W", manual_score=12.0)
    query = "SELECT needs_manual_grade FROM grade WHERE manual_score = 12"
    export(course, file)
    assert _sql(f"sqlite:///{file}", query) == [(0,)]
    course.submit("bo", affine())
    grade(course)
    export(course, file)
    assert _sql(f"sqlite:///{file}", query) == [(1,)]


def test_students_and_scores_of_others_stay(course: Course, file: Path) -> None:
    export(course, file, "--create")
    with api.Gradebook(f"sqlite:///{file}") as gb:
        gb.update_or_create_student("ada", first_name="Ada", last_name="L.", email="ada@x.org")
        gb.add_student("guest", first_name="Guest")
        hand_in(gb, "guest")
    before = dump(f"sqlite:///{file}")
    export(course, file)
    assert dump(f"sqlite:///{file}") == before


def test_a_name_that_nbgrader_has_no_room_for_is_told_and_the_others_are_written(
    course: Course, file: Path
) -> None:
    course.submit("x" * 129, affine())
    grade(course)
    ran = export(course, file, "--create")
    assert (ran.code, ran.err) == (1, "x" * 59 + "…: nbgrader has no room for this name.\n")
    assert totals(f"sqlite:///{file}") == SCORES


@pytest.mark.slow
def test_generate_assignment_finds_nothing_to_add_or_remove_afterwards(
    course: Course, tmp_path: Path
) -> None:
    there = tmp_path / "nb"
    source = there / "source" / SLUG / f"{SLUG}.ipynb"
    source.parent.mkdir(parents=True)
    shutil.copy(course.path(f"assignments/{SLUG}/{SLUG}.ipynb"), source)
    (there / "nbgrader_config.py").write_text("c = get_config()\n", encoding="utf-8")
    export(course, there / "gradebook.db", "--create")
    ran = nbgrader("generate_assignment", SLUG, cwd=there)
    assert ran.returncode == 0, ran.stderr
    assert totals(f"sqlite:///{there / 'gradebook.db'}") == SCORES


def nbgrader(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    here = Path(sys.executable).parent
    path = os.pathsep.join([str(here), os.environ["PATH"]])
    return subprocess.run(
        [here / "nbgrader", *arguments],
        cwd=cwd,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_points_and_cells_follow_a_changed_rubric(course: Course, file: Path) -> None:
    export(course, file, "--create")
    course.edit(RUBRIC, "input: W, points: 30}", "input: W, points: 20}")
    course.edit(
        RUBRIC,
        "  - {id: grad-b,",
        "  - {id: talk, title: Tell us, kind: manual, points: 10}\n  - {id: grad-b,",
    )
    stale = export(course, file)
    assert (stale.code, stale.out) == (2, "")
    assert "The notebook of affine has no cell for talk. Run `grader build`" in stale.err
    built(course)
    assert export(course, file).code == 0
    ours = {r["student"]: r["score"] for r in rescored(course).document["results"]}
    assert totals(f"sqlite:///{file}") == ours
    with api.Gradebook(f"sqlite:///{file}") as gb:
        assert gb.find_assignment(SLUG).max_score == 100
        assert gb.find_grade("talk", SLUG, SLUG, "ada").needs_manual_grade


def test_cells_that_are_no_checks_are_told(course: Course, file: Path) -> None:
    export(course, file, "--create")
    with api.Gradebook(f"sqlite:///{file}") as gb:
        gb.add_grade_cell("bonus", SLUG, SLUG, max_score=5, cell_type="code")
    ran = export(course, file)
    assert ran.code == 1
    assert ran.err == "affine: cells of no check count in the gradebook alone: bonus.\n"


# Back


def test_marks_that_people_give_come_back_and_stay_when_graded_again(
    course: Course, url: str
) -> None:
    export(course, url, "--create")
    mark(_driver(url), "ada", "essay", manual_score=7.5, comment="Clear,\nbut short")
    mark(_driver(url), "bo", "essay", manual_score=10.0)
    ran = taken(course, url)
    assert ran.code == 1
    assert ": 2 marks of people, 2 new, 0 changed.\n" in ran.out
    waiting = f"affine, essay: not marked yet: {FORMULA}, {ODD}, cy, di, eli.\n"
    assert ran.err == waiting
    again = rescored(course)
    assert again.err == waiting
    assert again.scores == {**SCORES, "ada": 97.5, "bo": 56}
    (ada,) = (r for r in again.document["results"] if r["student"] == "ada")
    (essay,) = (c for c in ada["checks"] if c["id"] == "essay")
    assert (essay["points"], essay["reason"]) == (7.5, "Clear, but short")
    assert (essay["status"], essay["waiting"], ada["status"]) == ("manual", False, "failed")
    assert grade(course, "--json", "--force").scores == again.scores
    assert taken(course, url).out.endswith("2 marks of people, 0 new, 0 changed.\n")
    export(course, url)
    assert totals(url) == again.scores


def test_who_is_marked_in_full_has_passed(course: Course, file: Path) -> None:
    export(course, file, "--create")
    mark(f"sqlite:///{file}", "ada", "essay", manual_score=10.0)
    taken(course, file)
    (ada,) = (r for r in rescored(course).document["results"] if r["student"] == "ada")
    assert (ada["score"], ada["status"]) == (100, "passed")


def test_a_mark_that_is_changed_or_taken_back_there(course: Course, file: Path) -> None:
    export(course, file, "--create")
    mark(f"sqlite:///{file}", "ada", "essay", manual_score=3.0)
    taken(course, file)
    mark(f"sqlite:///{file}", "ada", "essay", manual_score=4.0)
    assert "0 new, 1 changed" in taken(course, file).out
    mark(f"sqlite:///{file}", "ada", "essay", manual_score=None)
    ran = taken(course, file)
    assert "essay: not marked yet: =1+1, " in ran.err
    assert "ada" in ran.err
    assert rescored(course).scores["ada"] == 94


@pytest.mark.parametrize("score", [-1.0, 10.5, float("inf")])
def test_a_mark_beyond_the_check_s_points_is_not_taken(
    course: Course, file: Path, score: float
) -> None:
    export(course, file, "--create")
    mark(f"sqlite:///{file}", "ada", "essay", manual_score=score)
    ran = taken(course, file)
    assert f"ada, affine, essay: {score:g} is not taken. Give from 0 to 10 points.\n" in ran.err
    assert rescored(course).scores == SCORES


def test_marks_go_into_a_gradebook_that_does_not_have_them(
    course: Course, file: Path, tmp_path: Path
) -> None:
    export(course, file, "--create")
    mark(f"sqlite:///{file}", "ada", "essay", manual_score=8.0)
    taken(course, file)
    export(course, tmp_path / "another.db", "--create")
    assert totals(f"sqlite:///{tmp_path / 'another.db'}") == {**SCORES, "ada": 98}
    assert "1 mark of people, 0 new" in taken(course, tmp_path / "another.db").out


def test_marks_of_unknown_students_are_told(course: Course, file: Path) -> None:
    export(course, file, "--create")
    with api.Gradebook(f"sqlite:///{file}") as gb:
        gb.add_student("guest")
        hand_in(gb, "guest")
    mark(f"sqlite:///{file}", "guest", "essay", manual_score=8.0)
    assert "guest, affine: marked, but nothing is graded here.\n" in taken(course, file).err


def test_reading_changes_nothing_in_the_gradebook(course: Course, file: Path) -> None:
    export(course, file, "--create")
    before = file.read_bytes()
    taken(course, file)
    assert file.read_bytes() == before


# What cannot be used


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("none.db", "There is no gradebook none.db. Check the path"),
        ("empty.db", "holds no gradebook of nbgrader"),
        ("text.db", "is no SQLite database. Check the path"),
        ("old.db", "(its revision is 167914646830, that of the nbgrader installed here e43177"),
        ("torn.db", "has no table comment. Restore it"),
        ("mysql://root:hunter2@localhost/x", "This is no address of a gradebook"),
        ("://hunter2", "This is no address of a gradebook"),
        ("sqlite://", "This is no address of a gradebook"),
        ("postgresql://ada:hunter2@127.0.0.1:1/x", "cannot be reached"),
    ],
)
@pytest.mark.parametrize("command", ["export", "import"])
def test_what_is_no_gradebook_is_told_with_a_way_out_and_without_passwords(
    course: Course, tmp_path: Path, command: str, where: str, said: str
) -> None:
    (tmp_path / "empty.db").write_bytes(b"")
    (tmp_path / "text.db").write_text("no database, but a text of some length\n" * 99)
    for name in ("old.db", "torn.db"):
        export(course, tmp_path / name, "--create")
    _sql(f"sqlite:///{tmp_path}/old.db", "UPDATE alembic_version SET version_num = '167914646830'")
    _sql(f"sqlite:///{tmp_path}/torn.db", "DROP TABLE comment")
    option = "--into" if command == "export" else "--from"
    ran = grader(command, "nbgrader", option, where, *place(course), cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert "hunter2" not in ran.err
    assert ran.err.count("\n") == 1


def test_a_gradebook_in_use_is_told_after_a_bounded_time(
    course: Course, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(course, file, "--create")
    monkeypatch.setattr(database, "PATIENCE", 0.2)
    busy = sqlite3.connect(file, isolation_level=None)
    busy.execute("BEGIN EXCLUSIVE")
    try:
        ran = export(course, file)
    finally:
        busy.close()
    assert ran.code == 2
    assert "is in use by somebody else for more than 0.2 s. Close formgrader" in ran.err


def test_a_server_that_does_not_answer_is_told_after_a_bounded_time(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("psycopg", reason="the driver of PostgreSQL is not installed")
    monkeypatch.setattr(database, "PATIENCE", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        start = time.monotonic()
        ran = export(course, f"postgresql://a:hunter2@127.0.0.1:{silent.getsockname()[1]}/x")
    assert time.monotonic() - start < 20
    assert ran.code == 2
    assert "cannot be reached (" in ran.err
    assert "hunter2" not in ran.err


@pytest.mark.parametrize(
    ("package", "extra"), [("nbgrader", "nbgrader"), ("psycopg", "postgresql")]
)
def test_what_is_not_installed_is_told_with_what_to_install(
    course: Course, monkeypatch: pytest.MonkeyPatch, package: str, extra: str
) -> None:
    for name in [n for n in sys.modules if n.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    for name in [n for n in sys.modules if n.startswith("grader.nbgrader")]:
        monkeypatch.delitem(sys.modules, name)
    if package == "nbgrader":
        import grader as ours

        monkeypatch.delattr(ours, "nbgrader", raising=False)
    else:
        for name in [n for n in sys.modules if n.split(".")[0] == "nbgrader"]:
            monkeypatch.setitem(sys.modules, name, sys.modules[name])
    monkeypatch.setitem(sys.modules, package, None)
    ran = export(course, "postgresql://127.0.0.1:1/x")
    assert (ran.code, ran.out) == (2, "")
    assert f"pip install 'rnn-grader[{extra}]'" in ran.err


# Plugins


@pytest.mark.slow
def test_exported_csv_is_quoted_and_holds_no_formula(course: Course, tmp_path: Path) -> None:
    export(course, tmp_path / "gradebook.db", "--create")
    ran = nbgrader("export", "--exporter=grader.nbgrader.exporters.CsvExporter", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    with (tmp_path / "grades.csv").open(encoding="utf-8", newline="") as handle:
        rows = {r["student_id"]: r for r in csv.DictReader(handle)}
    assert set(rows) == {f"'{n}" if n == FORMULA else n for n in SCORES}
    assert {n.lstrip("'"): float(r["score"]) for n, r in rows.items()} == SCORES
    assert rows["bo"] == {
        "assignment": SLUG,
        "duedate": "2026-10-12T21:59:00+00:00",
        "timestamp": "2026-10-14T10:00:00+00:00",
        "student_id": "bo",
        "last_name": "",
        "first_name": "",
        "email": "",
        "raw_score": "60",
        "late_submission_penalty": "12",
        "score": "48",
        "max_score": "100",
        "status": "waiting",
    }


@pytest.mark.slow
def test_exported_json_has_the_checks_and_who_gave_the_points(
    course: Course, tmp_path: Path
) -> None:
    file = tmp_path / "gradebook.db"
    export(course, file, "--create")
    mark(f"sqlite:///{file}", "ada", "essay", manual_score=7.5)
    with api.Gradebook(f"sqlite:///{file}") as gb:
        gb.add_student("zed")
    ran = nbgrader(
        "export",
        "--exporter=grader.nbgrader.exporters.JsonExporter",
        "--to=out.json",
        "--student=['ada', 'zed']",
        cwd=tmp_path,
    )
    assert ran.returncode == 0, ran.stderr
    ada, zed = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["results"]
    assert (ada["student_id"], ada["score"], ada["status"]) == ("ada", 97.5, "graded")
    essay, *_, whole = ada["checks"]
    assert (essay["id"], essay["points"], essay["by_hand"]) == ("essay", 7.5, True)
    assert (whole["id"], whole["points"], whole["by_hand"]) == ("unmodified", 7.5, False)
    assert (zed["status"], zed["score"], zed["checks"]) == ("missing", 0, [])


@pytest.mark.parametrize("found", ["by its option", "upwards"])
def test_nbgrader_takes_off_what_our_late_policy_says(
    course: Course, tmp_path: Path, found: str
) -> None:
    file = tmp_path / "gradebook.db"
    export(course, file, "--create")
    _sql(f"sqlite:///{file}", "UPDATE submitted_notebook SET late_submission_penalty = 1")
    settings = Config()
    settings.AssignLatePenalties.plugin_class = "grader.nbgrader.late.LatePolicy"
    if found == "by its option":
        settings.LatePolicy.course = str(course.root)
    names = {"notebook": SLUG, "assignment": SLUG, "db_url": f"sqlite:///{file}"}
    for student in SCORES:
        preprocessor = AssignLatePenalties(config=settings)
        resources = {"nbgrader": {**names, "student": student}}
        here = Path.cwd()
        os.chdir(course.path("assignments") if found == "upwards" else tmp_path)
        try:
            preprocessor.preprocess(nbformat.v4.new_notebook(), resources)
        finally:
            os.chdir(here)
    assert totals(f"sqlite:///{file}") == SCORES
