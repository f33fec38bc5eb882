"""A check in a notebook: what it shows, what it returns, and that it disturbs nothing."""

from __future__ import annotations

import math
import re
import shutil
import signal
import sys
import types
import warnings
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader import notebook
from grader.build import generate
from grader.errors import UsageError
from grader.notebook import heatmap, show
from grader.notebook.desk import Desk, _only_checks
from grader.notebook.kernel import PRINT_LIMIT, Kernel
from grader.source import parse
from grader.worker import Ask

ROOT = Path(__file__).parent.parent
UNIT = ROOT / "assignments" / "rnn_unit"
SOURCE = (ROOT / "solutions" / "rnn_unit" / "rnn_unit.py").read_text("utf-8")
SLOPE = "(1 - h_next**2)"
CHECK_CELL = 'from grader.notebook import check\n\ncheck("grad-Wx")'


class Book:
    """A kernel's names and cells, without a kernel. `run` is a cell of the student's."""

    def __init__(self) -> None:
        self.main = types.ModuleType("__main__")
        self.names: dict[str, Any] = vars(self.main)
        self.names["In"] = [""]
        self.desk = Desk()

    def run(self, code: str) -> None:
        self.names["In"].append(code)
        exec(compile(code, "<cell>", "exec"), self.names)

    def check(self, check_id: str, slug: str | None = None) -> show.Shown:
        self.names["In"].append(CHECK_CELL)
        return self.desk.look(check_id, slug)


@pytest.fixture(name="book")
def _book(monkeypatch: pytest.MonkeyPatch) -> Book:
    book = Book()
    monkeypatch.setitem(sys.modules, "__main__", book.main)
    monkeypatch.chdir(UNIT)
    return book


def wrong(was: str, put: str) -> str:
    assert SOURCE.count(was) == 1
    return SOURCE.replace(was, put)


def well_formed(html: str) -> ET.Element:
    return ET.fromstring(html)


# Verdicts


def test_a_right_solution_earns_the_points_of_every_check(book: Book):
    book.run(SOURCE)
    checks = [c.id for c in _checks()]
    shown = [book.check(c) for c in checks]
    assert {s.status for s in shown} == {"passed"}
    assert [s.points for s in shown] == [float(c.points) for c in _checks()]
    assert sum(s.points for s in shown) == 100


def test_a_known_mistake_is_diagnosed_and_drawn_with_the_worst_entries_named(book: Book):
    book.run(wrong(f"dz = dh_next * {SLOPE}", "dz = dh_next"))
    shown = book.check("grad-Wx")
    assert (shown.status, shown.points) == ("failed", 0.0)
    assert "Your dWx is what you get when the slope of tanh is left out." in shown.text
    assert "Hint: " in shown.text
    entries = re.findall(r"dWx\[(\d, \d)\] is \S+, should be \S+", shown.text)
    assert len(entries) == 2
    (picture,) = shown.maps
    assert picture.gap.shape == (4, 5)
    assert tuple(map(int, entries[0].split(", "))) in picture.worst
    assert picture.html in shown.html
    assert "Your dWx is what you get when the slope of tanh is left out." in shown.html


def test_where_the_forward_is_wrong_too_the_slope_of_ones_own_is_drawn_as_well(book: Book):
    code = wrong("h_prev @ Wh + x @ Wx + b", "h_prev @ Wh + 1.3 * x @ Wx + b")
    book.run(code.replace("dz.sum(axis=0)", "2 * dz.sum(axis=0)"))
    captions = [m.caption for m in book.check("grad-b").maps]
    assert len(captions) == 2
    assert "the slope of your own forward" in captions[1]


def test_a_follow_through_earns_its_share_and_says_so(book: Book):
    code = wrong("h_prev @ Wh + x @ Wx + b", "h_prev @ Wh + 1.3 * x @ Wx + b")
    code = code.replace("x.T @ dz", "1.3 * x.T @ dz").replace("dx = dz", "dx = 1.3 * dz")
    book.run(code)
    shown = book.check("grad-Wx")
    assert (shown.status, shown.points) == ("follow_through", 5.5)
    assert "Follow-through · 5.5 of 11 points" in shown.text
    assert shown.maps == ()


