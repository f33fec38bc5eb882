"""What the report shows besides results: examples, gradients, similar pairs, rosters, Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from test_report import (
    ASSIGNMENTS,
    COURSE,
    DOUBLED,
    HOSTILE,
    NEGATED,
    Parsed,
    carried,
    failed,
    late_row,
    result,
    ungraded,
    unpacked,
)

from grader import gradient_map
from grader.errors import UsageError
from grader.gradient_map import GradientMap, differing
from grader.report import Material, feedback, pairs
from grader.report.example import example
from grader.report.markdown import code, text
from grader.report.pairs import Pair, Side
from grader.report.panels import ROWS, figure
from grader.report.people import file_of
from grader.report.site import report_pages
from grader.verdict import CheckResult, Result, Status


def site(*rows: Result, **material: Any) -> dict[str, str]:
    return report_pages(COURSE, ASSIGNMENTS, rows, Material(**material), hand_outs=True)


def own_page(student: str, *rows: Result, **material: Any) -> str:
    return unpacked(site(*rows, **material))[f"student.html#{file_of(student)}"]


# An example line of a mistake

EDIT = (("dx = dy @ W.T\n    return dx", "dx = dy @ W\n    return dx"),)


def line_of(source: str, edits: tuple[tuple[str, str], ...] = EDIT, file: str = "layer.py") -> Any:
    found = example(edits, [("ada", file, source.encode())])
    return found and (found.line, found.text)


def test_the_example_is_the_line_that_reads_like_the_mistake() -> None:
    source = "import numpy as np\n\ndef backward(dy):\n    dW = x.T @ dy\n    dx = dz @ self.W\n"
    assert line_of(source) == (5, "dx = dz @ self.W")


def test_a_line_as_it_should_be_is_no_example() -> None:
    assert line_of("def backward(dy):\n    dx = dy @ W.T\n    return dx\n") is None


def test_where_nothing_is_alike_there_is_no_example() -> None:
    assert line_of("print('hello')\nx = 3\n") is None
    assert line_of("", EDIT) is None
    assert line_of("dx = dy @ W", (("dx = dy @ W.T", ""),)) is None


def test_no_example_is_taken_out_of_a_notebook() -> None:
    assert line_of("dx = dy @ W\n") == (1, "dx = dy @ W")
    assert line_of("dx = dy @ W\n", file="layer.ipynb") is None


def test_an_example_is_one_bounded_line_of_plain_text() -> None:
    found = line_of("dx = dy @ W # \u202e\x1b[31m" + "x" * 10_000)
    assert found is not None
    assert len(found[1]) <= 120
    assert "\x1b" not in found[1]
    assert "\u202e" not in found[1]


@given(st.binary(max_size=300))
def test_any_bytes_may_be_looked_through(source: bytes) -> None:
    example(EDIT, [("ada", "layer.py", source)])


def test_the_class_report_shows_the_line_escaped_and_whose_it_is() -> None:
    rows = [result("ada", failed("grad-x", NEGATED)), result("bo", failed("grad-x", NEGATED))]
    source = b"dx = dy @ W  # <script>alert(1)</script>\n"
    html = site(
        *rows,
        sources={("bo", "layer"): ("layer.py", source)},
        edits={"layer": {"negated": EDIT}},
    )["index.html"]
    assert "For example bo, line 1:dx = dy @ W # <script>alert(1)</script>" in Parsed(html).text
    assert "<script>alert" not in html


def test_what_may_be_one_of_several_mistakes_has_no_example() -> None:
    row = result("ada", failed("grad-x", NEGATED, DOUBLED))
    html = site(
        row,
        sources={("ada", "layer"): ("layer.py", b"dx = dy @ W")},
        edits={"layer": {"negated": EDIT, "doubled": EDIT}},
    )["index.html"]
    assert "For example" not in html


# Gradients on public cases

MAP = differing("grad-x", "dx", "public-1", np.array([[1.0, 2.0], [3.0, -4.0]]), np.eye(2))


def test_a_map_survives_json() -> None:
    odd = differing("c", "dW", "p", np.array([np.nan, np.inf, 1 / 3]), np.zeros(3))
    for m in (MAP, odd, GradientMap("c", "dx", "right"), GradientMap("c", "dx", "forward")):
        again = gradient_map.from_json(json.loads(json.dumps(m.as_json())))
        assert repr(again) == repr(m)


@pytest.mark.parametrize(
    "broken",
    [{}, {"outcome": "no"}, {**MAP.as_json(), "shape": [3]}, {**MAP.as_json(), "numeric": "x"}],
)
def test_a_damaged_map_is_an_error(broken: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        gradient_map.from_json(broken)


def test_the_students_page_shows_the_map_and_names_the_worst_entries() -> None:
    row = result("ada", failed("grad-x", NEGATED))
    html = own_page("ada", row, maps={("ada", "layer"): (MAP,)})
    told = Parsed(html).text
    assert "dx: 3 of 4 entries of your gradient are off in the public case public-1." in told
    assert "dx[1, 1]: backward gives -4, the slope of your forward is 1" in told
    assert html.count('role="img"') == 3
    assert html.count("<i class=") >= 12


def test_a_map_without_entries_is_said_in_words() -> None:
    row = result("ada", failed("grad-x"))
    for outcome, told in (("right", "right in all public cases"), ("forward", "your own forward")):
        html = own_page("ada", row, maps={("ada", "layer"): (replace(MAP, outcome=outcome),)})
        assert told in Parsed(html).text
        assert 'role="img"' not in html


def test_panels_tell_sign_and_size_and_what_is_no_number() -> None:
    m = differing("c", "dx", "p", np.array([[4.0, -4.0, 0.0, np.nan]]), np.array([[0.0, 0, 0, 1]]))
    numeric, analytic, difference = figure(m).panels
    assert analytic.rows == (("p4", "n4", "z", "o"),)
    assert numeric.rows == (("z", "z", "z", "p2"),)
    assert difference.rows == (("p4", "n4", "z", "o"),)
    assert figure(m).shades == ("██·×",)


def test_a_large_array_is_shown_around_its_worst_entry() -> None:
    off = np.zeros((500, 3))
    off[300, 1] = 1.0
    shown = figure(differing("c", "dx", "p", off, np.zeros_like(off)))
    assert len(shown.panels[2].rows) == ROWS
    assert any("p4" in row for row in shown.panels[2].rows)
    assert shown.window == "Shown are rows 288 to 311 of 500."


def test_a_scalar_and_a_vector_and_a_cube_can_be_drawn() -> None:
    for shape, rows in (((), 1), ((3,), 1), ((2, 3, 4), 6), ((0,), 0), ((0, 4), 0)):
        shown = figure(differing("c", "dx", "p", np.ones(shape), np.zeros(shape)))
        assert [len(p.rows) for p in shown.panels] == ([rows] * 3 if rows else [])


# Similar pairs


def pair(one: str, other: str, source: str = "a = 1\nb = 2\n", **more: Any) -> dict[str, Any]:
    sides = [
        {"student": s, "file": f"{s}.py", "source": source, "spans": [[1, 2]]} for s in (one, other)
    ]
    told = {"assignment": "layer", "students": [one, other], "score": 0.91, "rank": 3.0}
    return {**told, "files": sides, **more}


def written(folder: Path, *told: Mapping[str, Any]) -> tuple[Pair, ...]:
    (folder / pairs.FILE).write_text(json.dumps({"schema": 1, "pairs": told}))
    return pairs.read(folder)


def test_without_a_file_there_are_no_pairs(tmp_path: Path) -> None:
    assert pairs.read(tmp_path) == ()
    html = site(result("ada"))
    assert "pairs.html" not in html
    assert "Similar work" not in html["index.html"]


def test_pairs_stand_in_order_and_lead_to_a_view_side_by_side(tmp_path: Path) -> None:
    found = written(tmp_path, pair("ada", "bo"), pair("ada", "cy", rank=9.0))
    pages = unpacked(site(*map(result, ("ada", "bo", "cy")), pairs=found))
    told = Parsed(pages["index.html"]).text
    assert told.index("ada and cy") < told.index("ada and bo")
    assert "worth a person’s look" in told
    view = Parsed(pages["pairs.html#2"]).text
    assert "ada and bo" in view
    assert "91% alike" in view
    assert "= 1a = 1" in view


def test_no_page_that_a_student_gets_speaks_of_pairs(tmp_path: Path) -> None:
    found = written(tmp_path, pair("ada", "bo"))
    for path, html in unpacked(site(result("ada"), result("bo"), pairs=found)).items():
        if path.startswith("student"):
            assert "alike" not in html
            assert "pairs.html" not in html


def test_sources_of_pairs_are_text_however_hostile(tmp_path: Path) -> None:
    source = "\n".join(HOSTILE) + "\n</script><script>alert(1)</script>" + "\nx" * 2000
    (found,) = written(tmp_path, pair("ada", "bo", source.replace("\udcff", "")))
    pages = unpacked(site(result("ada"), result("bo"), pairs=(found,)))
    view = Parsed(pages["pairs.html#1"])
    assert view.count("script") == 2
    assert view.count("img") == 0
    assert "are not shown" in view.text
    assert "\u202e" not in pages["pairs.html#1"]


def test_pairs_of_strangers_are_left_out(tmp_path: Path) -> None:
    found = written(tmp_path, pair("ada", "nobody"), pair("ada", "bo", assignment="gone"))
    assert "Similar work" not in site(result("ada"), result("bo"), pairs=found)["index.html"]


@pytest.mark.parametrize("broken", ["", "[]", '{"schema": 2}', '{"schema": 1, "pairs": [{}]}'])
def test_a_damaged_file_of_pairs_is_a_usage_error(broken: str, tmp_path: Path) -> None:
    (tmp_path / pairs.FILE).write_text(broken)
    with pytest.raises(UsageError, match=r"similarity\.json cannot be used"):
        pairs.read(tmp_path)


def test_spans_without_end_take_no_time() -> None:
    side = Side("ada", "a.py", "x\n" * 3, ((1, 3),))
    assert side.shared == 3
    told = pair("ada", "bo")
    told["files"][0]["spans"] = [[1, 10**12]]
    assert pairs._pair(told).sides[0].shared < 1000


# Rosters, lateness, what is missing


def test_a_roster_names_students_and_those_who_handed_in_nothing() -> None:
    html = site(result("a1"), names={"a1": "Ada Byron", "b2": "Bo Li", "c3": ""})["index.html"]
    told = Parsed(html).text
    assert "Ada Byron 10" in told
    assert "Bo Li missing" in told
    assert "Nothing at all (2): Bo Li, c3" in told
    assert "One layer (2) Bo Li, c3" in told


def test_names_of_a_roster_are_hostile_too() -> None:
    names = {f"id{n}": name for n, name in enumerate(HOSTILE)}
    for html in unpacked(site(result("id0"), names=names)).values():
        parsed = Parsed(html)
        assert parsed.count("img") == 0
        assert "x" * 61 not in html
        assert parsed.count("title") == 1


def test_late_work_is_listed_the_latest_first() -> None:
    rows = [late_row("ada", 61, 1, Fraction(1, 10)), late_row("bo", 9999, 7, Fraction(1, 2))]
    told = Parsed(site(*rows)["index.html"]).text
    late = told[told.index("What came late") :]
    assert late.index("bo One layer") < late.index("ada One layer")
    assert "6 days 22 hours 50%" in late


# The heat map's data


def test_the_heat_map_has_a_letter_for_each_check_of_each_student() -> None:
    rows = [result("ada", failed("grad-W")), ungraded("bo", "No file.")]
    told = carried(site(*rows)["index.html"], "heat")["layer"]
    assert [c[0] for c in told["checks"]] == ["value", "grad-x", "grad-W"]
    assert [row[1:] for row in told["rows"]] == [["ada", "7", "ppx"], ["bo", "0", "sss"]]


# Markdown


def rendered(markdown: str) -> list[Any]:
    """Tokens, inline ones too, as a reader that allows HTML sees them."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(markdown)
    return [t for token in tokens for t in (token, *(token.children or ()))]


