"""Attempts and their times: which there are, in which order, when they came, and who says so."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import manifest
from grader.collect import MOST_LINES, Collected, collect
from grader.intake.handed import MAX_ATTEMPTS
from grader.intake.names import MAX_NAME, natural
from grader.model import Assignment

UNIT = Assignment("unit", "A unit", "unit", ())
NET = Assignment("net", "A net", "network", ())
VIENNA = ZoneInfo("Europe/Vienna")
CHANGED = datetime(2026, 10, 1, 12, tzinfo=UTC)

posix = pytest.mark.skipif(os.name != "posix", reason="needs links")


class Class:
    """A folder of students, whose files were all changed at the same time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def put(self, path: str, content: str | bytes = "x = 1\n") -> Class:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(file, (CHANGED.timestamp(), CHANGED.timestamp()))
        return self

    def manifest(self, *lines: str, head: str = "student,assignment,attempt,submitted") -> Class:
        return self.put("submissions.csv", "\n".join([head, *lines]) + "\n")

    def collect(self, path: str = "", *assignments: Assignment) -> Collected:
        return collect([self.folder / path], assignments or (UNIT,), zone=VIENNA)

    def times(self, path: str = "") -> dict[str, tuple[str, str]]:
        """For each attempt, by student and name, when it came (in UTC) and who says so."""
        collected = self.collect(path)
        assert collected.problems == []
        return {
            f"{s.student} {s.attempt.name}".strip(): (
                f"{s.attempt.submitted:%m-%d %H:%M}",
                s.attempt.time_from,
            )
            for s in collected.submissions()
        }


@pytest.fixture
def handed_in(tmp_path: Path) -> Class:
    return Class(tmp_path / "class")


def attempts(collected: Collected) -> list[tuple[str, int, str]]:
    return [(s.student, s.attempt.number, s.attempt.name) for s in collected.submissions()]


# Attempts


def test_attempts_are_folders_within_the_assignment_s_in_natural_order(handed_in: Class) -> None:
    for name in ("attempt-10", "attempt-9", "attempt-1"):
        handed_in.put(f"ada/unit/{name}/unit.py", name)
    found = handed_in.put("bo/unit/unit.py").collect()
    assert attempts(found) == [
        ("ada", 1, "attempt-1"),
        ("ada", 2, "attempt-9"),
        ("ada", 3, "attempt-10"),
        ("bo", 1, ""),
    ]
    assert [s.source for s in found.submissions()[:3]] == [
        b"attempt-1",
        b"attempt-9",
        b"attempt-10",
    ]


@pytest.mark.parametrize("named", ["ada", "ada/unit/second/unit.py"])
def test_a_student_or_an_attempt_may_be_named_alone(handed_in: Class, named: str) -> None:
    handed_in.put("ada/unit/first/unit.py").put("ada/unit/second/unit.py")
    (*_, last) = handed_in.collect(named).submissions()
    assert (last.student, last.attempt.name) == ("ada", "second")


def test_a_file_in_its_place_is_the_only_attempt_whatever_is_beside_it(handed_in: Class) -> None:
    found = handed_in.put("ada/unit/unit.py").put("ada/unit/old/unit.py").collect()
    assert attempts(found) == [("ada", 1, "")]


def test_a_folder_without_python_is_no_attempt_and_a_wrong_name_is_one(handed_in: Class) -> None:
    handed_in.put("ada/unit/1/unit.py").put("ada/unit/2/mine.py").put("ada/unit/data/x.txt")
    found = handed_in.collect()
    assert attempts(found) == [("ada", 1, "1"), ("ada", 2, "2")]
    problem = found.submissions()[1].problem
    assert problem is not None
    assert (problem.code, problem.details["found"]) == ("other_name", "mine.py")


def test_folders_of_attempts_without_any_work_are_one_missing_file(handed_in: Class) -> None:
    found = handed_in.put("ada/unit/1/notes.txt").collect()
    assert attempts(found) == [("ada", 1, "")]
    assert found.submissions()[0].problem is not None


