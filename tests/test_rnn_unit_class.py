"""The class with one exercise, graded once for all of these tests: whatever can go wrong with a
submission comes out as it was meant."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from golden import meant as meaning
from golden.kit import command

ROOT = Path(__file__).resolve().parent.parent
CLASS = ROOT / "examples" / "rnn_unit"
DESCRIPTION = CLASS.parent / "rnn_unit.md"
SUBMISSIONS = CLASS / "submissions.csv"
GOLDEN: dict[str, dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "golden" / "rnn_unit.yaml").read_text(encoding="utf-8")
)


@pytest.fixture(scope="session")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What `grader grade examples/rnn_unit --json` says; one of the test processes runs it."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    kept = folder / "rnn_unit.json"
    with (folder / "rnn_unit.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            ran = command(
                *("grade", CLASS, "--json", "--workers", "2", "--course", ROOT),
                *("--results", folder / "rnn_unit-results"),
                env={"GRADER_SECRET": "the sample class has a secret"},
            )
            assert (ran.code, ran.err) == (1, "")
            kept.write_text(ran.out, encoding="utf-8")
    return json.loads(kept.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def rows(graded: Mapping[str, Any]) -> dict[str, Any]:
    return {row["student"]: row for row in graded["results"] if row["attempts"]}


@pytest.mark.parametrize("student", sorted(GOLDEN))
def test_a_sample_submission_gets_the_marks_that_were_meant(
    student: str, rows: dict[str, Any]
) -> None:
    row, want = rows[student], GOLDEN[student]
    got, meant = meaning.statuses(row, want)
    assert (row["score"], got) == (want["score"], meant)
    assert row["max_score"] == 100
    assert row["score"] == sum(c["points"] for c in row["checks"])


@pytest.mark.parametrize("student", sorted(GOLDEN))
def test_a_sample_submission_is_told_what_was_meant(student: str, rows: dict[str, Any]) -> None:
    meaning.told(rows[student], GOLDEN[student])


@pytest.mark.parametrize("student", sorted(GOLDEN))
def test_the_mistakes_of_a_sample_submission_are_named_and_no_others(
    student: str, rows: dict[str, Any]
) -> None:
    named = meaning.mistakes(rows[student]["checks"])
    assert named == set(GOLDEN[student].get("mistakes", ()))


def test_every_sample_student_is_pinned_and_described(rows: dict[str, Any]) -> None:
    folders = {p.name for p in CLASS.iterdir() if p != SUBMISSIONS}
    assert set(GOLDEN) == folders
    assert set(rows) == folders
    assert set(meaning.described(DESCRIPTION)) == folders


def test_the_description_of_the_class_and_its_marks_agree() -> None:
    full = {
        s for s, meant in meaning.described(DESCRIPTION).items() if meant.startswith("full marks")
    }
    none = {s for s, meant in meaning.described(DESCRIPTION).items() if "no marks" in meant}
    assert full == {s for s, want in GOLDEN.items() if want["score"] == 100}
    assert none == {s for s, want in GOLDEN.items() if want["score"] == 0}


def test_the_document_is_complete_and_in_order(graded: Mapping[str, Any]) -> None:
    assert (graded["schema"], graded["errors"]) == (1, [])
    students = [row["student"] for row in graded["results"]]
    assert students == sorted(students)
    assert {row["assignment"] for row in graded["results"]} == {"rnn_unit"}


def test_no_reason_repeats_what_a_student_wrote(rows: dict[str, Any]) -> None:
    said = " ".join(c["reason"] for row in rows.values() for c in row["checks"])
    assert "script" not in said
    assert "GiB" not in said


def test_the_stub_in_the_class_is_the_one_that_is_handed_out() -> None:
    stub = ROOT / "assignments" / "rnn_unit" / "rnn_unit.py"
    assert (CLASS / "ugo" / "rnn_unit" / "rnn_unit.py").read_bytes() == stub.read_bytes()
