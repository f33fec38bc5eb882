"""Results as documents of other systems: Gradescope, Classroom 50, PrairieLearn, JUnit, CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from export_kit import missing, result, rubric
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import UsageError
from grader.export import classroom50, gradescope, junit, people, prairielearn, table
from grader.export.matching import Refused, Who
from grader.model import Attempt
from grader.policy import Lateness
from grader.roster import Person
from grader.verdict import CheckResult, Diagnosis, Recognised, Result, ScoredCheck, Status

junitparser = pytest.importorskip("junitparser")

RUBRIC = rubric("lstm", "A long memory", 30)
SECRET = "relative error 0.123 at dW[2, 1], which printed password"
MISTAKE = Diagnosis("dW", (Recognised("not-transposed", "W is not transposed", "Which shape?"),))
NAME = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def scored(id: str, status: Status, points: object, most: int, **more: Any) -> ScoredCheck:
    check = CheckResult(id, status, detail=(SECRET,), error=0.123, numeric=0.456, **more)
    waiting = status is Status.MANUAL
    return ScoredCheck(check, f"About {id}", Fraction(str(points)), Fraction(most), waiting)


def submitted(student: str = "ada") -> Result:
    """One result with a check of each outcome, a day late."""
    checks = (
        scored("value", Status.PASSED, 10, 10),
        scored("grad-W", Status.FAILED, 0, 8, reason="dW is wrong.", diagnosis=(MISTAKE,)),
        scored("grad-b", Status.FOLLOW_THROUGH, "2.5", 5, reason="Follows.", hint="See b."),
        scored("speed", Status.TIMEOUT, 0, 2, reason="No answer \x00\x1b[31m in time.\u202e"),
        scored("crash", Status.ERROR, 0, 2, reason="Your code raised ValueError."),
        scored("late", Status.SKIPPED, 0, 1, reason="Judged once it works."),
        scored("essay", Status.MANUAL, 0, 2, reason="Graded by a person."),
    )
    due = datetime(2026, 10, 12, 22, tzinfo=UTC)
    return Result(
        student,
        "lstm",
        checks,
        Fraction("11.25"),
        Fraction(30),
        "manual",
        problem=SECRET,
        isolation=SECRET,
        attempt=Attempt(2, "second", datetime(2026, 10, 13, 8, 30, tzinfo=UTC), "manifest"),
        lateness=Lateness(due, minutes=630, days=1, penalty=Fraction(1, 10)),
    )


def ungraded() -> Result:
    checks = tuple(
        ScoredCheck(CheckResult(c, Status.SKIPPED), c, Fraction(0), Fraction(15)) for c in "ab"
    )
    when = Attempt(1, submitted=datetime(2026, 10, 12, tzinfo=UTC))
    return Result(
        "ugo", "lstm", checks, Fraction(0), Fraction(30), "ungraded", "No file.", attempt=when
    )


def test_gradescope_gets_the_fields_of_its_specification() -> None:
    told = gradescope.document(submitted(), RUBRIC)
    assert told["score"] == 11.25
    assert told["output"] == "Handed in 10 hours 30 minutes late: 10% of the points are taken off."
    assert {t["visibility"] for t in told["tests"]} == {told["visibility"]} == {"visible"}
    assert told["stdout_visibility"] == "hidden"
    assert {t["status"] for t in told["tests"]} <= {"passed", "failed"}
    assert [(t["score"], t["max_score"]) for t in told["tests"]][:3] == [(10, 10), (0, 8), (2.5, 5)]
    assert told["tests"][1]["output"] == (
        "dW is wrong. Your dW is what you get when W is not transposed."
    )
    known = {"score", "execution_time", "output", "output_format", "visibility"}
    assert set(told) <= known | {"stdout_visibility", "extra_data", "tests"}
    of_test = {"score", "max_score", "status", "name", "number", "output", "output_format"}
    assert all(set(t) <= of_test | {"tags", "visibility"} for t in told["tests"])
    assert gradescope.document(ungraded(), RUBRIC)["output"] == "No file."


def test_prairielearn_gets_a_share_or_what_could_not_be_graded() -> None:
    told = prairielearn.document(submitted(), RUBRIC)
    assert told["gradable"] is True
    assert told["score"] == 0.375
    assert [t["points"] for t in told["tests"]] == [10, 0, 2.5, 0, 0, 0, 0]
    assert set(told["tests"][0]) == {"name", "points", "max_points", "message", "output"}
    failed = prairielearn.document(ungraded(), RUBRIC)
    assert failed["gradable"] is False
    assert failed["format_errors"] == ["No file."]
    assert "score" not in failed


RUNNER = {
    "CLASSROOM": "cs1",
    "ASSIGNMENT": "lstm-hw",
    "USERNAME": "ada-l",
    "SUBMISSION_TAG": "submit/2026-10-13T08-30-00Z-abc1234",
    "COMMIT_URL": "https://example.org/cs1/cs1-lstm-hw-ada-l/commit/abc",
    "RELEASE_URL": "https://example.org/cs1/cs1-lstm-hw-ada-l/releases/tag/x",
}


def test_classroom50_gets_a_document_by_its_schema() -> None:
    origin = classroom50.from_environment(RUNNER, submitted())
    told = classroom50.document(submitted(), RUBRIC, origin)
    _valid(told)
    assert told["assignment"] == "lstm-hw"
    assert told["review"] == RUNNER["COMMIT_URL"]
    assert told["datetime"] == "2026-10-13T08:30:00Z"
    assert (told["score"], told["max-score"]) == (1125, 3000)
    assert [t["score"] for t in told["tests"]] == [1000, 0, 250, 0, 0, 0, 0]
    assert [t["passed"] for t in told["tests"]] == [True] + 6 * [False]
    _valid(classroom50.document(ungraded(), RUBRIC, origin))


def _valid(told: Mapping[str, Any]) -> None:
    """The rules of schemas/result-v1.schema.json and of validate_result in foundation50's code."""
    texts = ("classroom", "assignment", "owner", "commit", "release", "review")
    numbers = ("score", "max-score")
    fixed = ("schema", "assignment_type", "submission", "datetime", "tests")
    assert set(told) == {*texts, *numbers, *fixed}
    assert told["schema"] == "classroom50/result/v1"
    assert told["assignment_type"] in ("individual", "group")
    assert all(isinstance(told[t], str) and told[t] for t in texts)
    assert told["submission"].startswith("submit/")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["datetime"])
    for scores in (told, *told["tests"]):
        assert all(type(scores[n]) is int for n in numbers)
        assert 0 <= scores["score"] <= scores["max-score"]
    for test in told["tests"]:
        assert isinstance(test["test-name"], str)
        assert test["test-name"]
        assert type(test["passed"]) is bool


