"""The file that results are kept in: what is kept, what counts, and what damage does to it."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import UsageError
from grader.model import Attempt, Submission
from grader.store import Row, Store
from grader.verdict import CheckResult, Judgement, Marked, Status

DECIDED = {"source": "5e8c"}
PASSED = Judgement((CheckResult("value", Status.PASSED),), isolation="sandboxed")
FAILED = Judgement((CheckResult("value", Status.FAILED, reason="y is not right."),))


def by(student: str, source: bytes = b"x = 1\n", assignment: str = "unit") -> Submission:
    return Submission(student, assignment, "unit.py", source)


def keep(store: Store, submission: Submission, key: str, judgement: Judgement) -> None:
    """What a batch does with a student's only attempt."""
    store.put(submission, key, DECIDED, judgement)
    store.set_attempts([(submission, key)])


def outcomes(store: Store) -> dict[tuple[str, str], Judgement]:
    return {(r.student, r.assignment): r.judgement for r in store.attempts()}


def test_a_judgement_is_found_again_by_student_assignment_and_key(tmp_path: Path) -> None:
    with Store(tmp_path, create=True) as store:
        store.put(by("ada"), "k1", DECIDED, PASSED)
        assert store.has(by("ada"), "k1")
        assert not store.has(by("ada"), "k2")
        assert not store.has(by("bo"), "k1")
        assert not store.has(by("ada", assignment="net"), "k1")


def test_a_row_holds_all_that_a_replay_and_a_late_policy_need(tmp_path: Path) -> None:
    source = b"\x00\xff = 'kept byte for byte'\r\n"
    came = Attempt(1, "attempt-1", datetime(2026, 10, 12, 21, 59, tzinfo=UTC), "manifest")
    with Store(tmp_path, create=True) as store:
        keep(store, replace(by("ada", source), attempt=came), "k1", FAILED)
    with Store(tmp_path) as again:
        assert list(again.attempts()) == [
            Row("ada", "unit", came, "k1", "unit.py", source, FAILED, decided=DECIDED),
        ]


def test_the_attempts_found_last_are_there_and_rows_come_in_order(tmp_path: Path) -> None:
    with Store(tmp_path, create=True) as store:
        for student, assignment in [("bo", "unit"), ("ada", "unit"), ("zoe", "net")]:
            keep(store, by(student, assignment=assignment), "old", FAILED)
        keep(store, by("bo"), "new", PASSED)
        assert list(outcomes(store)) == [("zoe", "net"), ("ada", "unit"), ("bo", "unit")]
        assert outcomes(store)["bo", "unit"] == PASSED


def test_a_judgement_alone_is_nobody_s_attempt_yet(tmp_path: Path) -> None:
    with Store(tmp_path, create=True) as store:
        store.put(by("ada"), "k", DECIDED, PASSED)
        assert list(store.attempts()) == []


def test_several_attempts_come_in_their_order_and_may_be_the_same_file(tmp_path: Path) -> None:
    attempts = [replace(by("ada"), attempt=Attempt(n, f"try-{n}")) for n in (1, 2, 3)]
    with Store(tmp_path, create=True) as store:
        store.put(attempts[0], "a", DECIDED, FAILED)
        store.put(attempts[1], "b", DECIDED, PASSED)
        store.set_attempts(list(zip(attempts, ("a", "b", "a"), strict=True)))
        found = [(r.attempt.name, r.judgement) for r in store.attempts()]
        assert found == [("try-1", FAILED), ("try-2", PASSED), ("try-3", FAILED)]
        store.set_attempts([(by("ada"), "b")])
        assert [r.judgement for r in store.attempts()] == [PASSED]


def test_who_goes_back_to_an_earlier_file_gets_its_result_back(tmp_path: Path) -> None:
    with Store(tmp_path, create=True) as store:
        keep(store, by("ada"), "first", PASSED)
        keep(store, by("ada"), "second", FAILED)
        assert store.has(by("ada"), "first")
        store.set_attempts([(by("ada"), "first")])
        assert outcomes(store)["ada", "unit"] == PASSED


def test_looking_up_what_is_newest_already_changes_no_row(tmp_path: Path) -> None:
    with Store(tmp_path, create=True) as store:
        store.put(by("ada"), "k", DECIDED, PASSED)
        store.put(by("bo"), "k", DECIDED, PASSED)
        assert store.has(by("ada"), "k")
    with sqlite3.connect(tmp_path / "results.db") as db:
        rows = db.execute("SELECT turn, student FROM judgement ORDER BY turn").fetchall()
    db.close()
    assert rows == [(1, "ada"), (2, "bo")]


