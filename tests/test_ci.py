"""What CI systems read of `grader check`: they show it, and obey none of what a student wrote."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import pytest
from course_kit import SLUG, Course, affine
from golden.kit import Ran, built, grader
from hypothesis import example, given
from hypothesis import strategies as st

from grader.ci import Threshold, summary
from grader.ci.github import MOST_BYTES, annotate, command, fenced, write_summary
from grader.ci.junit import document
from grader.ci.markdown import escaped
from grader.class_table import entry
from grader.own import Checked
from grader.own import check as own_check
from grader.verdict import CheckResult, Result, ScoredCheck, Status

WRONG = affine(dW="-x.T @ dy")

HOSTILE = (
    "::error file=grades.py::gone",
    "  ::add-mask::a",
    "::set-output name=score::100",
    "see ##[error]this",
    "::stop-commands::x",
    "<script>alert(1)</script>",
    "| a | b |",
    "[click](https://example.org) @everyone `x` ![](y)",
    "]]>\x1b[2J\x9b\x07\u202etxt",
    "%0A::error::x",
)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return built(Course(tmp_path))


@pytest.fixture(autouse=True)
def _not_on_github(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)


def work(course: Course, code: str) -> Path:
    path = course.root / "assignments" / SLUG / f"{SLUG}.py"
    path.write_text(code, encoding="utf-8")
    return path


def check(course: Course, code: str, *options: str | Path) -> Ran:
    work(course, code)
    return grader("check", SLUG, "--course", course.root, *options, cwd=course.root)


# What the runner obeys, by the rules of its own parser (actions/runner, ActionCommand.cs)

COMMANDS = {
    *("add-mask", "add-matcher", "add-path", "debug", "echo", "endgroup", "error", "group"),
    *("notice", "remove-matcher", "save-state", "set-env", "set-output", "warning"),
    *("internal-set-repo-path", "stop-commands"),
}


def obeyed(lines: Sequence[str]) -> Iterator[tuple[str, dict[str, str], str]]:
    """The commands that the runner takes out of a step's output, with properties and message."""
    token = ""
    for line in lines:
        text = line.lstrip()
        if token:
            token = "" if text == f"::{token}::" else token
            continue
        head, colons, data = text[2:].partition("::")
        name, _, properties = head.partition(" ")
        if text.startswith("::") and colons and name in COMMANDS:
            pairs = dict(p.split("=", 1) for p in properties.split(",") if "=" in p)
            if name == "stop-commands":
                token = data
            else:
                yield name, {k: _unescaped(v) for k, v in pairs.items()}, _unescaped(data)
        elif (found := re.search(r"##\[(\w[\w-]*)[^\]]*\]", line)) and found[1] in COMMANDS:
            yield found[1], {}, line


def _unescaped(text: str) -> str:
    for escape, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ",")):
        text = text.replace(escape, character)
    return text.replace("%25", "%")


def test_the_reader_of_these_tests_would_see_what_is_not_fenced() -> None:
    assert [name for name, _, _ in obeyed(HOSTILE)] == ["error", "add-mask", "set-output", "error"]


# GitHub


def test_what_does_not_hold_stands_on_the_students_line(course: Course) -> None:
    ran = check(course, WRONG.replace("return dy", "dW = -x.T @ dy\n    return dy"), "--github")
    ((name, at, message),) = obeyed(ran.out.splitlines())
    assert (ran.code, name, at["file"]) == (1, "error", f"assignments/{SLUG}/{SLUG}.py")
    lines = work(course, WRONG).read_text().splitlines()
    assert lines[int(at["line"]) - 1].startswith("    return dy"), "where dW was assigned"
    assert at["title"] == "affine: The gradient of W"
    assert message.splitlines()[:2] == ["dW is not right.", "Every entry has the wrong sign."]


def test_an_exception_is_annotated_where_it_was_raised(course: Course) -> None:
    code = affine(dx="dy @ W")
    (_, at, message), *_ = obeyed(check(course, code, "--github").out.splitlines())
    assert "Your code raised ValueError." in message
    assert code.splitlines()[int(at["line"]) - 1].startswith("    return dy @ W,")


def test_a_file_that_does_not_compile_is_one_annotation(course: Course) -> None:
    ((name, at, message),) = obeyed(check(course, "x = 1\ndef (", "--github").out.splitlines())
    assert (name, at["line"]) == ("error", "2")
    assert "cannot be compiled" in message


def test_what_a_student_prints_and_raises_is_shown_and_not_obeyed(course: Course) -> None:
    said = "\n".join(HOSTILE)
    code = affine(first=f"print({said!r})", dW=f"(_ for _ in ()).throw(ValueError({said!r}))")
    ran = check(course, code, "--github")
    found = list(obeyed(ran.out.splitlines()))
    assert {name for name, _, _ in found} == {"error"}
    assert {at["file"] for _, at, _ in found} == {f"assignments/{SLUG}/{SLUG}.py"}
    assert "::error file=grades.py::gone" in ran.out, "it is shown"
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", ran.out)


