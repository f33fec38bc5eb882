"""`grader diff`: whose marks differ between two sets of results, and why."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from course_kit import MISTAKES, SOURCE, Course, affine
from golden.kit import built, grade, grader, results

from grader import difference

WRONG = affine(dW="x.T @ dy / len(x)")


def check(name: str, points: float, most: float = 10, reason: str = "") -> dict[str, Any]:
    status = "passed" if points == most else "failed"
    return {
        "id": name,
        "status": status,
        "points": points,
        "max_points": most,
        "reason": reason,
        "diagnosis": [],
    }


def result(student: str, *checks: dict[str, Any], slug: str = "lstm") -> dict[str, Any]:
    score = sum(c["points"] for c in checks)
    most = sum(c["max_points"] for c in checks)
    return {
        "student": student,
        "assignment": slug,
        "score": score,
        "max_score": most,
        "status": "passed" if score == most else "failed",
        "problem": "",
        "checks": list(checks),
    }


def document(*of: dict[str, Any]) -> dict[str, Any]:
    return {"schema": 1, "results": list(of), "errors": []}


def compared(before: dict[str, Any], after: dict[str, Any]) -> difference.Difference:
    return difference.compare(difference.marks(before), difference.marks(after))


def shown(before: dict[str, Any], after: dict[str, Any]) -> str:
    return "\n".join(difference.lines(compared(before, after)))


def test_the_same_results_do_not_differ() -> None:
    same = document(result("ada", check("a", 10)), result("bo", check("a", 3)))
    found = compared(same, same)
    assert (found.changes, found.unchanged) == ((), 2)


def test_the_largest_change_comes_first_and_each_is_counted() -> None:
    before = document(*(result(s, check("a", 5), check("b", 5)) for s in ("ada", "bo", "cy", "di")))
    after = document(
        result("ada", check("a", 6), check("b", 5)),
        result("bo", check("a", 0), check("b", 5)),
        result("di", check("a", 5), check("b", 5)),
        result("eve", check("a", 10), check("b", 10)),
    )
    found = compared(before, after)
    assert [(c.student, c.kind) for c in found.changes] == [
        ("bo", "down"),
        ("ada", "up"),
        ("cy", "gone"),
        ("eve", "new"),
    ]
    assert difference.as_json(found)["summary"] == {
        "up": 1,
        "down": 1,
        "same marks": 0,
        "new": 1,
        "gone": 1,
        "unchanged": 1,
    }


def test_it_is_told_which_checks_changed_and_why() -> None:
    before = document(
        result("ada", check("grad-W", 0, reason="3 of 4 rows are off"), check("b", 5))
    )
    after = document(result("ada", check("grad-W", 10), check("b", 4, reason="Too slow.")))
    told = shown(before, after)
    assert "grad-W  failed → passed, 0/10 → 10/10  was: 3 of 4 rows are off" in told
    assert "b       failed → failed, 5/10 → 4/10  Too slow." in told


def test_a_known_mistake_is_told_by_its_name() -> None:
    named = check("grad-W", 0, reason="in words")
    named["diagnosis"] = [{"quantity": "W", "mistakes": [{"name": "weights-averaged"}]}]
    assert "weights-averaged" in shown(
        document(result("ada", check("grad-W", 10))), document(result("ada", named))
    )


def test_the_same_sum_of_other_checks_is_a_difference() -> None:
    before = document(result("ada", check("a", 10), check("b", 0)))
    after = document(result("ada", check("a", 0), check("b", 10)))
    (change,) = compared(before, after).changes
    assert change.kind == "same marks"
    assert "same marks, other checks" in shown(before, after)


def test_other_words_alone_are_no_difference() -> None:
    before = document(result("ada", check("a", 0, reason="A hint.")))
    after = document(result("ada", check("a", 0, reason="A better hint.")))
    assert not compared(before, after).changes


def test_marks_out_of_other_totals_are_compared_by_their_share() -> None:
    before = document(result("ada", check("a", 5, 10)), result("bo", check("a", 5, 10)))
    after = document(result("ada", check("a", 10, 20)), result("bo", check("a", 5, 20)))
    found = compared(before, after)
    assert [(c.student, c.kind, c.by) for c in found.changes] == [
        ("bo", "down", -0.25),
        ("ada", "same marks", 0),
    ]
    assert "5/10 → 5/20" in shown(before, after)
    assert "−25%" in shown(before, after)


def test_half_a_cent_does_not_make_a_difference_of_floats() -> None:
    before = document(result("ada", check("a", 0.1), check("b", 0.2)))
    after = json.loads(json.dumps(before))
    after["results"][0]["score"] = 0.3
    assert not compared(before, after).changes


def test_hostile_names_and_reasons_are_made_plain() -> None:
    name, slug = "\x1b[2J\u202eada\n", "ls\x07tm"
    before = document(result(name, check("\x1b]a", 0, reason="\x1b[31mred\nline"), slug=slug))
    after = document(result(name, check("\x1b]a", 10, reason=""), slug=slug))
    told = shown(before, after)
    _, *rest = told.split("\n")
    assert not set("\x1b\u202e\x07") & set("".join(rest))
    assert len(rest) == 4  # a student, a check, nothing, a count


def test_of_many_changes_the_first_are_listed_and_the_rest_counted() -> None:
    before = document(*(result(f"s{k:04}", check("a", 0)) for k in range(500)))
    after = document(*(result(f"s{k:04}", check("a", 10)) for k in range(500)))
    told = shown(before, after)
    assert "400 more: see --json." in told
    assert told.endswith("500 up, 0 unchanged.")


DAMAGED = {
    "empty": b"",
    "no JSON": b"{",
    "not UTF-8": b'{"a": "\xff"}',
    "a list": b"[]",
    "another schema": b'{"schema": 9, "results": []}',
    "no results": b'{"schema": 1}',
    "results of another kind": b'{"schema": 1, "results": 3}',
    "deep": b'{"schema":' + b"[" * 200_000,
    "a long number": b'{"schema": ' + b"1" * 10_000 + b"}",
    "not a number": json.dumps(document(result("a", check("c", float("nan"))))).encode(),
    "infinite": json.dumps(document(result("a", check("c", float("inf"))))).encode(),
    "too much": json.dumps(document(result("a", check("c", 1e300)))).encode(),
    "a text for points": json.dumps(document(result("a") | {"score": "1"})).encode(),
    "a bool for points": json.dumps(document(result("a") | {"score": True})).encode(),
    "a number for a name": json.dumps(document(result("a") | {"student": 1})).encode(),
    "twice the same": json.dumps(document(result("a"), result("a"))).encode(),
    "checks of another kind": json.dumps(document(result("a") | {"checks": {"a": 1}})).encode(),
}


@pytest.mark.parametrize("raw", DAMAGED.values(), ids=DAMAGED)
def test_what_is_no_document_is_refused_with_what_to_do(raw: bytes, tmp_path: Path) -> None:
    whole = tmp_path / "whole.json"
    whole.write_text(json.dumps(document()))
    path = tmp_path / "damaged.json"
    path.write_bytes(raw)
    ran = grader("diff", whole, path)
    assert (ran.code, ran.out) == (2, "")
    assert f"{path} cannot be read as results" in ran.err
    assert "Name a results folder, or a file that `grader grade --json`" in ran.err


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    ran = grader("diff", tmp_path / "a.json", tmp_path / "b.json")
    assert (ran.code, "a.json cannot be read as results (No such file" in ran.err) == (2, True)


def test_documents_need_no_course(tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    one.write_text(json.dumps(document(result("ada", check("a", 0)))))
    other.write_text(json.dumps(document(result("ada", check("a", 10)))))
    same = grader("diff", one, one, cwd=tmp_path)
    assert (same.code, same.out) == (0, "1 unchanged.\n")
    ran = grader("diff", one, other, "--json", cwd=tmp_path)
    assert ran.code == 1
    (change,) = ran.document["changes"]
    assert (change["before"]["score"], change["after"]["score"]) == (0, 10)
    none = grader("diff", one, other, "--assignment", "nosuch", cwd=tmp_path)
    assert (none.code, "Neither has a result of nosuch" in none.err) == (2, True)


ONE_MISTAKE = """\
schema: 1
mistakes:
  - name: bias-omitted
    when: the bias is left out
    edits:
      - {replace: x @ W + b, with: x @ W}
    loses: [forward-value]
    hint: Count the terms of the formula.