def test_marks_that_a_timed_check_takes_back_are_taken_back_here_too(book: Book):
    cheat = (ROOT / "tests" / "attacks" / "cheat_differences.py").read_text("utf-8")
    book.run(cheat)
    assert book.check("forward-value").points == 14
    shown = book.check("grad-Wx")
    assert shown.points == 0.0
    assert "Not counted" in shown.reason


# What is remembered


COUNTED = SOURCE + "\n\ncalls = []\n_forward = RNNUnit.forward\n"
COUNTED += "def forward(self, x, h_prev):\n    calls.append(x.shape)\n"
COUNTED += "    return _forward(self, x, h_prev)\nRNNUnit.forward = forward\n"


def test_cells_of_checks_share_one_conversation_until_another_cell_runs(book: Book):
    book.run(COUNTED)
    book.check("forward-value")
    first = len(book.names["calls"])
    assert first > 5
    for check in ("grad-x", "in-place", "saturated", "unmodified"):
        if check != "grad-x":  # which counts only if a timed check holds
            book.check(check)
    assert len(book.names["calls"]) == first
    book.run("RNNUnit.forward = lambda self, x, h_prev: h_prev")
    assert book.check("forward-value").status == "failed"
    book.run(SOURCE)
    assert book.check("forward-value").status == "passed"


def test_a_class_changed_without_a_cell_is_seen(book: Book):
    book.run(SOURCE)
    assert book.check("forward-value").status == "passed"
    book.names["RNNUnit"] = type("RNNUnit", (book.names["RNNUnit"],), {"forward": None})
    assert book.check("forward-value").status != "passed"


def test_timed_cases_are_run_only_for_the_checks_that_they_decide(book: Book):
    book.run(COUNTED)
    large = (32, 48)  # of the case that is timed
    book.check("forward-value")
    assert large not in book.names["calls"]
    assert book.check("cost").points == 5
    assert large in book.names["calls"]


@pytest.mark.parametrize(
    ("cell", "only"),
    [
        (CHECK_CELL, True),
        ('check("a")\ncheck("b", "lstm")', True),
        ("# a comment", True),
        ("x = 1", False),
        ('check("a"); RNNUnit.forward = None', False),
        ('check(sabotage("a"))', False),
        ("%matplotlib inline", False),
        ("def f(:", False),
    ],
)
def test_a_cell_that_may_change_anything_is_no_cell_of_checks(cell: str, only: bool):
    assert _only_checks(cell) is only


# Errors, in the student's code and elsewhere


def test_an_error_shows_the_students_line_and_no_traceback(book: Book):
    import linecache

    code = wrong("dx = dz @ Wx.T", "dx = dz @ nothing.T")
    lines = [f"{line}\n" for line in code.split("\n")]
    linecache.cache["<cell>"] = (len(code), None, lines, "<cell>")
    book.run(code)
    shown = book.check("grad-x")
    assert (shown.status, shown.points) == ("error", 0.0)
    number = next(i for i, line in enumerate(lines, 1) if "nothing.T" in line)
    assert f"line {number}: dx = dz @ nothing.T" in shown.text
    assert "NameError: name 'nothing' is not defined" in shown.text
    assert "Traceback" not in shown.text


@pytest.mark.parametrize(
    "put", ["raise SystemExit", "raise BaseException", "return np.full(3, 1j)", "return [[1.0]]"]
)
def test_whatever_a_forward_does_earns_a_plain_zero(
    book: Book, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, put: str
):
    monkeypatch.setattr(notebook, "_desk", [book.desk])
    book.run(wrong("return h_next\n", f"{put}\n"))
    got = notebook.check("forward-value")
    assert type(got) is float
    assert got == 0.0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("value", ["np.nan", "np.inf", "-1e308"])
def test_points_are_plain_finite_floats_whatever_is_computed(book: Book, value: str):
    book.run(wrong("return h_next\n", f"return h_next * {value}\n"))
    for check in _checks():
        if check.kind != "cost":
            points = book.check(check.id).points
            assert type(points) is float
            assert math.isfinite(points)
            assert 0 <= points <= check.points


def test_a_class_that_is_not_defined_is_named(book: Book):
    shown = book.check("grad-Wx")
    assert (shown.status, shown.points) == ("note", 0.0)
    assert "RNNUnit is not defined in this kernel. Run the cells" in shown.text