def test_classroom50_says_what_its_runner_did_not() -> None:
    with pytest.raises(UsageError, match="has not set CLASSROOM, RELEASE_URL"):
        classroom50.from_environment(RUNNER | {"CLASSROOM": " ", "RELEASE_URL": ""}, submitted())
    with pytest.raises(UsageError, match="'v1' is no tag of a submission"):
        classroom50.from_environment(RUNNER | {"SUBMISSION_TAG": "v1"}, submitted())
    origin = classroom50.from_environment(RUNNER, submitted())
    with pytest.raises(UsageError, match="Nobody knows when ada handed in lstm"):
        classroom50.document(replace(submitted(), attempt=Attempt()), RUBRIC, origin)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("student,owner\n", "links.csv:1: column submission is missing"),
        ("student,owner,submission,commit,release\nada,a,submit/1,,r\n", "links.csv:2: a cell is"),
        (
            "student,owner,submission,commit,release\nada,a,submit/1,c,r\nada,a,submit/2,c,r\n",
            "links.csv:3: ada is there twice",
        ),
        ("student,owner,submission,commit,release\nada,a,v1,c,r\n", "'v1' is no tag"),
        ('student,owner,submission,commit,release\n"ada', "links.csv: this is no CSV file"),
    ],
)
def test_a_table_of_links_that_is_wrong_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "links.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as e:
        classroom50.read_links(path, "cs1")
    assert said in str(e.value)


def test_junit_is_read_back_with_a_case_for_each_check() -> None:
    xml = junit.document([submitted(), ungraded(), missing("bo", "lstm")], {"lstm": RUBRIC})
    suites = list(junitparser.JUnitXml.fromstring(xml))
    assert [s.name for s in suites] == ["lstm ada", "lstm ugo"]
    assert [len(list(s)) for s in suites] == [7, 1]
    assert (suites[0].failures, suites[0].errors, suites[0].skipped) == (1, 2, 3)
    assert [c.is_passed for c in suites[0]] == [True] + 6 * [False]
    assert suites[1].errors == 1