def test_a_name_of_a_file_is_no_command_either(course: Course, tmp_path: Path) -> None:
    path = tmp_path / "x,line=1::y%.py"
    path.write_text(WRONG)
    ran = grader("check", path, "--course", course.root, "--github", cwd=tmp_path)
    ((_, at, _),) = obeyed(ran.out.splitlines())
    assert at["file"] == path.name


@example("%0A::error::x", "a%2Cb%,line=1")
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_comes_back_out_of_a_command(message: str, file: str) -> None:
    message, file = message.replace("##[", ""), file.replace("##[", "")
    line = command("error", message, file=file)
    assert "\n" not in line
    assert "\r" not in line
    ((name, properties, data),) = obeyed([line])
    assert (name, data, properties.get("file", "")) == (
        "error",
        message,
        file.replace("##[", "## ["),
    )


def test_no_two_fences_have_the_same_token() -> None:
    one, two = list(fenced(["a"])), list(fenced(["a"]))
    assert one[1:2] == two[1:2] == ["a"]
    assert one[0] != two[0]
    assert len(one[0].rpartition("::")[2]) >= 32


def test_the_summary_says_what_to_do_next_and_holds_no_markup_of_a_students(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    check(course, affine(dW=f"(_ for _ in ()).throw(ValueError({HOSTILE[7]!r}))"), "--github")
    text = (tmp_path / "summary.md").read_text()
    assert "### affine: An affine map" in text
    assert text.index("The gradient of x") < text.index("<details>")
    assert "| ✓ | forward gives y | 20 | 20 |" in text
    for markup in ("](", "@everyone", "`", "!["):
        assert markup not in text
    assert set(re.findall(r"<[^>]*>", text)) <= {
        *("<details>", "</details>", "<summary>", "</summary>", "<pre>", "</pre>")
    }


@given(st.text(max_size=80))
def test_text_in_markdown_is_entities_letters_and_digits(text: str) -> None:
    rest = re.sub(r"&#\d+;", "", escaped(text))
    assert all(c.isalnum() or c == " " for c in rest)


def test_a_summary_that_is_too_long_is_cut_and_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    assert write_summary("a line\n" * MOST_BYTES)
    written = (tmp_path / "summary.md").read_bytes()
    assert written.endswith(b"a line\n\n(cut)\n")
    assert len(written) < MOST_BYTES


def test_elsewhere_nothing_is_written(tmp_path: Path) -> None:
    assert not write_summary("x")


# A class


def result(student: str, problem: str = "", points: int = 5) -> Result:
    status = Status.PASSED if points == 10 else Status.FAILED
    scored = ScoredCheck(
        CheckResult("c", status, reason="No."), "A title", Fraction(points), Fraction(10)
    )
    return Result(student, SLUG, (scored,), Fraction(points), Fraction(10), status, problem)


def test_a_class_is_a_table_in_which_names_are_text() -> None:
    text = summary([entry(result("<b>|x|</b>")), entry(result("ada", points=10))], ["`rm` | <i>"])
    header, rule, hostile, ada, _, error = text.splitlines()
    assert [row.count("|") for row in (header, rule, hostile, ada)] == [7, 7, 7, 7]
    assert "<b>" not in text
    assert "<code>ada</code>" in ada
    assert "✗ A title" in hostile
    assert error == "- &#96;rm&#96; &#124; &#60;i&#62;"


def test_grading_a_class_writes_the_summary_of_its_step(
    course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course.submit("ada", affine()).submit("bo", affine(dW="dy"))
    file = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    place = ("--course", course.root, "--results", tmp_path / "results")
    assert grader("grade", course.handed_in, "--github", *place).code == 1
    text = file.read_text(encoding="utf-8")
    assert "<code>ada</code>" in text
    assert "✗ " in text


def test_a_large_class_is_cut() -> None:
    text = summary([entry(result(f"s{n}")) for n in range(700)])
    assert "200 more results" in text
    assert len(text) < MOST_BYTES / 2


# GitLab, and all that read JUnit


def test_code_quality_names_line_and_check_and_keeps_its_fingerprint(course: Course) -> None:
    file = course.root / "cq.json"
    check(course, WRONG, "--code-quality", file)
    ((issue, *_), first) = json.loads(file.read_text()), file.read_text()
    assert issue["check_name"] == "grad-W"
    assert issue["location"]["path"] == f"assignments/{SLUG}/{SLUG}.py"
    assert WRONG.splitlines()[issue["location"]["lines"]["begin"] - 1].startswith("def backward")
    check(course, affine(dW="3 * x.T @ dy"), "--code-quality", file)
    (other,) = json.loads(file.read_text())
    assert other["description"] == issue["description"]
    assert other["fingerprint"] == issue["fingerprint"]
    assert first != ""
    check(course, affine(), "--code-quality", file)
    assert json.loads(file.read_text()) == []


def test_junit_has_a_test_case_for_each_check(course: Course) -> None:
    file = course.root / "out" / "junit.xml"
    check(course, WRONG, "--junit", file)
    suite = ET.parse(file).getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("6", "1", "0")
    (failed,) = suite.iterfind("testcase[failure]")
    assert failed.get("name") == "grad-W"
    assert failed.get("file") == f"assignments/{SLUG}/{SLUG}.py"
    told = failed.find("failure")
    assert told is not None
    assert "Every entry has the wrong sign." in (told.text or "")


def test_a_follow_through_is_skipped_in_junit_and_what_does_not_run_is_an_error(
    course: Course,
) -> None:
    file = course.root / "junit.xml"
    check(course, affine(y="2 * x @ W + b", dx="2 * dy @ W.T", dW="2 * x.T @ dy"), "--junit", file)
    root = ET.parse(file).getroot()
    assert {c.get("name") for c in root.iterfind("*/testcase[failure]")} == {"forward-value"}
    assert {c.get("name") for c in root.iterfind("*/testcase[skipped]")} == {"grad-x", "grad-W"}
    (course.root / "assignments" / SLUG / f"{SLUG}.py").unlink()
    (course.root / "assignments" / SLUG / f"{SLUG}.ipynb").unlink()
    grader("check", SLUG, "--course", course.root, "--junit", file, cwd=course.root)
    ((case,),) = ET.parse(file).getroot()
    assert (case.find("error") is not None, ET.parse(file).getroot().get("errors")) == (True, "1")


@given(st.text(max_size=100))
def test_junit_is_well_formed_whatever_a_message_says(text: str) -> None:
    bad = CheckResult("c", Status.ERROR, reason=text, detail=(text,))
    row = Result(
        text, SLUG, (ScoredCheck(bad, text, Fraction(0), Fraction(1)),), Fraction(0), Fraction(1),
        "failed", text,
    )  # fmt: skip
    assert ET.fromstring(document([row])).get("tests") == "1"


# When a run fails


@pytest.mark.parametrize(
    ("asked", "code"), [("70", 0), ("71", 1), ("70%", 0), ("70.5%", 1), ("0", 0), ("100", 1)]
)
def test_fail_under_decides_the_exit_code(course: Course, asked: str, code: int) -> None:
    ran = check(course, WRONG, "--fail-under", asked)
    assert ran.code == code
    told = f"affine: 70 of 100 points, and --fail-under asks for {asked}.\n"
    assert ran.err == (told if code else "")


def test_percent_are_of_what_can_be_had() -> None:
    assert Threshold.read("50%").met(result("ada"))
    assert not Threshold.read("50").met(result("ada"))
    assert not Threshold.read("50.01 %").met(result("ada"))


@pytest.mark.parametrize("asked", ["", "a", "-1", "101%", "nan", "1/0", "5%%", "½"])
def test_what_is_no_threshold_is_a_usage_error(course: Course, asked: str) -> None:
    ran = grader("check", SLUG, "--course", course.root, "--fail-under", asked)
    assert ran.code == 2
    assert "neither points nor percent. Write 60, 7.5 or 60%." in ran.err


@pytest.mark.parametrize(
    "options",
    [("--watch", "--github"), ("--watch", "--fail-under", "5"), ("--github", "--json")],
)
def test_what_does_not_go_together_is_a_usage_error(
    course: Course, options: tuple[str, ...]
) -> None:
    assert grader("check", SLUG, "--course", course.root, *options).code == 2


def test_a_report_that_cannot_be_written_is_a_usage_error(course: Course) -> None:
    ran = check(course, affine(), "--junit", course.root)
    assert ran.code == 2
    ran = check(course, affine(), "--junit", course.root / "course.yaml" / "x.xml")
    assert (ran.code, "cannot be written" in ran.err) == (2, True)


def test_json_stays_one_document(course: Course) -> None:
    ran = check(course, WRONG, "--json", "--junit", course.root / "j.xml", "--fail-under", "99")
    assert ran.document["results"][0]["score"] == 70
    assert ran.code == 1


def test_annotations_are_as_many_as_github_shows(course: Course) -> None:
    checked: Checked = own_check(course.root, SLUG, work(course, affine(y="list(x)", dx="0")))
    assert 1 < len(annotate([checked], course.root)) <= 10
    assert len(annotate([checked] * 9, course.root)) == 10
