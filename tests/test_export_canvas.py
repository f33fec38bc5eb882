"""Scores into Canvas's gradebook, and back through the rules by which Canvas reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from export_kit import Canvas, Column, User, changed_cells, missing, result, rubric
from hypothesis import given
from hypothesis import strategies as st

from grader.export import canvas
from grader.export.editing import Edit
from grader.export.matching import Refused, Who
from grader.export.sheet import BadFile
from grader.verdict import Result

PATH = Path("grades.csv")
RUBRICS = {"lstm": rubric("lstm", "A long memory"), "rnn_unit": rubric("rnn_unit", "One step")}
USERS = (
    User(501, "Lovelace, Ada", "s-501", "ada"),
    User(502, "Diallo, Amara", "s-502", "amara@example.org"),
    User(503, "Dvořák, Bjørn", "", "b3"),
    User(599, "Student, Test", "", "f00d", test=True),
)
COLUMNS = (
    Column(9001, "rnn_unit", 100, post_manually=True, scores={501: 12.0, 503: "EX"}),
    Column(9004, "A Long Memory", 20, scores={502: None}),
    Column(9009, "rnn_unit bonus", 5),
)
CLASS = Canvas(USERS, COLUMNS)
RESULTS = (
    result("ada", "rnn_unit", 84.6),
    result("amara", "rnn_unit", 100),
    result("503", "rnn_unit", 50),
    result("ada", "lstm", 33.33),
    result("amara", "lstm", 100),
    missing("503", "lstm"),
)
AMARA = Who("amara", "Amara Diallo", "amara@example.org", {"canvas_id": "502"})


def people(results: Sequence[Result], *known: Who) -> list[Who]:
    named = {who.student: who for who in known}
    return [named.get(s, Who(s)) for s in dict.fromkeys(r.student for r in results)]


def edit(
    data: bytes, results: Sequence[Result] = RESULTS, known: Sequence[Who] = (AMARA,), **more: Any
) -> Edit:
    return canvas.edit(PATH, data, results, RUBRICS, people(results, *known), **more)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"sis": False},
        {"split_names": True},
        {"custom": ("Notes", "Group, if any")},
        {"totals": False},
        {"bom": True},
        {"separator": ";", "comma": True},
        {"comma": True},
    ],
    ids=lambda o: next(iter(o), "plain"),
)
def test_scores_land_on_the_right_people_when_canvas_reads_the_file(
    options: dict[str, Any],
) -> None:
    lms = replace(CLASS, **options)
    before = lms.export()
    done = edit(before)
    wanted = {
        **lms.imported(before),
        (501, 9001): "84.60",
        (502, 9001): "100.00",
        (501, 9004): "6.67",
    }
    assert lms.imported(done.data) == wanted
    assert len(changed_cells(before, done.data, lms.separator)) == len(done.changes) == 3
    assert {(left.student, left.assignment) for left in done.left} == {
        ("503", "rnn_unit"),
        ("amara", "lstm"),
    }
    assert ["EX" in left.why or "N/A, so" in left.why for left in done.left] == [True, True]
    assert done.missing == 1
    assert edit(done.data).data == done.data
    assert not edit(done.data).changes


def test_only_the_bytes_of_cells_that_change_are_others() -> None:
    before = CLASS.export().replace(b"\n", b"\r\n").replace(b"Seminar A", b'"Seminar A"')
    before = before.replace(b'"Seminar A" and Seminar B', b'"Seminar A and Seminar B"')
    after = edit(before).data
    assert (
        after.replace(b"84.60", b"12.00")
        .replace(b",100.00,N/A", b",,N/A")
        .replace(b",6.67,", b",,")
        == before
    )


def test_a_score_that_is_there_already_is_not_written_in_another_way() -> None:
    before = CLASS.export().replace(b"12.00", b'"84,6"')
    done = edit(before)
    assert done.same == 1
    assert b'"84,6"' in done.data


def test_the_hidden_row_the_test_student_and_totals_are_left_alone() -> None:
    results = [result("Test Student", "rnn_unit", 7), result("ada", "rnn_unit", 7)]
    done = edit(CLASS.export(), results)
    assert done.matched.strangers == ("Test Student",)
    assert [c.student for c in done.changes] == ["ada"]
    assert done.data.splitlines()[1] == CLASS.export().splitlines()[1]


def test_missing_work_is_left_alone_unless_asked_for() -> None:
    assert not [c for c in edit(CLASS.export()).changes if c.student == "503"]
    done = edit(CLASS.export(), zeros=True)
    assert [(c.after, c.before) for c in done.changes if c.student == "503"] == [("0.00", "")]


def test_who_is_in_one_place_only_is_reported() -> None:
    done = edit(CLASS.export(), [*RESULTS, result("stranger", "lstm", 3)], known=())
    assert done.matched.strangers == ("amara", "stranger")
    assert [(e.line, e.name) for e in done.matched.others] == [(5, "Diallo, Amara")]


@pytest.mark.parametrize(
    "who",
    [
        Who("x", ids={"canvas_id": "501"}),
        Who("x", ids={"sis_user_id": "S-501"}),
        Who("x", ids={"sis_login_id": "ADA"}),
        Who("x", ids={"id": "s-501"}),
        Who("x", name="Ada Lovelace"),
        Who("x", name="lovelace,  ada"),
        Who("501"),
        Who("s-501"),
        Who("Ada"),
        Who("lovelaceada"),
    ],
    ids=str,
)
def test_a_student_is_found_by_id_sis_id_login_and_name(who: Who) -> None:
    done = edit(CLASS.export(), [result(who.student, "rnn_unit", 7)], [who])
    assert [c.line for c in done.changes] == [4]


def test_a_name_with_its_accents_written_in_another_way_is_the_same() -> None:
    who = Who("x", name="Bjørn Dvor\u030ca\u0301k")
    lms = replace(CLASS, columns=(Column(1, "rnn_unit", 10),))
    done = edit(lms.export(), [result("x", "rnn_unit", 7)], [who])
    assert [(c.line, c.after) for c in done.changes] == [(5, "0.70")]


def test_a_name_that_would_be_a_formula_is_found_and_stays_as_canvas_writes_it() -> None:
    lms = replace(CLASS, users=(User(7, "=1+1, Eve"), *USERS))
    done = edit(lms.export(), [result("7", "rnn_unit", 7)])
    assert b'"=""=1+1, Eve"""' in done.data
    assert lms.imported(done.data)[7, 9001] == "7.00"
    by_name = edit(lms.export(), [result("Eve =1+1", "rnn_unit", 7)])
    assert [c.line for c in by_name.changes] == [4]