@posix
def test_an_attempt_that_is_a_link_is_not_followed(handed_in: Class) -> None:
    handed_in.put("ada/unit/1/unit.py").put("bo/unit/unit.py", "theirs")
    (handed_in.folder / "ada/unit/2").symlink_to(handed_in.folder / "bo/unit")
    assert attempts(handed_in.collect())[:-1] == [("ada", 1, "1")]


def test_nobody_has_more_attempts_graded_than_is_good_for_others(handed_in: Class) -> None:
    for n in range(MAX_ATTEMPTS + 3):
        handed_in.put(f"ada/unit/{n}/unit.py")
    found = handed_in.collect()
    assert len(found.submissions()) == MAX_ATTEMPTS
    assert found.submissions()[-1].attempt.name == str(MAX_ATTEMPTS + 2)
    assert found.problems == [
        f"ada: {MAX_ATTEMPTS + 3} attempts of unit; only the last {MAX_ATTEMPTS} are graded."
    ]


def test_the_same_work_in_several_named_folders_is_several_attempts(tmp_path: Path) -> None:
    for week in ("week-1", "week-2"):
        Class(tmp_path / week).put("ada/unit/unit.py", week).put(f"{week}/unit/unit.py")
    found = collect([tmp_path / "week-1", tmp_path / "week-2"], (UNIT,))
    assert attempts(found)[:2] == [("ada", 1, "week-1"), ("ada", 2, "week-2")]
    assert [s.attempt.number for s in found.submissions()[2:]] == [1, 1]


def test_what_is_named_twice_is_one_attempt(handed_in: Class) -> None:
    handed_in.put("ada/unit/unit.py")
    top = handed_in.folder
    found = collect([top, top / "ada", top / "ada/unit/unit.py", top / "../class"], (UNIT,))
    assert attempts(found) == [("ada", 1, "")]


@given(st.lists(st.integers(0, 10**30), unique=True))
def test_numbers_in_names_are_in_order_of_their_size(numbers: list[int]) -> None:
    names = [f"attempt-{n}" for n in numbers]
    assert sorted(names, key=natural) == [f"attempt-{n}" for n in sorted(numbers)]


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_two_names_have_an_order(one: str, other: str) -> None:
    assert (natural(one) < natural(other)) or (natural(other) <= natural(one))


# Times


def test_the_manifest_comes_before_the_timestamp_and_that_before_the_file(
    handed_in: Class,
) -> None:
    for student in ("ada", "bo", "cy"):
        handed_in.put(f"{student}/unit/unit.py")
    for student in ("ada", "bo"):
        handed_in.put(f"{student}/unit/timestamp.txt", "2026-10-12 23:59:00.123456 UTC\n")
    handed_in.manifest("ada,unit,,2026-10-11T08:00:00+02:00")
    assert handed_in.times() == {
        "ada": ("10-11 06:00", "manifest"),
        "bo": ("10-12 23:59", "timestamp.txt"),
        "cy": ("10-01 12:00", "file"),
    }


@pytest.mark.parametrize("path", ["ada", "ada/unit/unit.py"])
def test_a_student_named_alone_has_the_same_time_as_with_the_class(
    handed_in: Class, path: str
) -> None:
    handed_in.put("ada/unit/unit.py").manifest(
        "ada,unit,,2026-10-11 08:00", "bo,unit,,2026-10-11 08:00"
    )
    assert handed_in.times(path) == {"ada": ("10-11 06:00", "manifest")}


@pytest.mark.parametrize(
    ("file", "beside"),
    [
        ("ada/unit.py", "ada"),
        ("ada/unit/unit.py", "ada/unit"),
        ("ada/unit/1/unit.py", "ada/unit/1"),
    ],
)
def test_a_timestamp_stands_beside_the_file(handed_in: Class, file: str, beside: str) -> None:
    handed_in.put(file).put(f"{beside}/timestamp.txt", "2026-10-12 10:00")
    assert set(handed_in.times().values()) == {("10-12 08:00", "timestamp.txt")}