def test_judging_again_takes_the_place_of_the_old_judgement(tmp_path: Path) -> None:
    with Store(tmp_path, create=True) as store:
        keep(store, by("ada"), "k", FAILED)
        keep(store, by("ada"), "k", PASSED)
        assert outcomes(store) == {("ada", "unit"): PASSED}


def test_a_row_is_there_for_others_as_soon_as_it_is_put(tmp_path: Path) -> None:
    with Store(tmp_path, create=True) as writing:
        writing.put(by("ada"), "k", DECIDED, PASSED)
        with Store(tmp_path) as reading:
            assert reading.has(by("ada"), "k")


def test_two_runs_may_write_at_the_same_time(tmp_path: Path) -> None:
    Store(tmp_path, create=True).close()

    def write(who: str) -> None:
        with Store(tmp_path) as store:
            for n in range(25):
                keep(store, by(f"{who}-{n}"), "k", PASSED)

    runs = [threading.Thread(target=write, args=(who,)) for who in ("ada", "bo")]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    with Store(tmp_path) as store:
        assert len(outcomes(store)) == 50


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), st.binary(max_size=50))
def test_any_name_and_any_bytes_are_kept(
    tmp_path_factory: pytest.TempPathFactory, name: str, source: bytes
) -> None:
    with Store(tmp_path_factory.getbasetemp() / "any", create=True) as store:
        keep(store, by(name, source), "k", PASSED)
        assert next(r.source for r in store.attempts() if r.student == name) == source


# What is not there, not ours, or damaged