def refusal(data: bytes, results: Sequence[Result] = RESULTS, **more: Any) -> str:
    with pytest.raises(Refused) as e:
        edit(data, results, **more)
    return str(e.value)


def test_a_student_who_fits_two_rows_is_refused_with_both() -> None:
    lms = replace(CLASS, users=(*USERS, User(504, "Lovelace, Ada", "ada", "al")))
    said = refusal(lms.export(), [result("ada", "rnn_unit", 1), result("503", "rnn_unit", 1)])
    assert "ada fits 2 rows: line 4 (Lovelace, Ada, ID 501" in said
    assert "line 7 (Lovelace, Ada, ID 504" in said
    assert "--roster" in said
    sure = [Who("ada", ids={"canvas_id": "504"})]
    done = edit(lms.export(), [result("ada", "rnn_unit", 1)], sure)
    assert [c.line for c in done.changes] == [7]


def test_a_roster_that_contradicts_itself_is_refused() -> None:
    who = Who("ada", ids={"canvas_id": "501", "sis_login_id": "b3"})
    said = refusal(CLASS.export(), [result("ada", "rnn_unit", 1)], known=[who])
    assert "ada fits 2 rows: line 4" in said


def test_two_students_who_fit_one_row_are_refused() -> None:
    said = refusal(CLASS.export(), [result(s, "rnn_unit", 1) for s in ("ada", "501", "503")])
    assert (
        "line 4 (Lovelace, Ada, ID 501, SIS User ID s-501, SIS Login ID ada) fits 2 students"
        in (said)
    )
    assert "ada, 501" in said


