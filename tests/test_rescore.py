"""A course with due times from end to end: graded once, counted again as often as one likes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from unittest import mock

import pytest
from course_kit import COURSE, RUBRIC, SLUG, Course, affine
from golden.kit import Ran, built, grade, grader, place, results

SEVENTY = affine(dW="x.T @ dy / len(x)")
POLICY = """\
schema: 1
id: a-small-course
title: A small course
timezone: Europe/Vienna
attempts: best
late: {grace_minutes: 15, penalty_per_day: 10%, floor: 20%, cutoff_days: 7}
assignments:
  - {slug: affine, due: 2026-10-12 23:59}
limits: {seconds: 5, memory_mb: 512}
"""
MANIFEST = """\
student,assignment,attempt,submitted
ada,affine,,2026-10-12 23:50
bo,affine,1,2026-10-12 12:00
bo,affine,2,2026-10-14 12:00
cy,affine,,2026-10-24 12:00
di,affine,,2026-10-13 00:10
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = built(Course(tmp_path_factory.mktemp("dated")))
    course.write(COURSE, POLICY).submit("ada", affine()).submit("cy", affine())
    course.submit("di", affine())
    for name, code in (("1", SEVENTY), ("2", affine())):
        _put(course.handed_in / "bo" / SLUG / name / f"{SLUG}.py", code)
    _put(course.handed_in / "submissions.csv", MANIFEST)
    return course


@pytest.fixture(scope="module")
def first(made: Course) -> Ran:
    return grade(made, "--json")


@pytest.fixture
def graded(made: Course, first: Ran) -> Course:
    """The course, graded, with the policy it was graded by."""
    (made.path("extensions.yaml")).unlink(missing_ok=True)
    return made.write(COURSE, POLICY)


def _put(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def rescored(course: Course) -> dict[str, float]:
    """The scores that `rescore` gives where nothing can be run and nothing is written."""
    before = _stored(course)
    with mock.patch("subprocess.Popen", None):
        ran = grader("rescore", *place(course), "--json")
    assert ran.code == 0, ran.err
    assert _stored(course) == before
    return ran.scores


def _stored(course: Course) -> str:
    return hashlib.sha256((results(course) / "results.db").read_bytes()).hexdigest()


def test_every_attempt_is_graded_and_the_best_after_lateness_counts(first: Ran) -> None:
    assert (first.code, first.err.count("\n")) == (1, 1)  # the line on the secret that was made
    assert first.scores == {"ada": 100, "bo": 80, "cy": 0, "di": 100}
    (bo,) = (r for r in first.document["results"] if r["student"] == "bo")
    assert [(a["attempt"], a["earned"], a["score"]) for a in bo["attempts"]] == [
        (1, 70, 70),
        (2, 100, 80),
    ]
    assert bo["late"]["minutes"] == 36 * 60 + 1


def test_grading_again_gives_the_same_bytes(graded: Course, first: Ran) -> None:
    assert grade(graded, "--json").out == first.out
    assert grader("rescore", *place(graded), "--json").out == first.out


@pytest.mark.parametrize(
    ("old", "new", "scores"),
    [
        ("penalty_per_day: 10%", "penalty_per_day: 1/3", {"bo": 70, "cy": 0, "di": 100}),
        ("attempts: best", "attempts: last", {"bo": 80, "cy": 0, "di": 100}),
        ("cutoff_days: 7", "cutoff_days: 12", {"bo": 80, "cy": 20, "di": 100}),
        ("grace_minutes: 15", "grace_minutes: 0", {"bo": 80, "cy": 0, "di": 90}),
        ("due: 2026-10-12 23:59", "due: 2026-10-14 11:00", {"bo": 90, "cy": 0, "di": 100}),
        ("2026-10-12 23:59}", "2026-10-12 23:59, late: {cutoff_days: 1}}", {"bo": 70, "cy": 0}),
    ],
)
def test_a_changed_policy_is_applied_without_running_anything(
    graded: Course, old: str, new: str, scores: dict[str, float]
) -> None:
    assert rescored(graded.edit(COURSE, old, new)).items() >= scores.items()
    assert rescored(graded)["ada"] == 100


def test_an_extension_is_applied_without_running_anything(graded: Course) -> None:
    graded.write("extensions.yaml", "schema: 1\nextensions:\n  - {student: cy, days: 11}\n")
    assert rescored(graded) == {"ada": 100, "bo": 80, "cy": 90, "di": 100}


def test_an_extension_of_somebody_unknown_is_pointed_out(graded: Course) -> None:
    graded.write("extensions.yaml", "schema: 1\nextensions:\n  - {student: cyy, days: 11}\n")
    ran = grader("rescore", *place(graded))
    assert (ran.code, ran.err) == (
        0,
        "extensions.yaml names cyy, of whom nothing is graded. Check the name.\n",
    )


def test_points_and_lateness_are_applied_together(graded: Course) -> None:
    rubric = graded.path(RUBRIC).read_text(encoding="utf-8")
    graded.edit(RUBRIC, "points: 30", "points: 50").edit(
        RUBRIC, "input: x, points: 20", "input: x, points: 0"
    )
    try:
        assert rescored(graded)["bo"] == 80
    finally:
        graded.write(RUBRIC, rubric)


def test_one_student_alone_has_the_same_marks(graded: Course, first: Ran) -> None:
    alone = grade(graded, "--json", handed_in=graded.handed_in / "bo")
    assert alone.document["results"] == [
        r for r in first.document["results"] if r["student"] == "bo"
    ]


def test_a_replay_is_of_the_attempt_that_counts_or_of_the_one_asked_for(graded: Course) -> None:
    counts = grader("replay", "bo", SLUG, *place(graded))
    assert "wrong" not in counts.out
    other = grader("replay", "bo", SLUG, "--attempt", "1", *place(graded))
    assert "backward.W wrong" in other.out
    assert "came out as stored" in other.out
    none = grader("replay", "bo", SLUG, "--attempt", "3", *place(graded))
    assert (none.code, "There are: 1, 2." in none.err) == (2, True)


def test_a_report_shows_lateness_and_attempts(graded: Course, tmp_path: Path) -> None:
    assert grader("report", *place(graded), "--hand-out", "--out", tmp_path).code == 0
    (page,) = (tmp_path / "students").glob("bo-*.html")
    text = page.read_text(encoding="utf-8")
    assert "2026-10-14 12:00" in text
    assert "Europe/Vienna" in text


def test_times_that_only_files_tell_are_pointed_out(course: Course, tmp_path: Path) -> None:
    built(course).write(COURSE, POLICY).submit("ada", affine())
    file = course.handed_in / "ada" / SLUG / f"{SLUG}.py"
    os.utime(file, (1_791_000_000, 1_791_000_000))  # 3 October 2026
    ran = grade(course)
    assert "1 of 1 times of submission are the files' own" in ran.err
    assert ran.code == 0
    os.utime(file, (1_792_000_000, 1_792_000_000))  # 14 October 2026
    late = grade(course, "--json")
    assert late.scores == {"ada": 80}
    assert late.document["results"][0]["time_from"] == "file"