"""


@pytest.fixture(scope="module")
def regraded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, Path, Path]:
    """A course whose reference was wrong: results before and, in another folder, after."""
    course = Course(tmp_path_factory.mktemp("regraded")).write(MISTAKES, ONE_MISTAKE)
    course = built(course.edit(SOURCE, "dW = x.T @ dy\n", "dW = x.T @ dy / len(x)\n"))
    course.submit("ada", affine()).submit("bo", WRONG).submit("cy", "")
    assert grade(course, "--json").scores == {"ada": 70, "bo": 100, "cy": 0}
    course.edit(SOURCE, "dW = x.T @ dy / len(x)\n", "dW = x.T @ dy\n")
    before = results(course)
    after = before.parent / "after"
    shutil.copytree(before, after)
    ran = grader("grade", course.handed_in, "--course", course.root, "--results", after)
    assert "3 results of affine were judged with another reference; they are judged again." in (
        ran.err.splitlines()
    )
    return course, before, after


def test_a_mended_reference_shows_whose_marks_change(regraded: tuple[Course, Path, Path]) -> None:
    course, before, after = regraded
    ran = grader("diff", before, after, "--course", course.root)
    assert ran.code == 1, ran.err
    assert [line.split()[:5] for line in ran.out.splitlines() if "affine" in line] == [
        ["ada", "affine", "70", "→", "100"],
        ["bo", "affine", "100", "→", "70"],
    ]
    assert ran.out.endswith("1 up, 1 down, 1 unchanged.\n")
    document = grader("diff", before, after, "--course", course.root, "--json").document
    for change in document["changes"]:
        assert [c["id"] for c in change["checks"]] == ["grad-W"]
    assert grader("diff", after, after, "--course", course.root).code == 0


def test_a_folder_and_a_document_are_compared_too(
    regraded: tuple[Course, Path, Path], tmp_path: Path
) -> None:
    course, before, after = regraded
    told = grader("rescore", "--json", "--course", course.root, "--results", after)
    (tmp_path / "after.json").write_text(told.out)
    place = ("--course", course.root)
    assert grader("diff", after, tmp_path / "after.json", *place).code == 0
    one = grader("diff", before, after, *place)
    other = grader("diff", before, tmp_path / "after.json", *place)
    assert (one.code, one.out) == (other.code, other.out)


def test_a_folder_without_results_is_told(regraded: tuple[Course, Path, Path]) -> None:
    course, before, _ = regraded
    empty = before.parent / "empty"
    empty.mkdir()
    ran = grader("diff", before, empty, "--course", course.root)
    assert (ran.code, f"There are no results in {empty}" in ran.err) == (2, True)
