"""What has changed since results were judged is told: what is judged again, and what is stale."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest
from course_kit import HIDDEN, MISTAKES, PROBE, RUBRIC, SLUG, SOURCE, Course, affine
from golden.kit import built, grade, grader, place

from grader import keys, stale
from grader.model import Attempt, Submission
from grader.store import Row
from grader.verdict import Judgement

SECRET = b"a secret of a course"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with two students' results."""
    folder = tmp_path_factory.mktemp("original")
    course = (
        built(Course(folder)).submit("ada", affine()).submit("bo", affine(db="dy.mean(axis=0)"))
    )
    assert grade(course).code == 1
    return folder


@pytest.fixture
def graded(original: Path, tmp_path: Path) -> Course:
    """A copy to be changed."""
    shutil.copytree(original, tmp_path, dirs_exist_ok=True)
    course = Course.__new__(Course)
    course.root, course.handed_in = tmp_path / "course", tmp_path / "submissions"
    return course


def again(reasons: str) -> str:
    return f"2 results of affine were judged with {reasons}; they are judged again."


CHANGES: dict[str, tuple[Callable[[Course], object], str]] = {
    "a case": (lambda c: c.edit(HIDDEN, "batch: 5", "batch: 6"), "other hidden cases"),
    "the reference": (
        lambda c: c.edit(SOURCE, "np.sum(dy, axis=0)\n", "np.sum(dy, axis=0)  # rows\n"),
        "another reference",
    ),
    "the probe": (lambda c: c.edit(PROBE, "How affine", "How an affine map"), "another probe"),
    "a mistake": (
        lambda c: c.edit(MISTAKES, "Count the terms", "Count all terms"),
        "other known mistakes",
    ),
    "a check": (
        lambda c: c.edit(RUBRIC, "input: b, points", "input: b, hint: h, points"),
        "other checks",
    ),
    "limits": (lambda c: c.edit("course.yaml", "memory_mb: 512", "memory_mb: 600"), "other limits"),
    "the secret": (
        lambda c: (c.root / ".grader" / "secret").write_bytes(SECRET),
        "another course secret",
    ),
    "two things": (
        lambda c: c.edit(HIDDEN, "batch: 5", "batch: 6").edit(PROBE, "How affine", "How it"),
        "other hidden cases and another probe",
    ),
    "three things and points": (
        lambda c: (
            c.edit(HIDDEN, "batch: 5", "batch: 6")
            .edit(PROBE, "How affine", "How it")
            .edit("course.yaml", "memory_mb: 512", "memory_mb: 600")
            .edit(RUBRIC, "points: 30", "points: 31")
            .edit(RUBRIC, "input: b, points: 15", "input: b, points: 14")
        ),
        "other hidden cases, other limits and another probe",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_judged_again_is_told_with_the_reason(graded: Course, change: str) -> None:
    make, reasons = CHANGES[change]
    make(graded)
    stored = grader("rescore", *place(graded))
    assert stored.code == 0
    assert stored.err.splitlines() == [
        f"2 stored results of affine are stale, judged with {reasons}: "
        "grade them again with `grader grade PATH`."
    ]
    ran = grade(graded)
    assert again(reasons) in ran.err.splitlines()


def test_what_was_judged_again_is_stale_no_more(graded: Course) -> None:
    grade(graded.edit(HIDDEN, "batch: 5", "batch: 6"))
    assert "judged with" not in grade(graded).err
    assert grader("rescore", *place(graded)).err == ""


def test_another_version_of_the_grader_makes_results_stale(graded: Course) -> None:
    with mock.patch.object(keys, "__version__", "99.0"):
        ran = grade(graded)
    assert again("another version of the grader") in ran.err.splitlines()


def test_what_is_unchanged_is_not_spoken_of(graded: Course) -> None:
    ran = grade(graded)
    assert "affine" not in ran.err


@pytest.mark.parametrize(
    "edits",
    [
        [("points: 30", "points: 31"), ("input: b, points: 15", "input: b, points: 14")],
        [("title: The gradient of W", "title: What W is told")],
        [("follow_through: 1/2", "follow_through: 1/3")],
    ],
)
def test_for_points_and_titles_nothing_is_run(graded: Course, edits: list[tuple[str, str]]) -> None:
    for old, new in edits:
        graded.edit(RUBRIC, old, new)
    with mock.patch("grader.batch.Judge.__call__", side_effect=AssertionError("it is run")):
        ran = grade(graded)
    assert ran.code == 1
    assert (
        "2 results of affine: points or titles are others than when judged; "
        "rescored, nothing is run again."
    ) in ran.err.splitlines()
    assert grader("rescore", *place(graded)).err == ""


def test_those_whom_a_run_does_not_touch_are_named_as_stale(graded: Course) -> None:
    graded.edit(HIDDEN, "batch: 5", "batch: 6")
    ran = grade(graded, handed_in=graded.handed_in / "ada")
    assert [line for line in ran.err.splitlines() if "judged with" in line] == [
        "1 result of affine was judged with other hidden cases; it is judged again.",
        "1 stored result of affine is stale, judged with other hidden cases: "
        "grade it again with `grader grade PATH`.",
    ]


def test_another_submission_is_not_stale(graded: Course) -> None:
    graded.submit("ada", affine(dx="dy @ W.T + 0")).submit("bo", "")
    assert "affine" not in grade(graded).err.replace("affine.py", "")


def test_one_document_stays_alone_on_stdout(graded: Course) -> None:
    graded.edit(HIDDEN, "batch: 5", "batch: 6")
    assert grade(graded, "--json").scores == {"ada": 100, "bo": 85}


def test_looking_for_what_is_stale_makes_no_secret(graded: Course) -> None:
    secret = graded.root / ".grader" / "secret"
    secret.unlink()
    assert grader("rescore", *place(graded)).err == ""
    assert not secret.exists()


# Results of a version that did not keep what decided them


def row(course: Course, key: str = "", problem: str = "", **decided: str) -> Row:
    e = course.exercise()
    source = affine().encode()
    key = key or keys.key(keys.decides(e, SECRET, Submission("ada", SLUG, "affine.py", source)))
    return Row("ada", SLUG, Attempt(), key, "", source, Judgement((), problem), decided=decided)


def found(course: Course, *rows: Row, secret: bytes | None = SECRET) -> list[stale.Stale]:
    return stale.find(rows, {SLUG: course.exercise()}, secret)


def test_an_old_result_is_stale_if_its_key_is_another(course: Course) -> None:
    assert found(course, row(course)) == []
    (one,) = found(course, row(course, "another"))
    assert list(stale.again([one])) == [
        "1 result of affine was judged with an earlier version of the course or the grader; "
        "it is judged again."
    ]


def test_of_an_old_result_that_could_not_be_run_there_is_no_telling(course: Course) -> None:
    assert found(course, row(course, "another", problem="No file.")) == []
    assert found(course, row(course, "another"), secret=None) == []


def test_a_component_that_was_not_told_then_says_nothing(course: Course) -> None:
    e = course.exercise()
    whole = keys.decides(e, SECRET, Submission("ada", SLUG, "affine.py", affine().encode()))
    some = {name: digest for name, digest in whole.items() if name != "probe"}
    assert found(course, row(course, **some)) == []
    (one,) = found(course, row(course, **some | {"cases": "0"}))
    assert one.why == ("cases",)


def test_points_are_told_but_are_not_in_the_key(course: Course) -> None:
    submission = Submission("ada", SLUG, "affine.py", b"")
    before = keys.decides(course.exercise(), SECRET, submission)
    course.edit(RUBRIC, "title: The gradient of W", "title: What W is told")
    after = keys.decides(course.exercise(), SECRET, submission)
    assert before[keys.SCORING] != after[keys.SCORING]
    assert keys.key(before) == keys.key(after)
    assert {k for k in before if before[k] != after[k]} == {keys.SCORING}


def test_attempts_of_one_student_are_one_result(course: Course) -> None:
    rows = [row(course, "another"), row(course)]
    (one,) = found(course, *rows)
    assert one.results == 1
