"""Bundles for other systems' autograders, run in folders laid out as those systems lay them out."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from course_kit import COURSE, HIDDEN, SLUG, SOURCE, Course, affine
from golden.kit import REFERENCE, Ran, built, grader

from grader import inputs
from grader.bundle import MARK, Bundle, parts, run, write
from grader.bundle.run import name_of
from grader.errors import UsageError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="grades others' work")

WRONG = affine(dW="-x.T @ dy")
DUE = """\
timezone: Europe/Vienna
late: {penalty_per_day: 10%, floor: 50%, cutoff_days: 7}
assignments:
  - {slug: affine, due: 2026-10-12 23:59}
"""


@pytest.fixture
def course(tmp_path: Path) -> Course:
    ready = built(Course(tmp_path))
    ready.edit(COURSE, "assignments:\n  - slug: affine\n", DUE)
    (ready.root / ".grader").mkdir()
    return ready.write(".grader/secret", "the secret of the course, long enough\n")


def bundle(course: Course, system: str, out: Path) -> Path:
    """The bundle for `system`, unpacked into folder `out` as unzip does it."""
    archive = out.with_suffix(".zip")
    options = ("--assignment", SLUG, "--out", archive, "--course", course.root)
    ran = grader("bundle", system, *options)
    assert ran.code == 0, ran.err
    with zipfile.ZipFile(archive) as zipped:
        zipped.extractall(out)
        for info in zipped.infolist():
            (out / info.filename).chmod(info.external_attr >> 16)
    return out


def script(path: Path, *arguments: str | Path, cwd: Path, **environment: str) -> Ran:
    """Run a program of a bundle as the system would, with the interpreter of these tests."""
    there = {"PATH": os.environ["PATH"], "GRADER_PYTHON": sys.executable, **environment}
    done = subprocess.run(
        [path, *arguments], cwd=cwd, env=there, capture_output=True, text=True, check=False
    )
    return Ran(done.returncode, done.stdout, done.stderr)


# Gradescope


class Autograder:
    """/autograder, in a folder of the test's."""

    def __init__(self, course: Course, root: Path) -> None:
        self.root = root
        for name in ("submission", "results"):
            (root / name).mkdir(parents=True)
        self.source = bundle(course, "gradescope", root / "source")
        # As Gradescope does when it builds the image.
        program = self.source / "run_autograder"
        (root / "run_autograder").write_bytes(program.read_bytes())
        (root / "run_autograder").chmod(program.stat().st_mode)

    def submit(self, code: str | bytes, name: str = f"{SLUG}.py") -> None:
        path = self.root / "submission" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(code.encode() if isinstance(code, str) else code)

    def tell(self, created: str = "2026-10-12T10:00:00.000000-07:00", **more: Any) -> None:
        """Write submission_metadata.json, of the form that Gradescope documents."""
        due = {"due_date": "2026-10-13T23:59:00.000000+02:00"}
        users = [{"email": "ada@example.org", "id": 1, "name": "Ada", "assignment": due}]
        told = {"id": 5, "created_at": created, "assignment": due, "users": users, **more}
        (self.root / "submission_metadata.json").write_text(json.dumps(told))

    def run(self) -> dict[str, Any]:
        ran = script(self.root / "run_autograder", cwd=self.root, AUTOGRADER=str(self.root))
        assert ran.code == 0, ran.err
        results: dict[str, Any] = json.loads((self.root / "results" / "results.json").read_text())
        return results


@pytest.fixture
def autograder(course: Course, tmp_path: Path) -> Autograder:
    return Autograder(course, tmp_path / "autograder")


def scores(results: Mapping[str, Any]) -> dict[str, float]:
    return {test["tags"][0]: test["score"] for test in results["tests"]}


def test_a_submission_is_graded_where_gradescope_puts_it(autograder: Autograder) -> None:
    autograder.submit(WRONG)
    autograder.tell()
    results = autograder.run()
    assert results["score"] == 70
    assert scores(results)["grad-W"] == 0
    assert sum(scores(results).values()) == 70
    assert {t["visibility"] for t in results["tests"]} == {"visible"}


@pytest.mark.parametrize(
    ("created", "score", "told"),
    [
        pytest.param("2026-10-13T23:59:30.5+02:00", 100, "", marks=pytest.mark.slow),
        ("2026-10-14T00:30:00.123456-07:00", 90, "10% of the points are taken off"),
        pytest.param("2026-12-01T10:00:00+02:00", 0, "too late to count", marks=pytest.mark.slow),
    ],
)
def test_lateness_is_counted_from_gradescopes_due_time_by_the_courses_policy(
    autograder: Autograder, created: str, score: float, told: str
) -> None:
    autograder.submit(affine())
    autograder.tell(created)
    results = autograder.run()
    assert results["score"] == score
    assert told in results["output"]


