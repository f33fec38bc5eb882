"""Grades and comments into Moodle's worksheet, and back through Moodle's rules of reading it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from export_kit import (
    ENGLISH,
    GERMAN,
    SLOVENE,
    Language,
    Moodle,
    Participant,
    changed_cells,
    missing,
    result,
    rubric,
)

from grader.export import moodle
from grader.export.editing import Edit
from grader.export.matching import Refused, Who
from grader.export.sheet import BadFile
from grader.model import Attempt
from grader.policy import Lateness
from grader.verdict import Result

PATH = Path("worksheet.csv")
RUBRIC = rubric("lstm")
PEOPLE = (
    Participant(71, "Ada Lovelace", "ada@example.org", "ada", grade=12.0),
    Participant(72, 'Amara "Ama" Diallo', "amara@example.org", "amara"),
    Participant(
        73, "Bjørn Dvořák", "bjorn@example.org", "bjorn", feedback="<p>Well <b>done</b></p>"
    ),
    Participant(74, "Chiara Rossi", "chiara@example.org", "chiara", locked=True),
)
CLASS = Moodle(PEOPLE)
RESULTS = (
    result("ada@example.org", "lstm", 84.6, lost='dW & <b>db</b> are "wrong".'),
    result("72", "lstm", 100),
    result("Bjørn Dvořák", "lstm", 50),
    result("chiara@example.org", "lstm", 90),
)
BY_NUMBER = [
    Who(r.student, ids={"participant_id": str(n)}) for n, r in enumerate(RESULTS, start=71)
]


def edit(
    data: bytes,
    results: Sequence[Result] = RESULTS,
    known: Sequence[Who] | None = None,
    **more: Any,
) -> Edit:
    people = [Who(r.student) for r in results] if known is None else known
    return moodle.edit(PATH, data, results, RUBRIC, people, **more)


@pytest.mark.parametrize("language", [ENGLISH, GERMAN, SLOVENE], ids=["en", "de", "sl"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bom": False},
        {"username": True},
        {"team": True, "workflow": True},
        {"online_text": True},
        {"feedback": False},
        {"most": 20},
        {"most": 66.5},
    ],
    ids=lambda o: next(iter(o), "plain"),
)
def test_grades_land_on_the_right_people_when_moodle_reads_the_file(
    options: dict[str, Any], language: Language
) -> None:
    lms = replace(CLASS, language=language, **options)
    before = lms.export()
    done = edit(before)
    most = Fraction(str(lms.most))
    wanted = {
        71: (float(round(Fraction("0.846") * most, 2)), ""),
        72: (float(most), ""),
        73: (float(most / 2), "<p>Well <b>done</b></p>" if lms.feedback else ""),
        74: (None, ""),
    }
    assert lms.imported(done.data) == wanted
    assert len(changed_cells(before, done.data)) == 3
    assert [left.why for left in done.left] == ["Moodle says that it is locked"]
    assert not edit(done.data).changes


def test_a_worksheet_without_names_is_filled_in_by_number() -> None:
    lms = replace(CLASS, blind=True, language=GERMAN)
    grades = lms.imported(edit(lms.export(), known=BY_NUMBER).data)
    assert {n: grade for n, (grade, _) in grades.items()} == {71: 84.6, 72: 100, 73: 50, 74: None}


def test_only_the_bytes_of_cells_that_change_are_others() -> None:
    before = CLASS.export().replace(b"\n", b"\r\n")
    after = edit(before).data
    undone = after.replace(b"84.60", b"12.00").replace(b",100.00,100.00", b",,100.00")
    assert undone.replace(b",50.00,100.00", b",,100.00") == before


def test_comments_are_safe_html_and_what_a_person_wrote_stays() -> None:
    done = edit(CLASS.export(), feedback=True)
    comments = {n: text for n, (_, text) in CLASS.imported(done.data).items()}
    assert comments == {
        71: (
            '<div class="grader-feedback"><ul><li>dW &amp; &lt;b&gt;db&lt;/b&gt; are '
            "&quot;wrong&quot;. [value]</li></ul></div>"
        ),
        72: "",
        73: "<p>Well <b>done</b></p>",
        74: "",
    }
    whys = {(left.student, left.why) for left in done.left}
    assert ("Bjørn Dvořák", "somebody has written a comment there") in whys
    assert b"0.123" not in done.data  # a detail of a hidden case


def test_a_comment_of_ours_is_replaced_and_taken_back() -> None:
    once = edit(CLASS.export(), feedback=True).data
    better = [replace(RESULTS[0], checks=(), score=Fraction(100)), *RESULTS[1:]]
    again = edit(once, better, feedback=True)
    assert CLASS.imported(again.data)[71] == (100, "")


def test_lateness_is_in_the_comment() -> None:
    from datetime import UTC, datetime

    late = Lateness(datetime(2026, 10, 12, tzinfo=UTC), minutes=90, days=1, penalty=Fraction(1, 10))
    one = replace(result("72", "lstm", 100), lateness=late, attempt=Attempt(1))
    text = CLASS.imported(edit(CLASS.export(), [one], feedback=True).data)[72][1]
    assert "<p>Handed in 1 hour 30 minutes late: 10% of the points are taken off.</p>" in text


def test_comments_in_a_language_that_is_not_known_need_their_column() -> None:
    lms = replace(CLASS, language=SLOVENE)
    with pytest.raises(Refused, match="No column for comments"):
        edit(lms.export(), feedback=True)
    done = edit(lms.export(), feedback_column="Povratna informacija")
    assert lms.imported(done.data)[71][1].startswith(moodle.OURS)


def test_full_marks_are_never_above_a_maximum_that_moodle_rounds_up() -> None:
    data = CLASS.export().replace(b",100.00,", b",66.666,")
    assert [c.after for c in edit(data).changes if c.student == "72"] == ["66.66"]


def test_grades_with_a_comma_say_how_numbers_are_written_where_the_maximum_does_not() -> None:
    data = replace(CLASS, language=GERMAN).export().replace(b'"100,00"', b"100")
    assert [c.after for c in edit(data).changes] == ["84,6", "100", "50"]


def test_missing_work_is_left_alone_unless_asked_for() -> None:
    results = [missing("72", "lstm"), RESULTS[0]]
    assert CLASS.imported(edit(CLASS.export(), results).data)[72][0] is None
    assert CLASS.imported(edit(CLASS.export(), results, zeros=True).data)[72][0] == 0


def test_a_suspended_participant_is_found_by_name() -> None:
    odd = '<span class="usersuspended">Ada Lovelace <img src="x" alt="Suspended" /></span>'
    lms = replace(CLASS, people=(Participant(71, odd), *PEOPLE[1:]))
    done = edit(lms.export(), [result("ada lovelace", "lstm", 7)])
    assert [c.line for c in done.changes] == [2]


def test_people_of_the_same_name_are_refused_with_both_rows() -> None:
    lms = replace(CLASS, people=(*PEOPLE, Participant(75, "Ada Lovelace", "al@example.org")))
    with pytest.raises(Refused) as e:
        edit(lms.export(), [result("Ada Lovelace", "lstm", 1)])
    assert "Ada Lovelace fits 2 rows: line 2" in str(e.value)
    assert "line 6" in str(e.value)
    sure = [Who("Ada Lovelace", email="al@example.org")]
    done = edit(lms.export(), [result("Ada Lovelace", "lstm", 1)], sure)
    assert [c.line for c in done.changes] == [6]


def test_a_scale_of_words_is_refused() -> None:
    with pytest.raises(Refused, match="Grades on a scale of words are not supported"):
        edit(replace(CLASS, scale=("fail", "pass")).export())


def test_where_two_columns_could_hold_the_grades_one_has_to_be_named() -> None:
    rows = b"ID,Name,Points,Out of,Grade2,Most,x\nP 1,Ada Lovelace,1,5,,9,-\n"
    results = [result("Ada Lovelace", "lstm", 50)]
    with pytest.raises(Refused, match=r"Several columns.*'Points', 'Grade2'"):
        edit(rows, results)
    done = edit(rows, results, column="Grade2")
    assert [(c.column, c.after) for c in done.changes] == [("Grade2", "4.5")]
    with pytest.raises(Refused, match="is no column of grades"):
        edit(rows, results, column="Name")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"Identifier,Grade\n", "worksheet.csv:1: this is no grading worksheet"),
        (b"Name,Grade,Max,x\nAda,1,5,-\n", "worksheet.csv:2: 'Ada' is no identifier such as"),
        (CLASS.export() + b"Participant 9,x\n", "worksheet.csv:6: 2 cells, but the header has 10"),
    ],
)
def test_a_file_that_is_no_worksheet_is_refused_with_its_line(data: bytes, said: str) -> None:
    with pytest.raises(BadFile) as e:
        edit(data)
    assert said in str(e.value)