@pytest.mark.parametrize(
    "said",
    [
        lambda r: json.dumps(gradescope.document(r, RUBRIC)),
        lambda r: json.dumps(prairielearn.document(r, RUBRIC)),
        lambda r: json.dumps(
            classroom50.document(r, RUBRIC, classroom50.from_environment(RUNNER, r))
        ),
        lambda r: junit.document([r], {"lstm": RUBRIC}).decode(),
    ],
    ids=["gradescope", "prairielearn", "classroom50", "junit"],
)
def test_nothing_of_hidden_checks_is_told_but_reasons_diagnoses_and_hints(said: Any) -> None:
    text = said(submitted())
    assert "dW is wrong." in text
    assert "W is not transposed" in text
    assert "See b." in text
    for secret in ("0.123", "0.456", "password", "printed", "\x1b", "\\u001b", "\\u202e", "\u202e"):
        assert secret not in text


@given(NAME, NAME)
def test_junit_can_hold_any_text_of_students(name: str, reason: str) -> None:
    check = scored("x", Status.FAILED, 0, 8, reason=reason)
    one = replace(submitted(name), checks=(check,))
    (suite,) = junitparser.JUnitXml.fromstring(junit.document([one], {"lstm": RUBRIC}))
    assert suite.tests == 1


PEOPLE = [Who("ada", "Lovelace, Ada", "ada@example.org"), Who("bo")]
CLASS = [
    submitted(),
    missing("bo", "lstm"),
    result("ada", "rnn_unit", 5),
    result("bo", "rnn_unit", 4),
]
TOTALS = {"ada": Fraction(2, 3), "bo": None}


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline=""), strict=True))


def test_the_long_table_has_a_row_for_each_student_and_exercise() -> None:
    told = rows(table.long(CLASS, TOTALS, PEOPLE))
    assert [(r["student"], r["assignment"], r["score"], r["total"]) for r in told] == [
        ("ada", "lstm", "11.25", "66.67"),
        ("bo", "lstm", "0", ""),
        ("ada", "rnn_unit", "5", "66.67"),
        ("bo", "rnn_unit", "4", ""),
    ]
    assert (
        told[0] | {"name": "Lovelace, Ada", "minutes_late": "630", "penalty_percent": "10"}
        == (told[0])
    )
    assert told[0]["submitted"] == "2026-10-13T08:30:00+00:00"
    assert (told[1]["status"], told[1]["attempt"], told[1]["submitted"]) == ("missing", "", "")


def test_the_wide_table_has_a_row_for_each_student() -> None:
    assert rows(table.wide(CLASS, TOTALS, PEOPLE)) == [
        {
            "student": "ada",
            "name": "Lovelace, Ada",
            "email": "ada@example.org",
            "lstm": "11.25",
            "rnn_unit": "5",
            "total": "66.67",
        },
        {"student": "bo", "name": "", "email": "", "lstm": "", "rnn_unit": "4", "total": ""},
    ]


@given(st.lists(st.tuples(NAME, NAME), min_size=1, max_size=4, unique_by=lambda pair: pair[0]))
def test_any_name_keeps_its_cell_and_is_no_formula(pairs: list[tuple[str, str]]) -> None:
    known = [Who(student, name, "@x.org") for student, name in pairs]
    results = [result(student, "lstm", 5) for student, _ in pairs]
    for make in (table.long, table.wide):
        told = rows(make(results, {}, known))
        assert [(r["student"], r["name"]) for r in told] == [
            (_shown(student), _shown(name)) for student, name in pairs
        ]
        for r in told:
            assert r["email"] == "'@x.org"
            assert not any(r[c].startswith(("=", "+", "-", "@", "\t", "\r")) for c in r)


def _shown(text: str) -> str:
    from grader.results import csv_cell

    return str(csv_cell(text))


def test_a_roster_says_who_students_are_by_id_email_or_another_id() -> None:
    roster = (
        Person("s1", "Ada", "ada@x.org", {"github": "ada-l", "section": "A"}),
        Person("s2", "Bo", "bo@x.org", {"github": "bo", "section": "A"}),
    )
    told = people.who(["s1", "BO@x.org", "ada-l", "A", "cy"], roster)
    assert [(w.student, w.name, w.ids.get("id", "")) for w in told] == [
        ("s1", "Ada", "s1"),
        ("BO@x.org", "Bo", "s2"),
        ("ada-l", "Ada", "s1"),
        ("A", "", ""),
        ("cy", "", ""),
    ]


def test_a_student_who_fits_several_people_of_a_roster_is_refused() -> None:
    roster = (Person("s1", "Jane Doe"), Person("s2", "jane doe"))
    with pytest.raises(Refused, match="Jane Doe fits several people of the roster: s1, s2"):
        people.who(["Jane Doe"], roster)