def test_a_check_or_an_exercise_that_is_not_there_is_said(
    book: Book, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    with pytest.raises(UsageError, match=r"no check grad-Q in rnn_unit\. There are: forward-value"):
        book.check("grad-Q")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"no exercise in .*examples\.json and probe\.py"):
        book.check("grad-Wx")
    with pytest.raises(UsageError, match="no exercise lstm in or beside"):
        book.check("grad-Wx", "lstm")


def test_an_exercise_is_found_by_its_name_from_the_course_and_beside_it(
    book: Book, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    book.run(SOURCE)
    monkeypatch.chdir(ROOT)
    assert book.check("grad-b", "rnn_unit").points == 8
    shutil.copytree(UNIT, tmp_path / "fetched" / "rnn_unit")
    monkeypatch.chdir(tmp_path / "fetched")
    assert book.check("grad-b", "rnn_unit").points == 8
    monkeypatch.chdir(tmp_path / "fetched" / "rnn_unit")
    assert book.check("grad-b").points == 8


def test_damaged_files_and_mistakes_of_ours_are_said_without_a_traceback(
    book: Book,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
):
    shutil.copytree(UNIT, tmp_path / "rnn_unit")
    (tmp_path / "rnn_unit" / "examples.json").write_text("{}")
    monkeypatch.chdir(tmp_path / "rnn_unit")
    monkeypatch.setattr(notebook, "_desk", [book.desk])
    assert notebook.check("grad-b") == 0.0
    assert "the file is damaged" in capsys.readouterr().out
    monkeypatch.setattr(Desk, "look", lambda *a: 1 / 0)
    assert notebook.check("grad-b") == 0.0
    told = capsys.readouterr()
    assert "a mistake in the grader itself (ZeroDivisionError" in told.out
    assert "Traceback" not in told.out + told.err


def test_an_interrupt_ends_the_check_and_nothing_is_remembered(
    book: Book, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(notebook, "_desk", [book.desk])
    book.run(wrong("return h_next\n", "raise KeyboardInterrupt\n"))
    assert notebook.check("forward-value") == 0.0
    assert "Interrupted before your code had answered." in capsys.readouterr().out
    book.run(SOURCE)
    assert notebook.check("forward-value") == 14.0


# The kernel


def kernel(code: str, seconds: float = 5.0) -> Kernel:
    names: dict[str, Any] = {}
    exec(code, names)
    probe = types.ModuleType("probe")
    probe.__dict__["forward"] = lambda module, a: {"y": module.f(a["x"])}
    made = Kernel(probe, names, seconds)
    made.give({"case": {"x": np.ones(3)}})
    return made


FORWARD = Ask("case", "forward")


@pytest.mark.skipif(sys.platform == "win32", reason="there is no alarm on Windows")
def test_endless_code_is_ended_even_if_it_swallows_exceptions():
    before = signal.getsignal(signal.SIGALRM)
    code = "def f(x):\n  while True:\n    try:\n      pass\n    except Exception:\n      pass"
    talk = kernel(code, seconds=0.1)
    first, second = talk.ask([FORWARD, FORWARD])
    assert first.failure is not None
    assert first.failure.kind == "timeout"
    assert second.failure == first.failure
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_answers_are_copies_of_what_a_later_call_overwrites():
    talk = kernel("kept = None\ndef f(x):\n  kept[:] += 1\n  return kept")
    talk._names["kept"] = np.zeros(2)  # type: ignore[index]
    first, second = talk.ask([FORWARD, FORWARD])
    assert first.arrays["y"].tolist() == [1.0, 1.0]
    assert second.arrays["y"].tolist() == [2.0, 2.0]


def test_points_of_an_input_are_stacked_as_a_child_does_it():
    points = np.arange(6.0).reshape(2, 3)
    (answer,) = kernel("def f(x):\n  return 2 * x").ask([Ask("case", "forward", "x", points)])
    assert np.array_equal(answer.arrays["y"], 2 * points)


def test_what_is_printed_or_warned_of_is_kept_within_bounds_and_reaches_nobody(
    capsys: pytest.CaptureFixture[str],
):
    talk = kernel(
        "import sys, warnings\ndef f(x):\n  print('out')\n  print('err', file=sys.stderr)\n"
        "  warnings.warn('careful')\n  print('.' * 9000)\n  return x / 0"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        talk.ask([FORWARD])
    assert talk.printed.startswith("out\nerr\n...")
    assert len(talk.printed) == PRINT_LIMIT
    assert tuple(capsys.readouterr()) == ("", "")


def test_the_students_kernel_is_left_as_it_was(book: Book):
    np.random.seed(5)
    state, errors = np.random.get_state()[1].tolist(), np.geterr()  # type: ignore[index]
    book.run(SOURCE)
    before = {k: v for k, v in book.names.items() if k != "In"}
    book.check("grad-Wx")
    assert {k: v for k, v in book.names.items() if k != "In"} == before
    assert np.random.get_state()[1].tolist() == state  # type: ignore[index]
    assert np.geterr() == errors


# What is shown

HOSTILE = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>\u202e&amp;"


def test_a_students_text_cannot_become_html(book: Book):
    code = wrong("return h_next\n", f"print({HOSTILE!r}); raise ValueError({HOSTILE!r})\n")
    book.run(code)
    shown = book.check("forward-value")
    assert "alert(1)" in shown.text
    tags = {e.tag for e in well_formed(shown.html).iter()}
    assert tags <= {"div", "pre", "details", "summary", "figure", "figcaption"}
    assert "\u202e" not in shown.html


def test_the_html_needs_no_script_or_style_sheet_and_has_a_value_for_every_theme_colour(book: Book):
    book.run(wrong(f"dz = dh_next * {SLOPE}", "dz = dh_next"))
    for check in ("grad-Wx", "forward-value"):
        html = book.check(check).html
        well_formed(html)
        assert not re.search(r"<(script|style|link)", html)
        for variable in re.findall(r"var\([^)]*\)", html):
            assert re.fullmatch(r"var\(--jp-[a-z0-9-]+, #[0-9a-f]{6}\)", variable)
        # Text keeps the colour of the text around it, on light and on dark.
        assert set(re.findall(r"[;\"]color:([^;\"]*)", html)) <= {"inherit"}
        assert 'role="group" aria-label="' in html


def test_the_outcome_is_in_words_beside_the_colour(book: Book):
    book.run(SOURCE)
    assert book.check("grad-Wx").heading == "✓ Passed · 11 of 11 points · grad-Wx"


def test_without_a_notebook_text_is_printed(
    book: Book, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(notebook, "_desk", [book.desk])
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    book.run(SOURCE)
    assert notebook.check("grad-Wx") == 11.0
    assert capsys.readouterr().out.startswith("✓ Passed · 11 of 11 points · grad-Wx\n")


def test_in_a_notebook_html_is_shown_with_the_text_for_those_who_cannot(
    book: Book, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    seen: list[dict[str, str]] = []
    display = types.SimpleNamespace(display=lambda data, raw: seen.append(data))
    fake = types.SimpleNamespace(get_ipython=lambda: None, display=display)
    monkeypatch.setitem(sys.modules, "IPython", fake)
    shown = show.note("x", "Why.")
    show.display(shown)
    assert "Why." in capsys.readouterr().out
    fake.get_ipython = object
    show.display(shown)
    assert seen == [{"text/html": shown.html, "text/plain": shown.text}]


# The picture


def test_a_large_array_is_drawn_by_the_worst_of_each_block():
    want = np.zeros((100, 90))
    got = want.copy()
    got[99, 89] = 2.0
    picture = heatmap.of("dW", "case", got, want)
    assert picture is not None
    assert picture.gap.shape == (20, 30)
    assert picture.gap[19, 29] == 2.0
    assert picture.worst == ((19, 29),)
    assert "From dW[95, 87] on: off by up to 2" in picture.html


def test_entries_that_are_no_numbers_are_marked_by_a_sign():
    picture = heatmap.of("db", "case", np.array([np.nan, 1.0]), np.array([1.0, 1.0]))
    assert picture is not None
    table = well_formed(picture.html)
    assert [t.text for t in table.iter("td")].count("×") == 1
    assert table.get("aria-label") == picture.caption


def test_three_dimensions_become_rows_and_titles_keep_their_indices():
    want = np.zeros((2, 3, 4))
    got = want.copy()
    got[1, 2, 3] = 5.0
    picture = heatmap.of("dxs", "case", got, want)
    assert picture is not None
    assert picture.gap.shape == (6, 4)
    assert picture.told[5, 3] == "dxs[1, 2, 3] is 5, should be 0"


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (None, np.zeros(3)),
        (np.zeros(3), None),
        (np.zeros(2), np.zeros(3)),
        (np.zeros(1), np.ones(1)),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        (np.zeros(3, dtype=int), np.ones(3, dtype=int)),
    ],
)
def test_what_cannot_be_drawn_is_not_drawn(got: Any, want: Any):
    assert heatmap.of("y", "case", got, want) is None


# In a real kernel


def _executed(slug: str, source: str) -> Any:
    """The generated notebook of an exercise with `source` in its solution cells, run by Jupyter."""
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    folder = ROOT / "assignments" / slug
    book = nbformat.read(folder / f"{slug}.ipynb", as_version=4)
    regions = iter([c for c in parse(source, Path(f"{slug}.py")).code if c.regions])
    for cell in book.cells:
        if cell.cell_type == "code" and cell.metadata.nbgrader.solution:
            cell.source = next(regions).text
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the client's own libraries
        where = {"metadata": {"path": str(folder)}}
        nbclient.NotebookClient(book, timeout=120, resources=where).execute()
    return book


def _outputs(book: Any) -> dict[str, tuple[float, str, float]]:
    """By check: what nbgrader takes as the score, the text beside it, and the points there are."""
    found = {}
    for cell in book.cells:
        if cell.cell_type == "code" and cell.metadata.nbgrader.grade:
            shown, result = cell.outputs
            assert (shown.output_type, result.output_type) == ("display_data", "execute_result")
            score, points = result.data["text/plain"], cell.metadata.nbgrader.points
            assert re.fullmatch(r"\d+\.\d+", score)  # a plain float: no np.float64, no nan
            assert shown.data["text/html"].startswith("<div ")
            found[cell.metadata.nbgrader.grade_id] = (
                float(score), shown.data["text/plain"], float(points)
            )  # fmt: skip
    return found


@pytest.mark.parametrize(
    "slug",
    [
        "rnn_unit",
        *(
            pytest.param(s, marks=pytest.mark.slow)
            for s in ("rnn_bptt", "gradient_clipping", "lstm", "recursive_node")
        ),
    ],
)
def test_in_a_kernel_a_right_notebook_gets_full_marks_in_every_cell(slug: str):
    source = (ROOT / "solutions" / slug / f"{slug}.py").read_text("utf-8")
    outputs = _outputs(_executed(slug, source))
    assert outputs.keys() == {c.id for c in _checks(slug)}
    assert {name: got for name, (got, _, of) in outputs.items() if got != of} == {}


def test_in_a_kernel_a_wrong_notebook_says_what_is_wrong_and_in_which_cell():
    code = wrong(f"dz = dh_next * {SLOPE}", "print('hm'); dz = dh_next")
    code = code.replace("self.cache = (x", "import warnings; warnings.warn('!'); self.cache = (x")
    outputs = _outputs(_executed("rnn_unit", code))
    assert outputs["forward-value"][0] == 14.0
    assert outputs["grad-Wx"][0] == 0.0
    assert "when the slope of tanh is left out" in outputs["grad-Wx"][1]
    outputs = _outputs(_executed("rnn_unit", wrong("dx = dz @ Wx.T", "dx = dz @ nothing.T")))
    line = r"line \d+: dx = dz @ nothing\.T.*\s+← In \[\d\]"
    assert re.search(line, outputs["grad-x"][1])


def _checks(slug: str = "rnn_unit") -> Any:
    from grader.course import load_assignment, load_course

    return load_assignment(load_course(ROOT), slug).checks


def test_the_generated_notebook_is_what_the_source_gives():
    from grader import course, exercise

    loaded = exercise.load(course.load_course(ROOT), "rnn_unit")
    source = parse(loaded.source, Path("solutions/rnn_unit/rnn_unit.py"))
    made = generate(loaded.assignment, source, b"")
    assert made["rnn_unit.ipynb"] == (UNIT / "rnn_unit.ipynb").read_bytes()
