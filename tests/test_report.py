"""The class report: what it says, whom it says it to, and that hostile text stays text."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from posixpath import dirname, normpath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import UsageError
from grader.messages import say
from grader.model import Assignment, Attempt, Check, Course, Quantity
from grader.policy import Lateness, Policy, Terms
from grader.report import write_report
from grader.report.advice import advice, for_student
from grader.report.people import file_of, people
from grader.report.site import report_pages
from grader.report.summary import summarise
from grader.report.verdicts import verdicts
from grader.score import score
from grader.verdict import CheckResult, Diagnosis, Judgement, Recognised, Result, Status

CHECKS = (
    Check("value", "forward is right", "matches", Fraction(4), of=(Quantity("forward", "y"),)),
    Check("grad-x", "The gradient with respect to x", "gradient", Fraction(3), input="x"),
    Check("grad-W", "The gradient with respect to W", "gradient", Fraction(3), input="W"),
)
LAYER = Assignment("layer", "One layer", "layer", CHECKS, requires=("Layer",))
OTHER = replace(LAYER, slug="other", title="Another layer", module="other")
ASSIGNMENTS = {"layer": LAYER, "other": OTHER}
COURSE = Course(Path("course"), "demo", "A demonstration", ("layer", "other"))

NEGATED = Recognised("negated", "the sign is lost", "Which way is down?")
DOUBLED = Recognised("doubled", "one term is counted twice", "Count the terms.")

HOSTILE = (
    "<script>document.title = 1</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "../../etc/passwd",
    "/absolute",
    "..\\..\\windows",
    "\u202egnp.exe\u202c",
    "a\x00b\x1b[31m\x07",
    "line\nbreak",
    "{{ 7 * 7 }}{% raw %}",
    "</title></style><!--",
    "x" * 10_000,
    "名前",
    "مريم",
    "\udcff",
    "e\u0301",
    "é",
    "con",
    "ADA",
    "ada",
    ".",
    " ",
    "",
)


def passed(id: str) -> CheckResult:
    return CheckResult(id, Status.PASSED, error=1e-12)


def failed(id: str, *mistakes: Recognised, what: str = "dx", **more: Any) -> CheckResult:
    named = (Diagnosis(what, mistakes),) if mistakes else ()
    result = CheckResult(id, Status.FAILED, diagnosis=named, reason=say("reason.wrong", what=what))
    return replace(result, **more)


def result(
    student: str,
    *checks: CheckResult,
    of: Assignment = LAYER,
    problem: str = "",
    isolation: str = "",
) -> Result:
    """A row whose checks passed, but for those that are given."""
    given = {c.id: c for c in checks}
    every = tuple(given.get(c.id, passed(c.id)) for c in of.checks)
    return score(student, of, Judgement(every, problem, isolation=isolation))


def ungraded(student: str, problem: str) -> Result:
    return score(student, LAYER, Judgement((), problem))


def pages(*results: Result) -> dict[str, str]:
    return report_pages(COURSE, ASSIGNMENTS, results, hand_outs=True)


def page_of(student: str, *results: Result) -> str:
    return pages(*results)[f"students/{file_of(student)}.html"]


def heat_of(site: Mapping[str, str], slug: str = "layer") -> dict[str, Any]:
    """What the script makes the heat map of an exercise of."""
    told: dict[str, Any] = carried(site["index.html"], "heat")[slug]
    return told


def carried(html: str, id: str) -> Any:
    """The data that a page carries packed."""
    data = re.search(rf'<script type="text/plain" id="{id}">([^<]*)</script>', html)
    assert data is not None
    return json.loads(gzip.decompress(base64.b64decode(data[1])))


def detail_of(student: str, *results: Result) -> str:
    return unpacked(pages(*results))[f"detail.html#{file_of(student)}"]


def unpacked(site: Mapping[str, str]) -> dict[str, str]:
    """What the browser makes of a report: what is packed in pages are pages, too."""
    every = {path: html for path, html in site.items() if path.endswith(".html")}
    for path in {"detail.html", "student.html", "pairs.html"} & site.keys():
        packed = carried(site[path], "pieces")
        shell = re.sub(r'(id="pieces">)[^<]*', r"\1", site[path])
        start, rest = shell.split('<div id="piece">')
        end = rest.split("</div>", 1)[1]
        every[path] = shell
        for name, made_of in packed["pieces"].items():
            html = "\n".join(packed["lines"][n] for n in made_of)
            every[f"{path}#{name}"] = f'{start}<div id="piece">{html}</div>{end}'
    return every


class Parsed(HTMLParser):
    """Tags with their attributes, and the text outside of style and script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.verbatim = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {k: v or "" for k, v in attrs}))
        self.verbatim = tag if tag in ("style", "script") else ""

    def handle_endtag(self, tag: str) -> None:
        self.verbatim = ""
        if tag in ("dd", "dt", "li", "p", "td", "th"):
            self.texts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self.verbatim:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())

    def values(self, attribute: str) -> list[str]:
        return [attrs[attribute] for _, attrs in self.tags if attribute in attrs]

    def count(self, tag: str) -> int:
        return sum(t == tag for t, _ in self.tags)