def test_a_row_that_is_there_twice_is_refused() -> None:
    data = CLASS.export()
    data += data.splitlines(keepends=True)[3]
    assert "ada fits 2 rows: line 4" in refusal(data)


def test_columns_that_are_missing_or_not_certain_are_all_refused_at_once() -> None:
    lms = replace(CLASS, columns=(Column(1, "LSTM", 5), Column(2, "lstm", 5), Column(3, "x", 5)))
    said = refusal(lms.export())
    assert "lstm: several columns could be it: 'LSTM (1)', 'lstm (2)'." in said
    assert "rnn_unit: no column is called so." in said
    assert "Columns that can be written: 'LSTM (1)', 'lstm (2)', 'x (3)'." in said
    assert "--column SLUG=COLUMN" in said


@pytest.mark.parametrize("name", ["2", "lstm (2)", "lstm"])
def test_a_column_can_be_named(name: str) -> None:
    lms = replace(CLASS, columns=(Column(1, "LSTM", 5), Column(2, "lstm", 10), Column(3, "x", 5)))
    results = [result("ada", "lstm", 50)]
    if name == "lstm":  # exactly so, which the other one is not
        assert "several columns" in refusal(lms.export(), results)
    done = edit(lms.export(), results, columns={"lstm": name})
    assert [(c.column, c.after) for c in done.changes] == [("lstm (2)", "5.00")]


def test_two_exercises_are_not_written_into_one_column() -> None:
    said = refusal(CLASS.export(), columns={"lstm": "9001"})
    assert "rnn_unit, lstm: all of them would be written" in said or (
        "lstm, rnn_unit: all of them would be written" in said
    )


@pytest.mark.parametrize("cell", [b"0.00", b"", b"(read only)", b"A-"])
def test_a_column_without_points_is_refused(cell: bytes) -> None:
    data = CLASS.export().replace(b",100.00,", b"," + cell + b",", 1)
    said = refusal(data, [result("ada", "rnn_unit", 1)])
    assert ("no column is called so" if b"read" in cell else "is out of") in said


def test_nothing_is_written_where_nobody_is_known() -> None:
    said = refusal(CLASS.export(), [result("nobody", "rnn_unit", 1)])
    assert "None of the students graded here is in the file." in said


def test_a_cell_that_holds_no_points_is_left_alone() -> None:
    done = edit(CLASS.export().replace(b"12.00", b"B+"))
    assert "it says 'B+', which is no number of points" in [x.why for x in done.left]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"Name,Points\nAda,3\n", "grades.csv:1: this is not the header of a gradebook"),
        (b"Student,ID,SIS Login ID,Section,lstm (1)\nA,1,a,S,3\n", "no row that begins with"),
        (CLASS.export() + b"Short,1\n", "grades.csv:8: 2 cells, but the header has 14"),
        (
            CLASS.export() + b"    Points Possible,,,,,1,1,1,,,,,,\n",
            "grades.csv:8: a second row of points possible; the first is in line 3",
        ),
    ],
)
def test_a_file_that_is_no_gradebook_is_refused_with_its_line(data: bytes, said: str) -> None:
    with pytest.raises(BadFile) as e:
        edit(data)
    assert said in str(e.value)


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


@given(st.lists(st.tuples(NAMES, st.sampled_from([None, "EX", 3.0])), min_size=1, max_size=6))
def test_a_class_of_any_names_goes_out_and_comes_back_by_id(
    class_: list[tuple[str, object]],
) -> None:
    users = tuple(User(100 + n, name) for n, (name, _) in enumerate(class_))
    scores = {100 + n: score for n, (_, score) in enumerate(class_)}
    lms = Canvas(users, (Column(1, "lstm", 100, scores=scores),))
    results = [result(str(u.id), "lstm", n + 50) for n, u in enumerate(users)]
    sure = [Who(str(u.id), ids={"canvas_id": str(u.id)}) for u in users]
    taken = lms.imported(edit(lms.export(), results, sure).data)
    for n, user in enumerate(users):
        kept = {None: "N/A", "EX": "EX"}.get(scores[user.id], f"{n + 50}.00")  # type: ignore[call-overload]
        if user.sortable_name.casefold() not in canvas.TEST_STUDENTS:
            assert taken[user.id, 1] == kept
