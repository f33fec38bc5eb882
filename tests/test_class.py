"""The sample class, graded once for all of these tests: every outcome is the one that was meant."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from golden import meant as meaning
from golden.kit import Ran, command

ROOT = Path(__file__).resolve().parent.parent
CLASS = ROOT / "examples" / "class"
DESCRIPTION = CLASS.parent / "README.md"
SUBMISSIONS = CLASS / "submissions.csv"
GOLDEN: dict[str, dict[str, dict[str, Any]]] = yaml.safe_load(
    (Path(__file__).parent / "golden" / "class.yaml").read_text(encoding="utf-8")
)
TOTALS = GOLDEN.pop("totals")
HANDED_IN = [(slug, student) for slug, students in GOLDEN.items() for student in students]
PATIENCE = 300.0
"""Seconds: one of the students has written a loop that never ends, and machines may be busy."""

Rows = Mapping[tuple[str, str], Any]


def run(*arguments: str | Path) -> Ran:
    return command(
        *(*arguments, "--json", "--course", ROOT),
        env={"GRADER_SECRET": "the sample class has a secret"},
        patience=PATIENCE,
    )


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the results of `grader grade examples/class` are; one test process runs it for all."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with (folder / "class.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "class.json").exists():
            ran = run("grade", CLASS, "--workers", "2", "--results", folder / "class-results")
            assert (ran.code, ran.err) == (1, "")
            (folder / "class.json").write_text(ran.out, encoding="utf-8")
    return folder / "class-results"


@pytest.fixture(scope="session")
def graded(results: Path) -> Mapping[str, Any]:
    """What it says."""
    document: Mapping[str, Any] = json.loads(
        results.with_name("class.json").read_text(encoding="utf-8")
    )
    return document


@pytest.fixture(scope="session")
def rows(graded: Mapping[str, Any]) -> Rows:
    """What it says of the submissions that count, by exercise and student."""
    return {(r["assignment"], r["student"]): r for r in graded["results"] if r["attempts"]}


@pytest.mark.parametrize(("slug", "student"), HANDED_IN)
def test_a_sample_submission_gets_the_marks_that_were_meant(
    slug: str, student: str, rows: Rows
) -> None:
    row, want = rows[slug, student], GOLDEN[slug][student]
    got, meant = meaning.statuses(row, want)
    assert (row["earned"], got) == (want.get("earned", want["score"]), meant)
    assert row["max_score"] == 100
    assert row["earned"] == pytest.approx(sum(c["points"] for c in row["checks"]))


@pytest.mark.parametrize(("slug", "student"), HANDED_IN)
def test_lateness_and_attempts_count_as_the_course_says(
    slug: str, student: str, rows: Rows
) -> None:
    row, want = rows[slug, student], GOLDEN[slug][student]
    late = {"extended": False, "minutes": 0, "days": 0, "refused": False} | want.get("late", {})
    assert (row["score"], {k: row["late"][k] for k in late}) == (want["score"], late)
    assert row["time_from"] == "manifest"
    attempts = want.get("attempts", [want["score"]])
    assert [a["score"] for a in row["attempts"]] == attempts
    counts = want.get("counts", 1)
    assert row["attempt"] == counts
    assert [a["counts"] for a in row["attempts"]] == [n + 1 == counts for n in range(len(attempts))]


@pytest.mark.parametrize(("slug", "student"), HANDED_IN)
def test_a_sample_submission_is_told_what_was_meant(slug: str, student: str, rows: Rows) -> None:
    row, want = rows[slug, student], GOLDEN[slug][student]
    meaning.told(row, want)
    for check in row["checks"]:
        if check["status"] in ("failed", "timeout"):
            plain = ("Not counted: see", "Zero throughout")
            assert check["hint"] or any(words in check["reason"] for words in plain), check["id"]


@pytest.mark.parametrize(("slug", "student"), HANDED_IN)
def test_the_mistakes_of_a_sample_submission_are_named_and_no_others(
    slug: str, student: str, rows: Rows, request: pytest.FixtureRequest
) -> None:
    want = GOLDEN[slug][student]
    if "not_yet" in want:
        request.applymarker(pytest.mark.xfail(reason=want["not_yet"], strict=True))
    assert meaning.mistakes(rows[slug, student]["checks"]) == set(want.get("mistakes", ()))


def test_every_sample_submission_is_pinned_and_described(
    graded: Mapping[str, Any], rows: Rows
) -> None:
    folders = {p.name for p in CLASS.iterdir() if p != SUBMISSIONS}
    assert set(rows) == set(HANDED_IN)
    assert {student for _, student in HANDED_IN} == folders
    assert set(meaning.described(DESCRIPTION)) == folders
    assert graded["totals"] == TOTALS


def test_the_description_of_the_class_and_its_totals_agree() -> None:
    full = {
        s
        for s, meant in meaning.described(DESCRIPTION).items()
        if meant.startswith("full marks in everything")
    }
    assert full == {s for s, total in TOTALS.items() if total == 100}
    text = DESCRIPTION.read_text(encoding="utf-8")
    files = sum(len(want.get("attempts", [0])) for _, _, want in all_golden())
    assert f"{len(meaning.described(DESCRIPTION))} students" in text
    assert f"{files} submissions" in text


def test_the_class_has_everything_that_happens_in_a_class() -> None:
    everything = [want for _, _, want in all_golden()]
    late = [want["late"] for want in everything if "late" in want]
    assert len(HANDED_IN) >= 120
    assert sum("attempts" in want for want in everything) >= 10
    assert any(want.get("counts") == 1 for want in everything)  # it was better than a later one
    assert any(one.get("minutes", 0) and not one["days"] for one in late)  # in the time of grace
    assert any(one.get("refused") for one in late)
    assert sum(bool(one.get("extended")) for one in late) == 2
    assert len(HANDED_IN) < len(GOLDEN) * len(TOTALS)  # some is missing


def test_no_two_sample_submissions_are_the_same() -> None:
    sources = [p.read_bytes() for p in CLASS.rglob("*") if p.is_file()]
    assert len(set(sources)) == len(sources)


def test_a_rescore_says_the_same_without_running_anyone(
    graded: Mapping[str, Any], results: Path
) -> None:
    assert run("rescore", "--results", results).document == graded


def test_the_document_is_complete_and_in_order(graded: Mapping[str, Any]) -> None:
    assert (graded["schema"], graded["errors"]) == (1, [])
    keys = [(row["assignment"], row["student"]) for row in graded["results"]]
    assert keys == sorted(keys)
    assert {slug for slug, _ in keys} == set(GOLDEN)
    assert len(graded["results"]) == len(GOLDEN) * len(TOTALS)


def test_the_stub_in_the_class_is_the_one_that_is_handed_out() -> None:
    stub = ROOT / "assignments" / "rnn_unit" / "rnn_unit.py"
    assert (CLASS / "ugo" / "rnn_unit" / "rnn_unit.py").read_bytes() == stub.read_bytes()


def all_golden() -> Iterable[tuple[str, str, dict[str, Any]]]:
    return ((slug, student, GOLDEN[slug][student]) for slug, student in HANDED_IN)