def test_a_timestamp_that_would_be_everybody_s_is_nobody_s(handed_in: Class) -> None:
    found = handed_in.put("ada.py").put("timestamp.txt", "2026-10-12 10:00").collect()
    assert [s.attempt.time_from for s in found.submissions()] == ["file"]
    assert found.problems == ["timestamp.txt: not a student's folder; passed over."]


@pytest.mark.parametrize(
    "content",
    ["", "soon", "2026-10-12", "\x00" * 99, b"\xff\xfe", "9" * 2000, "2026-99-99 10:00", "\x1b[2J"],
)
def test_a_timestamp_that_is_no_time_costs_a_line_and_the_file_s_date_holds(
    handed_in: Class, content: str | bytes
) -> None:
    found = handed_in.put("ada/unit/unit.py").put("ada/unit/timestamp.txt", content).collect()
    (submission,) = found.submissions()
    assert (submission.attempt.submitted, submission.attempt.time_from) == (CHANGED, "file")
    (line,) = found.problems
    assert line.startswith("ada, unit: timestamp.txt is passed over: ")
    assert line.isprintable()
    assert len(line) < 200


@posix
def test_a_timestamp_that_is_a_link_is_not_followed(handed_in: Class) -> None:
    handed_in.put("ada/unit/unit.py").put("secret", "2026-10-12 10:00")
    (handed_in.folder / "ada/unit/timestamp.txt").symlink_to(handed_in.folder / "secret")
    found = handed_in.collect("ada")
    assert found.submissions()[0].attempt.time_from == "file"
    assert "not regular" in found.problems[0]


def test_attempts_whose_times_are_told_are_in_the_order_in_which_they_came(
    handed_in: Class,
) -> None:
    for name, day in (("zeta", 3), ("beta", 9), ("alpha", 27)):
        handed_in.put(f"ada/unit/{name}/unit.py")
        handed_in.put(f"ada/unit/{name}/timestamp.txt", f"2026-10-{day:02} 10:00")
    assert [name for _, _, name in attempts(handed_in.collect())] == ["zeta", "beta", "alpha"]
    (handed_in.folder / "ada/unit/beta/timestamp.txt").unlink()
    assert [name for _, _, name in attempts(handed_in.collect())] == ["alpha", "beta", "zeta"]


# submissions.csv


@pytest.mark.parametrize(
    ("head", "line"),
    [
        ("student,assignment,attempt,submitted", "ada,unit,2,2026-10-12 10:00"),
        ("submitted;file;assignment;student", "2026-10-12 10:00;2/unit.py;unit;ada"),
        ("student\tassignment\tfile\tsubmitted", "ada\tunit\tada/unit/2/unit.py\t2026-10-12 10:00"),
        ("\ufeffStudent, Assignment ,Attempt,Submitted,grade", "ada, unit, 2, 2026-10-12 10:00,1"),
        ("student,assignment,file,submitted", r"ada,unit,unit\2\unit.py,2026-10-12 10:00"),
        ("student,assignment,attempt,submitted", '"ada","unit","2","2026-10-12 10:00"\r'),
        ("note,student,assignment,attempt,submitted", '"two\nlines",ada,unit,2,2026-10-12 10:00'),
    ],
)
def test_the_manifest_says_which_attempt_by_folder_or_file(
    handed_in: Class, head: str, line: str
) -> None:
    handed_in.put("ada/unit/1/unit.py").put("ada/unit/2/unit.py").manifest(line, head=head)
    assert handed_in.times() == {
        "ada 1": ("10-01 12:00", "file"),
        "ada 2": ("10-12 08:00", "manifest"),
    }