def test_without_results_the_command_that_makes_them_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There are no results in .*\. Run `grader grade PATH"):
        Store(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_folder_is_made_where_there_is_none(tmp_path: Path) -> None:
    Store(tmp_path / "a" / "b", create=True).close()
    assert (tmp_path / "a" / "b" / "results.db").is_file()


@pytest.mark.parametrize("obstacle", ["a file for a folder", "a folder for a file", "other bytes"])
def test_what_cannot_be_used_is_told_with_the_way_out(tmp_path: Path, obstacle: str) -> None:
    folder = tmp_path / "results"
    if obstacle == "a file for a folder":
        folder.write_bytes(b"")
    elif obstacle == "a folder for a file":
        (folder / "results.db").mkdir(parents=True)
    else:
        folder.mkdir()
        (folder / "results.db").write_bytes(b"a text of some length, and no database at all\n" * 99)
    with pytest.raises(UsageError, match=r"cannot be used .*\. Name another folder with --results"):
        Store(folder, create=True)


def test_results_of_a_later_format_are_left_alone(tmp_path: Path) -> None:
    Store(tmp_path, create=True).close()
    db = sqlite3.connect(tmp_path / "results.db")
    db.execute("PRAGMA user_version = 4")
    db.commit()
    db.close()
    before = (tmp_path / "results.db").read_bytes()
    with pytest.raises(UsageError, match=r"is of format 4\. Use another --results folder"):
        Store(tmp_path, create=True)
    assert (tmp_path / "results.db").read_bytes() == before


@pytest.mark.parametrize("stored", ["", "{", "[]", "{}", '{"schema": 2}', '{"schema": 1}', "null"])
def test_a_damaged_row_is_told_with_its_student_and_can_be_judged_again(
    tmp_path: Path, stored: str
) -> None:
    with Store(tmp_path, create=True) as store:
        keep(store, by("ada"), "k", PASSED)
        keep(store, by("bo"), "k", PASSED)
        db = sqlite3.connect(store.path)
        db.execute("UPDATE judgement SET judgement = ? WHERE student = 'bo'", (stored,))
        db.commit()
        db.close()
        with pytest.raises(UsageError, match=r"damaged result of bo .*Grade again with --force"):
            list(store.attempts())
        store.put(by("bo"), "k", DECIDED, FAILED)
        assert outcomes(store)["bo", "unit"] == FAILED


@pytest.mark.parametrize("does", ["has", "put", "attempts"])
def test_a_file_that_is_damaged_inside_is_told_with_the_way_out(tmp_path: Path, does: str) -> None:
    with Store(tmp_path, create=True) as store:
        for n in range(40):
            keep(store, by(f"student-{n}", b"x" * 2000), "k", PASSED)
    raw = bytearray(store.path.read_bytes())
    raw[4096:] = b"\x5a" * (len(raw) - 4096)
    store.path.write_bytes(raw)
    with Store(tmp_path) as damaged, pytest.raises(UsageError, match="--results"):
        {
            "has": lambda: damaged.has(by("student-1"), "k"),
            "put": lambda: damaged.put(by("zoe"), "k", DECIDED, PASSED),
            "attempts": lambda: list(damaged.attempts()),
        }[does]()


def test_a_full_disk_is_told_and_what_was_kept_stays(tmp_path: Path) -> None:
    with Store(tmp_path, create=True) as store:
        keep(store, by("ada"), "k", PASSED)
        store._db.execute("PRAGMA max_page_count = 1")
        with pytest.raises(UsageError, match="full"):
            store.put(by("bo", b"x" * (200 << 10)), "k", DECIDED, PASSED)
        assert list(outcomes(store)) == [("ada", "unit")]


def test_results_of_the_format_before_are_taken_over_with_all_that_is_in_them(
    tmp_path: Path,
) -> None:
    with Store(tmp_path, create=True) as store:
        keep(store, by("ada"), "k", PASSED)
    db = sqlite3.connect(tmp_path / "results.db")
    db.execute("ALTER TABLE judgement DROP COLUMN decides")
    db.execute("DROP TABLE batch")
    db.execute("PRAGMA user_version = 2")
    db.commit()
    db.close()
    with Store(tmp_path) as store:
        (row,) = store.attempts()
        assert (row.judgement, row.decided) == (PASSED, {})
        assert list(store.runs()) == []
        assert store.has(by("ada"), "k")
        keep(store, by("bo"), "k", FAILED)
    with Store(tmp_path) as store:
        assert [r.decided for r in store.attempts()] == [{}, DECIDED]


def test_rows_are_read_as_they_are_asked_for(tmp_path: Path) -> None:
    with Store(tmp_path, create=True) as store:
        for n in range(3):
            keep(store, by(f"student-{n}"), "k", PASSED)
        db = sqlite3.connect(store.path)
        db.execute("UPDATE judgement SET judgement = '' WHERE student = 'student-2'")
        db.commit()
        db.close()
        rows = store.attempts()
        assert [next(rows).student, next(rows).student] == ["student-0", "student-1"]
        with pytest.raises(UsageError, match="damaged result of student-2"):
            next(rows)
        wanted = store.attempts(lambda student, assignment: student == "student-1")
        assert [r.student for r in wanted] == ["student-1"]
        assert list(store.whose()) == [(f"student-{n}", "unit") for n in range(3)]


# What people give


def test_marks_of_a_person_are_kept_apart_and_no_new_run_touches_them(tmp_path: Path) -> None:
    third = Marked(Fraction(1, 3), "Fine.\n=1+1")
    with Store(tmp_path, create=True) as store:
        store.mark({("ada", "unit", "essay"): third, ("bo", "net", "essay"): Marked(Fraction(2))})
        keep(store, by("ada"), "k", FAILED)
        keep(store, by("ada"), "k", PASSED)
        keep(store, by("bo"), "k", PASSED)
    with Store(tmp_path) as store:
        assert {r.student: r.marked for r in store.attempts()} == {
            "ada": {"essay": third},
            "bo": {},
        }
        store.mark({("ada", "unit", "essay"): Marked(Fraction(2))})
        assert store.marked()["ada", "unit", "essay"] == Marked(Fraction(2))


def test_results_from_before_there_were_marks_can_be_read(tmp_path: Path) -> None:
    with Store(tmp_path, create=True) as store:
        keep(store, by("ada"), "k", PASSED)
    with sqlite3.connect(tmp_path / "results.db") as db:
        db.execute("DROP TABLE marked")
    db.close()
    with Store(tmp_path) as store:
        assert [r.marked for r in store.attempts()] == [{}]


def test_damaged_marks_are_told_with_the_way_out(tmp_path: Path) -> None:
    with Store(tmp_path, create=True) as store:
        store.mark({("ada", "unit", "essay"): Marked(Fraction(2))})
    with sqlite3.connect(tmp_path / "results.db") as db:
        db.execute("UPDATE marked SET points = 'many'")
    db.close()
    with Store(tmp_path) as store, pytest.raises(UsageError, match=r"Import them again\."):
        store.marked()