# Files


def test_the_path_of_the_index_is_returned_and_each_student_has_a_page(tmp_path: Path) -> None:
    rows = [result("ada"), result("bo")]
    index = write_report(COURSE, {"layer": LAYER}, rows, tmp_path / "r")
    assert index == tmp_path / "r" / "index.html"
    files = {"index.html", "detail.html", "student.html"}
    assert {p.name for p in (tmp_path / "r").iterdir()} == files
    pieces = carried((tmp_path / "r" / "student.html").read_text(), "pieces")["pieces"]
    assert set(pieces) == {file_of("ada"), file_of("bo")}


def test_files_to_hand_out_are_written_if_asked_for(tmp_path: Path) -> None:
    rows = [result("ada"), result("bo")]
    write_report(COURSE, {"layer": LAYER}, rows, tmp_path, hand_outs=True)
    files = {p.name for p in (tmp_path / "students").iterdir()}
    assert files == {f"{file_of(s)}.{form}" for s in ("ada", "bo") for form in ("html", "md")}
    write_report(COURSE, {"layer": LAYER}, rows, tmp_path)
    assert not (tmp_path / "students").exists()


def test_no_student_id_leaves_the_folder_or_meets_another_on_any_file_system(
    tmp_path: Path,
) -> None:
    rows = [result(s) for s in HOSTILE]
    write_report(COURSE, {"layer": LAYER}, rows, tmp_path / "r", hand_outs=True)
    assert [p.name for p in tmp_path.iterdir()] == ["r"]
    names = [p.name for p in (tmp_path / "r" / "students").iterdir()]
    assert len({n.casefold() for n in names}) == 2 * len(HOSTILE)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9-]{0,60}\.(html|md)", n) for n in names)


@given(st.text(st.characters(), max_size=50))
def test_every_id_gives_a_short_ascii_file_name(student: str) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,60}", file_of(student))


@given(st.lists(st.text(st.characters(), max_size=5), unique=True, max_size=8))
def test_no_two_students_are_shown_by_the_same_name(students: list[str]) -> None:
    shown = [p.name for p in people(students).values()]
    assert len(set(shown)) == len(students)
    assert all(name.strip() and len(name) < 100 for name in shown)


def test_the_same_results_in_any_order_give_the_same_bytes(tmp_path: Path) -> None:
    results = [
        result("bo", failed("grad-x", NEGATED)),
        result("di", failed("grad-W", DOUBLED), isolation="sandboxed"),
        result("cy", of=OTHER, isolation="not sandboxed"),
        *(result(s) for s in HOSTILE),
    ]
    for folder, given_results in (("a", results), ("b", results[::-1]), ("a", results)):
        write_report(COURSE, {"layer": LAYER, "other": OTHER}, given_results, tmp_path / folder)
    files = [p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*.html")]
    assert files
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_pages_of_students_who_are_gone_are_removed_and_other_files_are_kept(
    tmp_path: Path,
) -> None:
    rows = [result("ada"), result("bo")]
    write_report(COURSE, {"layer": LAYER}, rows, tmp_path, hand_outs=True)
    (tmp_path / "students" / "notes.html").write_text("mine")
    write_report(COURSE, {"layer": LAYER}, rows[:1], tmp_path, hand_outs=True)
    left = {p.name for p in (tmp_path / "students").iterdir()}
    assert left == {f"{file_of('ada')}.html", f"{file_of('ada')}.md", "notes.html"}


def test_a_folder_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"cannot be written to .*--out"):
        write_report(COURSE, {"layer": LAYER}, [result("ada")], tmp_path / "file")