def told(student: str, *rows: Result, **material: Any) -> str:
    m = Material(**material)
    return feedback(COURSE, ASSIGNMENTS, rows, student, m, markdown=True)


def test_markdown_tells_what_the_page_tells() -> None:
    row = result("ada", failed("grad-x", NEGATED))
    shown = told("ada", row, maps={("ada", "layer"): (MAP,)})
    for words in (
        "# A demonstration: results of `ada`",
        "**7 of 10 points**",
        "Your dx is what you get when the sign is lost.",
        "Hint: Which way is down?",
        "dx\\[1, 1]: backward gives -4, the slope of your forward is 1",
        "| ✗ | The gradient with respect to x `grad-x` | 0 of 3 | failed. dx is not right. |",
    ):
        assert words in shown
    assert {"table_open", "fence", "ordered_list_open"} <= {t.type for t in rendered(shown)}


def test_markdown_reveals_nothing_hidden() -> None:
    hidden = failed("grad-x", detail=("dx[0, 1] is 7.125",), error=0.875, numeric=0.625)
    shown = told("ada", result("ada", hidden, problem="ValueError: hidden 42.5", isolation="none"))
    for secret in ("7.125", "0.875", "0.625", "42.5", "none"):
        assert secret not in shown


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_of_a_students_becomes_markdown(name: str) -> None:
    hostile = f"[a](http://x) ![i](y) <b> **bold** @all #1 `code` | {name}"
    row = ungraded(hostile, hostile)
    kinds = {t.type for t in rendered(told(hostile, row))}
    assert not kinds & {"html_inline", "html_block", "link_open", "image", "em_open"}
    strong = [t for t in rendered(told(hostile, row)) if t.type == "strong_open"]
    assert len(strong) == 1


