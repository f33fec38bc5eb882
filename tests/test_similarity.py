"""`grader similarity`: what stands out in a class, and that nothing does where nobody copied."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
import similarity_class as made
from golden.kit import grader
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.cli.similarity import _write
from grader.errors import UsageError
from grader.launcher import Isolation
from grader.model import Limits
from grader.report import pairs as shown
from grader.similarity import alike, code, told
from grader.similarity.texts import MOST_TEXT, PROBE, NotToldError, Reader

ROOT = made.ROOT


def text(student: str, source: str, file: str = "lstm.py") -> alike.Text:
    return alike.Text(student, file, source, code.read(source))


def a_class(size: int, seed: int = 0, slug: str = "lstm") -> dict[str, str]:
    """Everybody follows the handout, each in a way of their own."""
    rng = random.Random(seed)
    return {f"s{k:02}": made.honest(made.own(slug)[0], rng) for k in range(size)}


# What is compared


ORIGINAL = '''
import numpy as np


class Unit:
    """Keeps things."""

    def forward(self, x, h):
        total = x @ self.Wx + h @ self.Wh  # both
        self.cache = (x, h, total)
        return np.tanh(total)

    def reset(self):
        self.cache, self.state = None, np.zeros_like(self.Wx)
'''
DISGUISED = """
import numpy as xp
class Unit:
  def reset(me):
    (me.kept, me.s) = (None, xp.zeros_like(me.Wx));
  def forward(me, inputs, previous):
    '''Something else.'''
    # with other words
    a = (inputs @ me.Wx +
         previous @ me.Wh)
    me.kept = inputs, previous, a
    return xp.tanh(a)
"""


def test_names_layout_comments_and_order_of_functions_make_no_difference() -> None:
    one, other = code.read(ORIGINAL), code.read(DISGUISED)
    assert len(one.prints) > 20
    assert np.array_equal(one.prints, other.prints)


def test_another_formula_makes_a_difference() -> None:
    other = code.read(ORIGINAL.replace("+ h @ self.Wh", "- h @ self.Wh"))
    assert not np.array_equal(code.read(ORIGINAL).prints, other.prints)


def test_fingerprints_are_the_same_in_every_process() -> None:
    assert code.read("def f(a, b):\n    return a + b, a * b, a - b, [a / b]\n").prints[0] == GOLDEN


GOLDEN = 1555977574917694920


HOSTILE = {
    "empty": "",
    "NUL": "\0" * 100_000,
    "one long line": "x=1;" * 60_000,
    "deep": "(" * 200_000,
    "no end": '"""' + "a" * 100_000,
    "f-strings": 'f"{' * 50_000,
    "surrogates": "\udc80\ud800" * 1000,
    "defs": "def " * 50_000,
    "control": "\x1b[2J\u202e\r\x0c\x1c\u2028" * 1000,
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_read_in_bounds(source: str) -> None:
    found = code.read(source)
    assert len(found.words) <= code.MOST_TOKENS
    assert len(found.all_prints) == len(found.places) <= len(found.words)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec=None), max_size=300))
def test_whatever_text_there_is_its_lines_are_its_own(source: str) -> None:
    found = code.read(source)
    assert all(1 <= line <= source.count("\n") + 1 for line in found.lines)
    for first, last in found.spans(found.prints):
        assert first <= last


# What stands out


def test_where_all_follow_the_handout_nothing_stands_out() -> None:
    for seed in range(2):
        found = made.compared("lstm", a_class(24, seed))
        assert found.enough
        assert found.pairs == ()


def test_in_the_sample_class_a_disguised_copy_comes_first() -> None:
    sources, rng = made.sample("lstm"), random.Random(0)
    assert made.compared("lstm", sources).pairs == ()
    sources["x"] = made.disguised(sources["kofi"], rng)
    first = made.compared("lstm", sources).pairs[0]
    assert [side.student for side in first.sides] == ["kofi", "x"]
    assert first.score > 0.9
    assert first.rank > alike.STANDS_OUT


def test_copies_of_which_a_third_is_rewritten_stand_out_too() -> None:
    sources, rng = made.sample("recursive_node"), random.Random(0)
    sources["x"] = made.rewritten(sources["mina"], rng)
    assert ("mina", "x") in made.pairs(made.compared("recursive_node", sources))


def test_a_ring_of_four_is_listed_whole() -> None:
    sources, rng = a_class(24), random.Random(1)
    ring = {f"x{k}": made.disguised(sources["s00"], rng) for k in range(3)}
    found = made.pairs(made.compared("lstm", sources | ring))
    members = ["s00", *ring]
    wanted = {(a, b) for k, a in enumerate(members) for b in members[k + 1 :]}
    assert set(found) == wanted


def test_lines_in_common_are_found_in_both() -> None:
    sources = made.sample("lstm")
    sources["x"] = "# mine\n\n\n" + sources["kofi"]
    (pair,) = (p for p in made.compared("lstm", sources).pairs if p.sides[1].student == "x")
    kofi, x = (side.spans for side in pair.sides)
    assert kofi
    assert [(a + 3, b + 3) for a, b in kofi] == list(x)


def test_the_order_of_submissions_makes_no_difference() -> None:
    sources = a_class(12) | {"x": a_class(12)["s03"]}
    texts = [text(who, source) for who, source in sources.items()]
    found = alike.compare(texts, [])
    assert found.pairs
    random.Random(2).shuffle(texts)
    assert alike.compare(texts, []) == found