def test_results_of_an_exercise_the_course_does_not_have_are_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"results of layer, .* Add the exercise"):
        write_report(COURSE, {}, [result("ada")], tmp_path)
    assert not list(tmp_path.iterdir())


def test_jinja_is_imported_only_when_a_page_is_made() -> None:
    code = "import sys, grader.report; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Hostile text


def hostile_class() -> dict[str, str]:
    every = [
        result(
            s,
            failed("grad-x", NEGATED, reason=f"Your code raised {s}.", detail=(s, f"line 1: {s}")),
            problem=s,
            isolation=s,
        )
        for s in HOSTILE
    ]
    return unpacked(pages(*every))


def test_nothing_a_student_wrote_becomes_markup() -> None:
    harmless = pages(*(result(f"s{i}", failed("grad-x", NEGATED)) for i in range(len(HOSTILE))))
    harmless = unpacked(harmless)
    allowed = {tag for html in harmless.values() for tag, _ in Parsed(html).tags} | {"footer"}
    for path, html in hostile_class().items():
        parsed = Parsed(html)
        assert {tag for tag, _ in parsed.tags} <= allowed
        own = 0 if path.startswith("students/") else 2
        assert parsed.count("script") == own
        assert parsed.count("title") == 1
        assert parsed.count("style") == 1
        assert not [k for _, attrs in parsed.tags for k in attrs if k.startswith("on")]
        assert not parsed.values("src")