@given(st.text(max_size=40))
def test_code_holds_any_text_and_nothing_leaves_it(words: str) -> None:
    inline = [t for t in rendered(f"a {code(words)} b") if t.type not in ("inline",)]
    spans = [t for t in inline if t.type == "code_inline"]
    assert len(spans) == 1
    assert (
        not {t.type for t in inline}
        - {"paragraph_open", "paragraph_close", "text"}
        - {"code_inline"}
    )


@given(st.text(st.sampled_from("ab1 _*`[]()<>#+-=.!|~&$\\\n"), max_size=30))
def test_words_are_shown_as_they_are(words: str) -> None:
    tokens = rendered(f"- {text('x' + words)}")
    assert not {t.type for t in tokens} & {
        "em_open",
        "strong_open",
        "link_open",
        "image",
        "html_inline",
        "code_inline",
        "hr",
        "heading_open",
    }


def test_a_page_and_markdown_of_somebody_unknown_are_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no result of eve"):
        told("eve", result("ada"))


def test_feedback_as_html_stands_alone() -> None:
    html = feedback(COURSE, ASSIGNMENTS, [result("ada")], "ada", Material(), markdown=False)
    assert "<script" not in html
    assert Parsed(html).values("href") == []


def test_an_error_has_no_map_but_a_reason() -> None:
    row = result("ada", CheckResult("grad-x", Status.ERROR, reason="Your code raised ValueError."))
    assert "Your code raised ValueError." in told("ada", row)