def test_a_name_is_the_same_however_its_accents_are_written(handed_in: Class) -> None:
    handed_in.put("Andre\u0301/unit/unit.py").manifest("Andr\xe9,unit,,2026-10-12 10:00")
    assert [t for _, t in handed_in.times().values()] == ["manifest"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("ada,unit,1,soon", ":2: 'soon' is no time: a date and time such as 2026-10-12 23:59 is"),
        ("ada,unit,1,\x1b[31m", ":2: '[31m' is no time"),
        ("ada,unit,3,2026-10-12 10:00", ":2: ada has no such attempt of unit. There are: 1, 2."),
        ("ada,unit,,2026-10-12 10:00", ":2: ada has more than one such attempt of unit. There a"),
        ("bo,unit,,2026-10-12 10:00", ":2: there is no submission of unit by bo."),
        ("ada,unit,1,2026-10-12 10:00\nada,unit,1,2026-10-13 10:00", ":3: ada, unit, is given tw"),
        ("ada,unit,1," + "9" * 200_000, ":2: this is not CSV (field larger than field limit"),
        ('ada,unit,"1,2026-10-12 10:00', ":2: this is not CSV (unexpected end of data). It is pa"),
    ],
)
def test_a_bad_line_is_reported_and_costs_nobody_else(
    handed_in: Class, line: str, told: str
) -> None:
    handed_in.put("ada/unit/1/unit.py").put("ada/unit/2/unit.py").put("cy/unit/unit.py")
    found = handed_in.manifest(line, "cy,unit,,2026-10-12 10:00").collect()
    assert found.submissions()[-1].attempt.time_from == "manifest"
    (problem,) = found.problems
    assert problem.startswith(f"submissions.csv{told}")
    assert problem.isprintable()
    assert attempts(found) == [("ada", 1, "1"), ("ada", 2, "2"), ("cy", 1, "")]


@pytest.mark.parametrize("line", ["bo,unit,,", "ada", "", "ada,net,,2026-10-12 10:00"])
def test_a_line_that_says_nothing_of_what_is_graded_is_passed_over(
    handed_in: Class, line: str
) -> None:
    handed_in.put("ada/unit/unit.py").manifest(line, "ada,unit,,2026-10-12 10:00")
    assert handed_in.times() == {"ada": ("10-12 08:00", "manifest")}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "submissions.csv:1: there is no column student, assignment, submitted. Add it."),
        (b"student,when\nada,1\n", "submissions.csv:1: there is no column assignment, submitted."),
        (b"student,assignment,submitted\nada\xff", "submissions.csv:2: this is not UTF-8."),
        (b"\0" * (manifest.MAX_BYTES + 1), "submissions.csv has more than 4194304 bytes."),
    ],
)
def test_a_manifest_that_cannot_be_used_is_reported_and_the_files_hold(
    handed_in: Class, content: bytes, told: str
) -> None:
    found = handed_in.put("ada/unit/unit.py").put("submissions.csv", content).collect()
    assert found.problems[0].startswith(told)
    assert [s.attempt.time_from for s in found.submissions()] == ["file"]


def test_many_bad_lines_are_summed_up(handed_in: Class) -> None:
    handed_in.put("ada/unit/unit.py").manifest(*["ada,unit,,soon"] * 500)
    problems = handed_in.collect().problems
    assert len(problems) == MOST_LINES + 1
    assert problems[-1] == f"submissions.csv: {500 - MOST_LINES} more such lines."


@given(st.binary(max_size=200))
def test_no_manifest_keeps_a_class_from_being_collected(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    found = Class(tmp_path_factory.getbasetemp() / "any").put("ada/unit/unit.py")
    found.put("submissions.csv", b"student,assignment,submitted\n" + content)
    assert attempts(found.collect()) == [("ada", 1, "")]


def test_a_long_name_is_cut_the_same_everywhere(handed_in: Class) -> None:
    handed_in.put(f"{'x' * 250}/unit/{'y' * 250}/unit.py")
    (submission,) = handed_in.collect("", UNIT, NET).submissions()
    assert submission.student == "x" * MAX_NAME
    assert submission.attempt.name == "y" * MAX_NAME