def test_attempts_of_one_student_are_not_compared_with_one_another() -> None:
    texts = [text(who, source) for who, source in a_class(12).items()]
    again = [text("s00", texts[0].source, f"attempt-{k}") for k in range(5)]
    assert alike.compare([*texts, *again], []).pairs == ()
    copied = text("s05", texts[0].source, "attempt-2")
    (pair,) = alike.compare([*texts, *again, copied], []).pairs
    assert [side.student for side in pair.sides] == ["s00", "s05"]


def test_what_the_course_gave_is_no_likeness() -> None:
    stub = made.stub("lstm")
    found = alike.compare([text(f"s{k}", stub) for k in range(20)], [code.read(stub)])
    assert (found.students, len(found.short), found.pairs) == (0, 20, ())


def test_too_few_students_do_not_tell_what_is_usual() -> None:
    sources = a_class(alike.LEAST_STUDENTS - 2)
    found = made.compared("lstm", sources | {"x": sources["s00"]})
    assert not found.enough
    assert found.pairs == ()
    assert "fewer than 8 do not tell what is usual" in "\n".join(told.lines({"lstm": found}))


def test_the_same_work_of_all_is_what_is_usual() -> None:
    same = {f"s{k:02}": made.sample("lstm")["kofi"] for k in range(20)}
    assert made.compared("lstm", same).pairs == ()


# What is told


def test_nothing_is_said_of_copying_but_that_nobody_says_so() -> None:
    sources = a_class(12) | {"\x1b[2Jx\u202e": a_class(12)["s03"]}
    found = {"lstm": made.compared("lstm", sources)}
    out = "\n".join(told.lines(found))
    assert "Worth a person's look, and no more: nothing here says that anybody copied." in out
    assert "\u202e" not in out
    assert "[2Jx" in out
    assert "\x1b[2J" not in out
    for word in ("plagiar", "cheat", "guilt", "suspect"):
        assert word not in out.lower()


def test_the_document_has_the_first_pairs_and_the_report_can_read_it(tmp_path: Path) -> None:
    sources = a_class(24)
    copies = {f"x{k}": sources["s00"] for k in range(6)}
    found = {"lstm": made.compared("lstm", sources | copies)}
    document = told.document(found, [], most=3)
    (tmp_path / told.FILE).write_text(json.dumps(document))
    read = shown.read(tmp_path)
    assert len(read) == 3 < len(found["lstm"].pairs)
    assert {side.student for pair in read for side in pair.sides} <= {"s00", *copies}
    assert document["assignments"][0]["stand_out"] == len(found["lstm"].pairs)


def test_the_command_reads_a_class_and_writes_the_document(tmp_path: Path) -> None:
    file = tmp_path / "pairs.json"
    arguments = ("examples/class", "--assignment", "lstm", "--out", file)
    ran = grader("similarity", *arguments, cwd=ROOT)
    assert "lstm: 24 students" in ran.out
    assert "nothing stands out" in ran.out
    document = json.loads(file.read_text(encoding="utf-8"))
    assert document["pairs"] == []
    again = grader("similarity", *arguments, "--json", cwd=ROOT)
    assert again.document == document


def test_a_document_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="Name another file with --out FILE"):
        _write(tmp_path / "file" / "pairs.json", {})


# Notebooks


def notebook(*cells: object) -> bytes:
    return json.dumps({"nbformat": 4, "cells": list(cells)}).encode()


def reader(isolation: Isolation | None = None) -> Reader:
    from grader import doctor

    limits = Limits()
    return Reader(limits, lambda: isolation or doctor.isolation(limits, unsafe=False))


def test_the_text_of_a_notebook_is_that_of_its_code_cells() -> None:
    raw = notebook(
        {"cell_type": "markdown", "source": "Words."},
        {"cell_type": "code", "source": ["import numpy as np\n", "x = 1"]},
        {"cell_type": "code", "source": "y = 2\n"},
    )
    with reader() as texts:
        assert texts.text(raw) == "# cell 2\nimport numpy as np\nx = 1\n\n# cell 3\ny = 2\n"
        assert texts.text(b"\xef\xbb\xbfx = 1\r\ny = '\xff'\r\n") == "x = 1\ny = '\ufffd'\n"
        for bad in (b'{"cells": 3}', b'{"cells":' + b"[" * 100_000, notebook(1), notebook({})):
            with pytest.raises(NotToldError, match="cannot be read as one"):
                texts.text(bad)
        assert texts.text(notebook({"cell_type": "code", "source": "z"})) == "# cell 1\nz\n"


def test_a_long_notebook_is_cut_where_an_answer_must_end() -> None:
    assert str(MOST_TEXT).encode() in PROBE
    raw = notebook({"cell_type": "code", "source": "x = 1\n" * 100_000})
    with reader() as texts:
        assert len(texts.text(raw)) == MOST_TEXT


def test_without_a_sandbox_notebooks_are_left_out_and_modules_are_not() -> None:
    def none() -> Isolation:
        raise UsageError("There is no sandbox here.")

    with Reader(Limits(), none) as texts:
        assert texts.text(b"x = 1") == "x = 1"
        for _ in range(2):
            with pytest.raises(NotToldError, match="There is no sandbox here"):
                texts.text(notebook())