@pytest.mark.slow
def test_a_students_own_due_time_goes_before_that_of_all(autograder: Autograder) -> None:
    autograder.submit(affine())
    more_time = {"due_date": "2026-10-20T23:59:00.000000+02:00"}
    users = [{"email": "ada@example.org", "assignment": more_time}]
    autograder.tell("2026-10-20T10:00:00.000000+02:00", users=users)
    assert autograder.run()["score"] == 100


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", [None, "{", "[]", '{"created_at": 5, "users": [1], "assignment": 2}']
)
def test_damaged_metadata_costs_nobody_points(autograder: Autograder, text: str | None) -> None:
    autograder.submit(affine())
    if text is not None:
        (autograder.root / "submission_metadata.json").write_text(text)
    assert autograder.run()["score"] == 100


@pytest.mark.slow
def test_a_whole_repository_may_be_handed_in(autograder: Autograder) -> None:
    autograder.submit(WRONG, f"assignments/{SLUG}/{SLUG}.py")
    for name in ("grader/__init__.py", "sitecustomize.py", "numpy.py", "conftest.py", "yaml.py"):
        autograder.submit("raise SystemExit('taken over')", name)
    autograder.submit("{}", f"assignments/{SLUG}/examples.json")
    autograder.tell()
    assert autograder.run()["score"] == 70


def nothing(autograder: Autograder) -> None:
    autograder.submit("x = 1", "other.py")


def a_link(autograder: Autograder) -> None:
    reference = autograder.source / "course" / REFERENCE
    (autograder.root / "submission" / f"{SLUG}.py").symlink_to(reference)


def a_fifo(autograder: Autograder) -> None:
    os.mkfifo(autograder.root / "submission" / f"{SLUG}.py")


def too_much(autograder: Autograder) -> None:
    autograder.submit(b"#" * (300 << 10))


@pytest.mark.parametrize(
    ("hand_in", "told"),
    [
        pytest.param(nothing, "There is no file affine.py.", marks=pytest.mark.slow),
        (a_link, "affine.py is not a regular file."),
        pytest.param(a_fifo, "affine.py is not a regular file.", marks=pytest.mark.slow),
        pytest.param(too_much, "affine.py has more than 262144 bytes.", marks=pytest.mark.slow),
    ],
)
def test_what_cannot_be_read_scores_0_with_the_reason(
    autograder: Autograder, hand_in: Any, told: str
) -> None:
    hand_in(autograder)
    autograder.tell()
    results = autograder.run()
    assert results["score"] == 0
    assert told in results["output"]


STEAL = """\
import numpy as np

def _look():
    found = []
    try:
        for path in {paths!r}:
            try:
                found.append(open(path).read())
            except OSError as e:
                found.append(type(e).__name__)
    except BaseException as e:
        found.append(type(e).__name__)
    raise ValueError(" ".join(found))

def forward(x, W, b):
    _look()

def backward(x, W, b, dy):
    _look()
"""


def test_a_submission_gets_at_neither_solution_nor_results(autograder: Autograder) -> None:
    paths = [str(p) for p in autograder.source.rglob("*") if p.name in ("secret", "hidden.yaml")]
    paths += [str(autograder.source / "course" / REFERENCE), str(autograder.root)]
    assert len(paths) == 4
    autograder.submit(STEAL.format(paths=paths))
    autograder.tell()
    results = autograder.run()
    assert results["score"] == 0
    told = json.dumps(results)
    assert "BEGIN SOLUTION" not in told
    assert "why: " not in told


@pytest.mark.slow
def test_solution_and_secret_are_for_their_owner_alone(autograder: Autograder) -> None:
    autograder.submit(affine())
    autograder.run()
    for path in ("course", "course/solutions", "course/.grader/secret", f"course/{HIDDEN}"):
        assert not stat.S_IMODE((autograder.source / path).stat().st_mode) & 0o077, path


def test_without_a_sandbox_there_is_no_score_and_a_reason(autograder: Autograder) -> None:
    autograder.submit(affine())
    autograder.tell()
    confine = autograder.source / "lib" / "grader" / "sandbox" / "seccomp.py"
    # As in a container that forbids filters.
    confine.write_text(
        confine.read_text() + "\n\ndef install(*a, **k):\n    raise OSError(1, 'not permitted')\n"
    )
    results = autograder.run()
    assert "score" not in results
    assert results["tests"] == []
    assert re.match(r"This could not be graded, so there is no score: \w.*", results["output"])


@pytest.mark.slow
def test_a_broken_bundle_is_said_in_words(autograder: Autograder) -> None:
    autograder.submit(affine())
    (autograder.source / "course" / HIDDEN).unlink()
    results = autograder.run()
    assert "score" not in results
    assert "hidden.yaml" in results["output"]