def test_no_control_or_bidi_character_reaches_a_page() -> None:
    for html in hostile_class().values():
        bad = {c for c in html if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs")}
        assert not bad


def test_very_long_names_and_messages_do_not_make_very_long_pages() -> None:
    assert all("x" * 2001 not in html for html in hostile_class().values())
    assert all("x" * 61 not in html for html in pages(result("x" * 10_000)).values())


def test_nothing_a_student_wrote_is_run_as_a_template() -> None:
    assert "49" not in Parsed(page_of("{{ 7 * 7 }}", result("{{ 7 * 7 }}"))).text


def test_pages_refer_to_nothing_outside_of_the_report() -> None:
    every = {path: (html, Parsed(html)) for path, html in hostile_class().items()}
    for path, (html, parsed) in every.items():
        assert not re.search(r"https?://|@import|url\(", html)
        assert not {"base", "embed", "iframe", "img", "link", "object"} & {
            t for t, _ in parsed.tags
        }
        for href in parsed.values("href"):
            target, _, anchor = href.partition("#")
            name = normpath(f"{dirname(path)}/{target}").lstrip("/") if target else path
            if name in ("detail.html", "student.html", "pairs.html") and anchor:
                file, _, anchor = anchor.partition("/")
                name = f"{name}#{file}"
            assert name in every
            assert not anchor or anchor in every[name][1].values("id")


def test_a_page_allows_no_script_but_the_reports_own() -> None:
    site = pages(result("ada"))
    for path, html in unpacked(site).items():
        scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
        assert len(scripts) == (not path.startswith("students/"))
        digests = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
        (policy,) = [p for p in Parsed(html).values("content") if "default-src" in p]
        assert policy.startswith("default-src 'none'")
        wanted = f"'sha256-{digests[0]}'" if digests else "'none'"
        assert f"script-src {wanted};" in policy


# The student's page


def test_a_student_sees_points_reason_diagnosis_and_hint() -> None:
    wrong = failed("grad-x", NEGATED)
    plain = failed("grad-W", what="dW", hint="Look at the transpose.")
    text = Parsed(page_of("ada", result("ada", wrong, plain))).text
    assert "4 of 10 points" in text
    assert "0 of 3" in text
    assert "dx is not right." in text
    assert "Your dx is what you get when the sign is lost." in text
    assert "Which way is down?" in text
    assert "Look at the transpose." in text


def test_a_students_page_holds_nothing_measured_raised_or_linked() -> None:
    secret = failed("grad-x", detail=("dx[0, 1] is 7.125",), error=0.875, numeric=0.625)
    row = result("ada", secret, problem="ValueError: hidden 42.5", isolation="not sandboxed")
    others = result("bo", failed("grad-W", what="dW"))
    html = page_of("ada", row, others)
    for hidden in ("7.125", "0.88", "0.875", "0.62", "0.625", "42.5", "sandboxed", ">bo<"):
        assert hidden not in Parsed(html).text
        assert hidden not in html.split("</style>")[1]
    assert Parsed(html).values("href") == []


def test_what_is_kept_from_the_student_is_in_the_instructors_detail() -> None:
    secret = failed("grad-x", NEGATED, detail=("dx[0, 1] is 7.125",), error=0.875, numeric=0.625)
    row = result("ada", secret, problem="ValueError: hidden 42.5", isolation="not sandboxed")
    text = Parsed(detail_of("ada", row)).text
    for shown in ("7.125", "grad-x 0.88 / 0.62", "42.5", "not sandboxed", "negated"):
        assert shown in text


def test_a_problem_is_shown_to_the_student_only_if_it_cannot_quote_hidden_inputs() -> None:
    missing = say("submission.missing_name", file="layer.py", name="Layer")
    for row, shown in (
        (result("ada", problem="AttributeError: 42.5"), ""),
        (result("ada", problem=say("submission.stub", file="layer.py", first="42.5")), ""),
        (result("ada", problem=missing), missing),
        (ungraded("ada", "There is no file layer.py."), "There is no file layer.py."),
    ):
        assert for_student(row, LAYER).problem == shown


def test_one_mistake_in_several_checks_is_named_once() -> None:
    row = result(
        "ada",
        failed("grad-x", NEGATED),
        failed("grad-W", NEGATED, what="dW"),
    )
    (only,) = advice(row)
    assert only.text == "Your dx is what you get when the sign is lost."
    assert only.also == ("dW",)
    assert only.hints == (("", "Which way is down?"),)
    assert only.checks == ("grad-x", "grad-W")
    assert "The same goes for dW." in Parsed(page_of("ada", row)).text


def test_checks_without_a_diagnosis_are_grouped_by_their_reason() -> None:
    broken = [
        CheckResult(id, Status.ERROR, reason="Not implemented yet.", hint=f"Hint for {id}.")
        for id in ("value", "grad-x", "grad-W")
    ]
    (only,) = advice(result("ada", *broken))
    assert only.text == "Not implemented yet."
    assert [hint for _, hint in only.hints] == [f"Hint for {c.id}." for c in broken]


def test_a_check_that_fails_for_a_diagnosed_reason_belongs_to_that_diagnosis() -> None:
    row = result("ada", failed("grad-x", NEGATED), failed("value", hint="Far off the mark."))
    (only,) = advice(row)
    assert only.checks == ("value", "grad-x")


def test_full_marks_by_follow_through_still_tell_what_is_wrong() -> None:
    kept = CheckResult(
        "grad-x",
        Status.FOLLOW_THROUGH,
        known=True,
        reason=say("reason.follow_known", what="dx"),
        diagnosis=(Diagnosis("dx", (NEGATED,)),),
    )
    text = Parsed(page_of("ada", result("ada", kept))).text
    assert "10 of 10 points" in text
    assert "the sign is lost" in text


def test_a_student_without_mistakes_is_told_so() -> None:
    assert "Every check passed." in Parsed(page_of("ada", result("ada"))).text


def test_an_exercise_a_student_did_not_hand_in_is_named() -> None:
    text = Parsed(page_of("ada", result("ada"), result("bo", of=OTHER))).text
    assert "Another layer Nothing was handed in." in text


def test_checks_of_which_the_same_is_to_be_said_stand_together() -> None:
    broken = [CheckResult(id, Status.ERROR, reason="No.") for id in ("value", "grad-W")]
    row = result("ada", *broken)
    first, rest = verdicts(row.checks, told=True)
    assert [c.result.id for c in first.checks] == ["value", "grad-W"]
    assert (first.points, first.max_points) == (0, 7)
    assert [c.result.id for c in rest.checks] == ["grad-x"]
    other = replace(broken[1], detail=("dW is 3",))
    assert len(verdicts(result("ada", broken[0], other).checks, told=True)) == 3
    assert len(verdicts(result("ada", broken[0], other).checks, told=False)) == 2


def test_what_went_well_takes_no_room_however_many_checks_there_are() -> None:
    many = tuple(replace(CHECKS[0], id=f"check-{n}", title="A title " * 9) for n in range(100))
    long = replace(LAYER, checks=many)
    site = report_pages(COURSE, {"layer": long}, [result("ada", of=long)])
    assert len(unpacked(site)[f"student.html#{file_of('ada')}"]) < 7000


# The class


def test_mean_and_median_are_exact_and_count_0_for_what_was_not_graded() -> None:
    rows = [
        result("a"),
        result("b"),
        result("c", failed("grad-x"), failed("grad-W")),
        ungraded("d", "There is no file."),
    ]
    summary = summarise(LAYER, rows)
    assert (summary.mean, summary.median) == (Fraction(6), Fraction(7))
    assert sum(b.count for b in summary.bars) == 4
    assert (summary.graded, summary.full) == (3, 2)
    text = Parsed(pages(*rows)["index.html"]).text
    assert "Submissions 4 Mean 6 of 10 Median 7 of 10 Full marks 2" in text
    assert "Not graded, and counted as 0 in all figures: 1." in text
    half = summarise(LAYER, [result("a"), result("b", failed("grad-x"))])
    assert half.mean == half.median == Fraction(17, 2)


def test_points_that_are_no_whole_number_are_shown_to_the_cent() -> None:
    third = replace(LAYER, follow_through=Fraction(1, 9))
    row = score(
        "ada",
        third,
        Judgement(
            (passed("value"), CheckResult("grad-x", Status.FOLLOW_THROUGH), passed("grad-W"))
        ),
    )
    assert "7.33" in Parsed(report_pages(COURSE, {"layer": third}, [row])["index.html"]).text


def test_full_marks_have_a_bar_of_their_own() -> None:
    rows = [result("a"), result("b", failed("grad-x")), result("c", failed("value"))]
    bars = summarise(LAYER, rows).bars
    assert {(b.low, b.high): b.count for b in bars if b.count} == {
        (100, 100): 1,
        (70, 80): 1,
        (60, 70): 1,
    }
    assert sum(b.count for b in bars) == 3


def test_mistakes_are_counted_once_per_student_the_most_frequent_first() -> None:
    rows = [
        result("a", failed("grad-x", NEGATED), failed("grad-W", NEGATED, what="dW")),
        result("b", failed("grad-x", DOUBLED)),
        result("c", failed("grad-x", DOUBLED)),
    ]
    first, second = summarise(LAYER, rows).mistakes
    assert first.students == ("b", "c")
    assert (second.students, second.quantities) == (("a",), ("dW", "dx"))


def test_one_of_several_is_not_claimed_where_another_quantity_makes_it_certain() -> None:
    either = failed("grad-W", NEGATED, DOUBLED, what="dW")
    (only,) = summarise(LAYER, [result("a", failed("grad-x", NEGATED), either)]).mistakes
    assert only.example == Diagnosis("dx", (NEGATED,))
    (unsure,) = summarise(LAYER, [result("a", either)]).mistakes
    assert unsure.example == Diagnosis("dW", (NEGATED, DOUBLED))


def test_the_hardest_check_comes_first() -> None:
    rows = [result("a", failed("grad-x")), result("b", failed("grad-x"), failed("grad-W"))]
    checks = summarise(LAYER, rows).checks
    assert [c.id for c in checks] == ["grad-x", "grad-W", "value"]
    assert [c.earned for c in checks] == [0, Fraction(1, 2), 1]
    assert (checks[1].full, checks[1].part, checks[1].none) == (1, 0, 1)


def test_every_status_has_a_symbol_and_a_colour_of_its_own() -> None:
    rows = [
        result(status.value, *(CheckResult(c.id, status, reason="Why.") for c in CHECKS))
        for status in Status
    ]
    site = pages(*rows)
    letters = {letter for _, _, _, row in heat_of(site)["rows"] for letter in row}
    cells = re.findall(r'<span class="cell (\w)">(.)</span> ([\w -]+)', site["index.html"])
    assert letters == {css for css, _, _ in cells}
    assert all(len(set(column)) == len(Status) for column in zip(*cells, strict=True))


def test_what_could_not_be_run_or_graded_is_listed_with_its_reason() -> None:
    rows = [ungraded("ada", "There is no file layer.py."), result("bo", problem="It broke.")]
    text = Parsed(pages(*rows)["index.html"]).text
    assert "ada There is no file layer.py. 0" in text
    assert "bo It broke. 10" in text


def test_submissions_that_ran_without_a_sandbox_are_pointed_out() -> None:
    free, held = result("ada", isolation="not sandboxed"), result("bo", isolation="sandboxed")
    assert (
        "1 of 2 submissions ran without a sandbox" in Parsed(pages(free, held)["index.html"]).text
    )
    text = Parsed(pages(held)["index.html"]).text
    assert "without a sandbox" not in text
    assert "How submissions were confined: sandboxed (1)." in text


def test_several_exercises_make_one_table_with_a_total() -> None:
    rows = [result("ada"), result("ada", failed("grad-x"), of=OTHER), result("bo", of=OTHER)]
    text = Parsed(pages(*rows)["index.html"]).text
    assert "ada 10 7 85 page for ada" in text
    assert "bo missing 10 50 page for bo" in text
    assert "Handed in 3 of 4 Full marks 2 Not graded 0 Missing 1" in text


def test_the_total_is_by_weight_and_says_so() -> None:
    weights = {"layer": Terms(weight=Fraction(1)), "other": Terms(weight=Fraction(3))}
    course = replace(COURSE, policy=Policy(terms=weights))
    rows = [result("ada"), result("ada", failed("grad-x"), of=OTHER), result("bo")]
    site = report_pages(course, {"layer": LAYER, "other": OTHER}, rows, hand_outs=True)
    assert "ada 10 7 77.5 page for ada" in Parsed(site["index.html"]).text
    for path in ("index.html", f"students/{file_of('bo')}.html", f"detail.html#{file_of('bo')}"):
        assert "One layer 1, Another layer 3" in Parsed(unpacked(site)[path]).text
    assert "Course total so far: 25 of 100." in Parsed(site[f"students/{file_of('bo')}.html"]).text


# Lateness and attempts


def late_row(student: str, minutes: int, days: int, penalty: Fraction, **more: Any) -> Result:
    """A row with full marks but for its lateness; `more` is of the Lateness."""
    due = datetime(2026, 10, 12, 23, 59, tzinfo=UTC)
    came = Attempt(1, "", due + timedelta(minutes=minutes), "manifest")
    row = result(student)
    late = Lateness(due, minutes=minutes, days=days, penalty=penalty, **more)
    return replace(row, attempt=came, lateness=late, score=row.score * (1 - penalty))


def test_a_late_student_is_told_by_how_much_and_what_it_costs() -> None:
    row = late_row("ada", 26 * 60, 2, Fraction(1, 5), extended=True)
    text = Parsed(page_of("ada", row)).text
    assert "8 of 10 points" in text
    assert "Handed in 2026-10-14 01:59, due 2026-10-12 23:59 with an extension." in text
    assert "late 1 day 2 hours late: 20% of 10 points are taken off." in text
    assert "Times are by the clock of UTC." in text


def test_lateness_that_costs_nothing_or_everything_is_told_too() -> None:
    for row, told in (
        (late_row("ada", 5, 0, Fraction(0)), "5 minutes after it was due is within the time of"),
        (late_row("ada", 61, 1, Fraction(0)), "1 hour 1 minute late, which costs nothing."),
        (late_row("ada", 61, 1, Fraction(1), refused=True), "late, which is too late to count."),
    ):
        assert told in Parsed(page_of("ada", row)).text


def test_the_class_report_marks_and_counts_what_is_late() -> None:
    rows = [
        late_row("ada", 60, 1, Fraction(1, 10)),
        late_row("bo", 60, 1, Fraction(1), refused=True),
        late_row("cy", 5, 0, Fraction(0)),
    ]
    html = pages(*rows)["index.html"]
    text = Parsed(html).text
    assert "ada 9 late page for ada bo 0 refused page for bo cy 10 page for cy" in text
    assert "Late 2" in text
    assert 'title="1 hour late, 10% taken off"' in html


def test_all_attempts_are_listed_and_the_one_that_counts_is_named() -> None:
    first, second = (
        replace(r, attempt=replace(r.attempt, number=n, name=f"try-{n}<b>"))
        for n, r in enumerate(
            (late_row("ada", 0, 0, Fraction(0)), late_row("ada", 60, 1, Fraction(1, 2))), start=1
        )
    )
    html = page_of("ada", replace(first, attempts=(first, second)))
    text = Parsed(html).text
    assert "Of 2 attempts, number 1 counts." in text
    assert "1 try-1<b> counts 2026-10-12 23:59 10 10" in text
    assert "2 try-2<b> 2026-10-13 00:59 late 10 5" in text
    assert Parsed(html).count("caption") == Parsed(html).count("table")


def test_where_the_time_is_from_is_for_the_instructor() -> None:
    row = late_row("ada", 60, 1, Fraction(1, 10))
    assert "(by submissions.csv)" in Parsed(detail_of("ada", row)).text
    assert "submissions.csv" not in page_of("ada", row)


def test_a_file_s_own_date_is_not_told_where_nothing_is_due() -> None:
    dated = Attempt(1, "", datetime(2026, 10, 12, tzinfo=UTC), "file")
    html = page_of("ada", replace(result("ada"), attempt=dated))
    assert "2026" not in html
    assert "Handed in" not in html


def test_missing_work_among_the_results_is_the_same_as_none() -> None:
    gone = Result("ada", "other", (), Fraction(0), Fraction(10), "missing", attempt=Attempt(0))
    rows = [result("ada"), result("bo", of=OTHER)]
    assert pages(*rows) == pages(*rows, gone)


def test_a_class_without_results_says_what_to_do() -> None:
    site = pages()
    assert list(site) == ["index.html"]
    assert "Nothing has been graded yet." in Parsed(site["index.html"]).text


def test_an_exercise_without_submissions_says_so() -> None:
    assert "Another layer No submissions yet." in Parsed(pages(result("ada"))["index.html"]).text


def test_a_class_of_which_nothing_could_be_graded_has_a_mean_of_0_and_none_without_work() -> None:
    summary = summarise(LAYER, [ungraded("ada", "There is no file.")])
    assert (summary.mean, summary.median, summary.graded) == (0, 0, 0)
    assert "Mean 0 of 10" in Parsed(pages(*summary.results)["index.html"]).text
    assert summarise(LAYER, []).mean is None


def test_every_table_has_a_caption_and_scoped_headers_and_every_id_is_unique() -> None:
    for html in hostile_class().values():
        parsed = Parsed(html)
        assert parsed.count("caption") == parsed.count("table")
        assert all("scope" in attrs for tag, attrs in parsed.tags if tag == "th")
        ids = parsed.values("id")
        assert len(ids) == len(set(ids))
        assert parsed.count("main") == parsed.count("h1") == 1