def test_the_setup_is_shell_and_installs_what_the_lock_pins(autograder: Autograder) -> None:
    for name in ("setup.sh", "run_autograder"):
        path = autograder.source / name
        assert subprocess.run(["bash", "-n", path], check=False).returncode == 0
        assert os.access(path, os.X_OK)
    pinned = (autograder.source / "requirements.txt").read_text()
    assert re.search(r"(?m)^numpy==\d.* \\$\n +--hash=sha256:", pinned)


def test_without_a_lock_the_versions_that_are_here_are_pinned(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(parts, "LOCK", tmp_path / "none")
    lines = parts.requirements().decode().splitlines()
    names = {line.partition("==")[0] for line in lines}
    assert {"numpy", "click", "pyyaml", "rich", "pydantic", "jinja2", "pydantic-core"} <= names
    assert not names & {"nbgrader", "pytest", "rnn-grader"}
    assert all(re.fullmatch(r"[\w.-]+==\d[\w.]*", line) for line in lines)


def test_a_bundle_holds_its_own_exercise_and_a_secret_of_its_own(
    course: Course, tmp_path: Path
) -> None:
    course.write("extensions.yaml", "schema: 1\nextensions: [{student: zoe, days: 3}]\n")
    source = bundle(course, "gradescope", tmp_path / "source")
    text = "\n".join(p.read_text("utf-8", "replace") for p in source.rglob("*") if p.is_file())
    assert "the secret of the course" not in text
    assert "zoe" not in text
    made = (source / "course" / ".grader" / "secret").read_bytes().strip()
    assert len(made) >= inputs.MIN_SECRET
    assert parts.derived(b"a" * 16, "x") != parts.derived(b"a" * 16, "y")


# PrairieLearn

INFO = f"questions/{SLUG}/info.json"


@pytest.fixture
def grade_folder(course: Course, tmp_path: Path) -> Path:
    """/grade, as PrairieLearn lays it out of a course with the bundle in it."""
    unpacked = bundle(course, "prairielearn", tmp_path / "pl")
    root = tmp_path / "grade"
    root.mkdir()
    (unpacked / "serverFilesCourse").rename(root / "serverFilesCourse")
    (unpacked / "questions" / SLUG / "tests").rename(root / "tests")
    (root / "student").mkdir()
    (root / "data").mkdir()
    (root / "data" / "data.json").write_text('{"variant_seed": "1009"}')
    return root


def prairielearn(root: Path) -> dict[str, Any]:
    program = root / "serverFilesCourse" / "rnn_grader" / "run.sh"
    ran = script(program, SLUG, cwd=root, GRADE=str(root))
    assert ran.code == 0, ran.err
    results: dict[str, Any] = json.loads((root / "results" / "results.json").read_text())
    return results


def test_a_submission_is_graded_where_prairielearn_puts_it(grade_folder: Path) -> None:
    (grade_folder / "student" / f"{SLUG}.py").write_text(WRONG)
    results = prairielearn(grade_folder)
    assert (results["gradable"], results["score"]) == (True, 0.7), "and never late"
    assert len(results["tests"]) == 6


def test_what_cannot_be_graded_costs_no_attempt(grade_folder: Path) -> None:
    results = prairielearn(grade_folder)
    assert results["gradable"] is False
    assert "score" not in results
    assert "There is no file affine.py." in results["message"]


def test_the_question_names_the_entry_point_and_keeps_its_id(
    course: Course, tmp_path: Path
) -> None:
    one, two = (
        json.loads(
            (
                bundle(course, "prairielearn", tmp_path / n) / f"questions/{SLUG}/info.json"
            ).read_text()
        )
        for n in ("one", "two")
    )
    assert one == two
    assert uuid.UUID(one["uuid"]).version == 4
    options = one["externalGradingOptions"]
    assert options["entrypoint"] == f"/grade/serverFilesCourse/rnn_grader/run.sh {SLUG}"
    assert options["serverFilesCourse"] == ["rnn_grader/"]
    assert options["enableNetworking"] is False
    assert 10 < options["timeout"] <= 600


# Classroom 50

CLASSROOM = {
    "CLASSROOM": "a-class",
    "ASSIGNMENT": SLUG,
    "USERNAME": "ada",
    "SUBMISSION_TAG": "submit/2026-10-12T10-00-00Z-abc",
    "COMMIT_URL": "https://example.org/c",
    "RELEASE_URL": "https://example.org/r",
}


def classroom50(there: Path, checkout: Path, **environment: str) -> Ran:
    program = there / "autograder.py"
    return script(Path(sys.executable), program, cwd=checkout, **{**CLASSROOM, **environment})


def test_public_checks_are_told_to_classroom50(course: Course, tmp_path: Path) -> None:
    there, checkout = bundle(course, "classroom50", tmp_path / "there"), tmp_path / "checkout"
    folder = checkout / "assignments" / SLUG
    folder.mkdir(parents=True)
    (folder / f"{SLUG}.py").write_text(WRONG)
    (checkout / "grader.py").write_text("raise SystemExit('taken over')")
    ran = classroom50(there, checkout)
    assert ran.code == 0, ran.err
    told = json.loads((checkout / "result.json").read_text())
    assert told["schema"] == "classroom50/result/v1"
    assert (told["owner"], told["classroom"]) == ("ada", "a-class")
    assert told["score"] / told["max-score"] == 0.7
    assert type(told["score"]) is int
    assert sum(t["score"] for t in told["tests"]) == told["score"]
    assert "These are the public checks." in ran.out


@pytest.mark.slow
def test_what_classroom50_does_not_say_is_an_error_of_its_runner(
    course: Course, tmp_path: Path
) -> None:
    there, checkout = bundle(course, "classroom50", tmp_path / "there"), tmp_path / "checkout"
    checkout.mkdir()
    ran = classroom50(there, checkout, COMMIT_URL="")
    assert ran.code == 1
    assert "has not set COMMIT_URL" in ran.err
    assert "Traceback" not in ran.err


def texts(folder: Path) -> Iterator[tuple[Path, str]]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path, path.read_text("utf-8", "replace")


def test_what_anybody_may_read_holds_no_solution(course: Course, tmp_path: Path) -> None:
    """Classroom 50 serves the files of an autograder to whoever knows their address."""
    there = bundle(course, "classroom50", tmp_path / "there")
    course_files = [(p, text) for p, text in texts(there) if p.is_relative_to(there / "course")]
    assert {p.name for p, _ in course_files} >= {"examples.json", "probe.py", "course.yaml"}
    for path, text in texts(there):
        assert "solutions" not in path.relative_to(there).parts
        assert path.name not in ("secret", "hidden.yaml", "mistakes.yaml", "proof.py")
        for secret in ("dW = x.T @ dy", "weights-averaged", "the secret of the course"):
            assert secret not in text, path


def test_nor_does_it_where_the_handout_does(course: Course, tmp_path: Path) -> None:
    course.edit(SOURCE, "# Multiply by a matrix", "# db = np.sum(dy, axis = 0). Multiply by it")
    built(course)
    out = tmp_path / "b.zip"
    ran = grader(
        "bundle", "classroom50", "--assignment", SLUG, "--out", out, "--course", course.root
    )
    assert (ran.code, out.exists()) == (2, False)
    assert "Take it out of there." in ran.err


# The archive


def test_an_archive_is_the_same_bytes_each_time_and_for_its_owner(
    course: Course, tmp_path: Path
) -> None:
    for system in ("gradescope", "prairielearn", "classroom50"):
        bundle(course, system, tmp_path / f"{system}-1")
        bundle(course, system, tmp_path / f"{system}-2")
        first = tmp_path / f"{system}-1.zip"
        assert first.read_bytes() == (tmp_path / f"{system}-2.zip").read_bytes()
        assert stat.S_IMODE(first.stat().st_mode) == 0o600


def test_only_a_bundle_is_ever_replaced(tmp_path: Path) -> None:
    made = Bundle({"a": b"1"})
    out = tmp_path / "out" / "b.zip"
    assert write(made, out) == write(made, out) == 2
    with zipfile.ZipFile(out) as archive:
        assert set(archive.namelist()) == {"a", MARK}
    out.write_bytes(b"mine")
    with pytest.raises(UsageError, match=r"is there and is no bundle"):
        write(made, out)
    assert out.read_bytes() == b"mine"
    with pytest.raises(UsageError, match=r"does not end in \.zip"):
        write(made, tmp_path / "folder")


def test_an_unknown_exercise_is_a_usage_error(course: Course, tmp_path: Path) -> None:
    options = ("--assignment", "nope", "--out", tmp_path / "b.zip", "--course", course.root)
    ran = grader("bundle", "gradescope", *options)
    assert (ran.code, "There is no exercise nope" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("people", "name"),
    [
        (["ada@example.org"], "ada@example.org"),
        (["b@x", "a@x"], "a@x+b@x"),
        ([], "student"),
        (["../../etc"], "_._.._etc"),
        (["a,b\n=1"], "a_b__1"),
        (["x" * 500], "x" * 100),
    ],
)
def test_names_are_fit_for_folders(people: list[str], name: str) -> None:
    assert name_of(people) == name


def test_a_time_that_is_none_is_none() -> None:
    assert run.time_of("soon") is None
    assert run.time_of(None) is None
    assert str(run.time_of("2018-07-01T14:22:32.365935-07:00")) == "2018-07-01 21:22:32+00:00"
