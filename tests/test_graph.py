"""Graphs of handouts: what can be written, how it is laid out, and what the picture is like."""

from __future__ import annotations

import itertools
import re
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from grader.errors import ConfigError
from grader.graph import MOST_NODES, Graph, GraphError, parse
from grader.graph_layout import APART, lay_out
from grader.graph_svg import ARROW, BACK_ARROW, DARK, LIGHT, draw
from grader.pictures import drawn
from grader.source import parse as parse_source

STEP = """\
x -> mulx "@ Wx"
h_prev -> mulh "@ Wh"
mulx, mulh, b -> sum "+"   # three at once
sum -> z -> tanh -> h_next
"""
LSTM = """\
x -> mx "@ Wx"
h_prev -> mh "@ Wh"
mx, mh, b -> sum "+" -> split
split -> f "σ" -> fc "×"
split -> i "σ" -> ig "×"
split -> g "tanh" -> ig
split -> o "σ" -> ho "×"
c_prev -> fc
fc, ig -> c "+" -> c_next
c -> tc "tanh" -> ho -> h_next
"""
CARRY = "x -> unit -> h\nh0 -> unit\nunit: op\nh --> unit\nh --> x\n"
EVERY = {"step": STEP, "lstm": LSTM, "carry": CARRY}
SVG = "{http://www.w3.org/2000/svg}"


def kinds(text: str) -> dict[str, str]:
    return {n.name: n.kind for n in parse(text, "A graph.").nodes}


def pairs(text: str) -> list[tuple[str, str]]:
    return [(e.source, e.target) for e in parse(text, "A graph.").edges]


def test_one_line_draws_every_arrow_between_neighbouring_groups():
    assert pairs("a, b -> c -> d, e") == [
        ("a", "c"), ("b", "c"), ("c", "d"), ("c", "e")
    ]  # fmt: skip


def test_what_nodes_are_is_seen_from_their_arrows_and_labels():
    assert kinds(STEP) == {
        "x": "input", "mulx": "op", "h_prev": "input", "mulh": "op", "b": "input",
        "sum": "op", "z": "data", "tanh": "op", "h_next": "output",
    }  # fmt: skip


def test_what_a_node_is_can_be_said():
    assert kinds("a -> unit -> b")["unit"] == "data"
    assert kinds("a -> unit -> b\nunit: op  # a whole network")["unit"] == "op"
    assert kinds("unit: op\na -> unit -> b")["unit"] == "op"
    assert kinds('a -> f "f" -> b\nf: data')["f"] == "data"


def test_a_short_name_is_a_value_and_a_short_label_an_operation():
    assert kinds("a -> z -> b")["z"] == "data"
    assert kinds('a -> z "σ" -> b')["z"] == "op"


def test_a_dashed_arrow_makes_no_input_of_its_target_less_and_no_output():
    assert kinds(CARRY) == {"x": "input", "unit": "op", "h": "output", "h0": "input"}


def test_names_in_any_alphabet_and_labels_with_any_signs_are_read():
    graph = parse('δ, h1 -> sum "a # b -> \\"', "A graph.")
    assert [n.label for n in graph.nodes] == ["δ", "h1", "a # b -> \\"]


def test_words_for_those_who_do_not_see_it_are_joined():
    assert (
        parse("alt: and how.\na -> b\nalt:  Then more.", "What").alt == "What and how. Then more."
    )


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a -> b\na -> b", (2, 6), "there is an arrow from a to b already. Drop one."),
        ("a -> b\nb -> a", (2, 6), "closes a cycle through a. Turn it round, or write `-->`"),
        ("a -> a", (1, 6), "closes a cycle through a"),
        ("a --> a", (1, 7), "closes a cycle through a"),
        ("a ->", (1, 3), "the line ends where a node belongs"),
        ("a, -> b", (1, 4), "the name of a node belongs here"),
        ("a b", (1, 3), "`->`, `-->`, a comma or a label belongs here"),
        ('"+" -> b', (1, 1), "the name of a node belongs here"),
        ('a -> b "+', (1, 8), "this label is not closed"),
        ('a -> b ""', (1, 8), "this label is empty"),
        ('a "1" -> b\na "2" -> c', (2, 3), "`a` has the label `1` already"),
        ("a => b", (1, 3), "`=` is unknown here"),
        ("a -> 2b", (1, 6), "`2` is unknown here"),
        ("a -> b\nc: op", (2, 1), "there is no node `c`. Put it into an arrow first."),
        ("a -> b\nrow 1: a, c", (2, 11), "there is no node `c`"),
        ("a -> b\nrow 1: a c", (2, 10), "a row is a list of nodes"),
        ("a -> b\na: oval", (2, 4), "a node is `op` or `data`"),
        ("a, b", (0, 0), "the graph has no arrow. Draw one: x -> y"),
        (" -> ".join(f"n{i}" for i in range(MOST_NODES + 1)), (0, 0), "Make two graphs of it"),
    ],
)
def test_what_cannot_be_drawn_is_named_with_its_place(
    text: str, place: tuple[int, int], message: str
):
    with pytest.raises(GraphError) as caught:
        parse(text, "A graph.")
    assert (caught.value.line, caught.value.column) == place
    assert message in caught.value.message


def test_a_graph_without_words_is_not_drawn():
    with pytest.raises(GraphError, match=r"no words for those who do not see it\. Add: alt:"):
        parse("a -> b")


@pytest.mark.parametrize("text", EVERY.values(), ids=EVERY)
def test_arrows_lead_to_the_right_and_nodes_do_not_touch(text: str):
    layout = lay_out(parse(text, "A graph."))
    column = {s: i for i, slots in enumerate(layout.columns) for s in slots}
    for route in layout.routes:
        assert route.back == (column[route.slots[0]] > column[route.slots[-1]])
    for slots in layout.columns:
        for above, below in itertools.pairwise(s for s in slots if len(s) == 1):
            assert layout.y[below] - layout.y[above] >= APART - 0.5


def test_an_input_is_drawn_just_before_what_it_feeds():
    layout = lay_out(parse("a -> f -> g -> y\nb -> g", "A graph."))
    assert [s for s in layout.columns[1] if len(s) == 1] == [("f",), ("b",)]


def test_a_chain_is_straight():
    layout = lay_out(parse(STEP, "A graph."))
    assert len({layout.y[name,] for name in ("sum", "z", "tanh", "h_next")}) == 1


def test_arrows_cross_no_more_than_they_must():
    text = "a -> p\nb -> q\nc -> r\np -> z\nq -> x\nr -> y"
    layout = lay_out(parse(text, "A graph."))
    heights = [[layout.y[name,] for name in names] for names in ("abc", "pqr", "zxy")]
    assert len({tuple(sorted(range(3), key=row.__getitem__)) for row in heights}) == 1


def test_rows_put_nodes_on_a_line():
    text = (
        "h0 -> s1 -> h1 -> s2 -> h2\nx1 -> s1\nx2 -> s2\nrow 1: h0, s1, h1, s2, h2\nrow 2: x1, x2"
    )
    y = lay_out(parse(text, "A graph.")).y
    assert {y[n,] for n in ("h0", "s1", "h1", "s2", "h2")} == {0.0}
    assert {y[n,] for n in ("x1", "x2")} == {APART}


@pytest.mark.parametrize("text", EVERY.values(), ids=EVERY)
def test_the_picture_is_the_same_each_time_and_well_formed(text: str):
    assert draw(text, "A graph.") == draw(text, "A graph.")
    root = ET.fromstring(draw(text, "A graph."))
    assert root.tag == f"{SVG}svg"
    assert float(root.attrib["width"]) < 1000
    assert not root.findall(f".//{SVG}script")
    assert not root.findall(f".//{SVG}image")


def test_the_picture_speaks_to_those_who_do_not_see_it():
    root = ET.fromstring(draw(STEP, "One step."))
    assert root.attrib["role"] == "img"
    assert root.findtext(f"{SVG}title") == "One step."
    said = root.findtext(f"{SVG}desc") or ""
    assert "@ Wx, @ Wh and b go to +." in said
    assert "x goes to @ Wx." in said


def test_text_is_escaped():
    picture = draw('a "<b>&\'" -> c', 'A "<script>" & more').decode()
    assert "<b>" not in picture
    assert "<script>" not in picture
    texts = [t.text for t in ET.fromstring(picture).iter(f"{SVG}text")]
    assert texts == ["<b>&'", "c"]


@pytest.mark.parametrize("text", EVERY.values(), ids=EVERY)
def test_everything_is_inside_of_the_picture(text: str):
    root = ET.fromstring(draw(text, "A graph."))
    left, top, width, height = map(float, root.attrib["viewBox"].split())
    for rect in root.iter(f"{SVG}rect"):
        x, y, w, h = (float(rect.attrib[k]) for k in ("x", "y", "width", "height"))
        assert left < x < x + w < left + width
        assert top < y < y + h < top + height
    for path in root.iter(f"{SVG}path"):
        for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", path.attrib["d"]):
            assert left < float(x) < left + width
            assert top < float(y) < top + height


def luminance(colour: str) -> float:
    """Relative luminance (https://www.w3.org/TR/WCAG21/#dfn-relative-luminance)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_text_is_legible_on_its_node_whatever_the_page(palette: dict[str, tuple[str, str, str]]):
    for fill, _, ink in palette.values():
        assert contrast(fill, ink) >= 7  # WCAG's level AAA


@pytest.mark.parametrize("page", ["#ffffff", "#000000", "#0d1117"])
def test_arrows_are_seen_on_white_and_on_black(page: str):
    assert min(contrast(ARROW, page), contrast(BACK_ARROW, page)) >= 3  # WCAG's for graphics


@pytest.mark.parametrize(
    ("palette", "page"), [(LIGHT, "#ffffff"), (DARK, "#000000"), (LIGHT, "#000000")]
)
def test_nodes_are_seen_on_their_page(palette: dict[str, tuple[str, str, str]], page: str):
    for fill, outline, _ in palette.values():
        assert max(contrast(fill, page), contrast(outline, page)) >= 2.9


def test_the_dark_palette_is_asked_for_by_the_readers_system():
    style = ET.fromstring(draw(STEP, "One step.")).findtext(f"{SVG}style") or ""
    assert style.startswith("@media (prefers-color-scheme:dark){")
    assert all(colour in style for paint in DARK.values() for colour in paint)


def test_a_large_graph_is_laid_out_in_good_time():
    ladder = [f"a{i} -> a{i + 1}, b{i + 1}\nb{i} -> b{i + 1}, a{i + 1}" for i in range(11)]
    before = time.perf_counter()
    draw("\n".join(ladder), "A ladder.")
    assert time.perf_counter() - before < 15


def source_with(*blocks: str) -> str:
    handout = "\n\n".join(blocks).split("\n")
    lines = ["# %% [markdown]", *(f"# {line}".rstrip() for line in ["# Title", "", *handout])]
    body = [
        "",
        "# %%",
        "def f():",
        "    ### BEGIN SOLUTION",
        "    return 1",
        "    ### END SOLUTION",
    ]
    return "\n".join([*lines, *body, ""])


def pictures_of(*blocks: str) -> tuple[list[str], str]:
    source = parse_source(source_with(*blocks), Path("solutions/f/f.py"))
    pictures, now = drawn(source)
    return [p.file for p in pictures], "\n".join(
        c.text for c in now.cells if not hasattr(c, "regions")
    )


def problems_of(*blocks: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        pictures_of(*blocks)
    return [str(p) for p in caught.value.problems]


def test_a_block_of_the_handout_becomes_a_picture():
    files, text = pictures_of(
        "Look:", "```graph name: one; alt: From a_1 to [b].\na -> b\n```", "Seen?"
    )
    assert files == ["one.svg"]
    assert text == "# Title\n\nLook:\n\n![From a\\_1 to \\[b\\].](one.svg)\n\nSeen?"


def test_several_graphs_keep_their_order():
    blocks = [f"```graph name: {n}; alt: {n}.\na -> b\n```" for n in ("second", "first")]
    files, text = pictures_of(*blocks)
    assert files == ["second.svg", "first.svg"]
    assert text.index("second") < text.index("first")


def test_a_graph_inside_of_another_block_is_text():
    inside = "````text\n```graph name: one; alt: One.\na -> b\n```\n````"
    assert pictures_of(inside) == ([], f"# Title\n\n{inside}")


def test_other_blocks_stay_as_they_are():
    code = "```text\ngrader check f\n```"
    assert pictures_of(code) == ([], f"# Title\n\n{code}")


def test_a_problem_in_a_graph_has_its_place_in_the_source():
    block = "```graph name: one; alt: One.\na -> b\nb -> a\n```"
    line = source_with(block).split("\n").index("# b -> a") + 1
    assert problems_of(block) == [
        f"solutions/f/f.py:{line}:8: This arrow closes a cycle through a. "
        "Turn it round, or write `-->` for what goes back."
    ]


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("```graph\na -> b\n```", "A graph has a name, in small letters. Write: ```graph name:"),
        ("```graph name: Ünï; alt: A.\na -> b\n```", "A graph has a name, in small letters."),
        ("```graph name: a/../b; alt: A.\na -> b\n```", "A graph has a name, in small letters."),
        ("```graph name: one\na -> b\n```", "The graph has no words for those who do not see it."),
        ("```graph name: one; alt: A.\na -> b", "This graph is not closed in its cell."),
    ],
)
def test_what_is_wrong_with_a_block_is_said_at_its_first_line(block: str, message: str):
    (problem,) = problems_of(block)
    assert problem.startswith(f"solutions/f/f.py:4:3: {message}")


def test_every_problem_is_found_at_once():
    bad = "```graph name: one; alt: One.\na -> a\n```"
    twice = "```graph name: two; alt: Two.\na -> b\n```"
    assert len(problems_of(bad, twice, twice)) == 2


def test_a_graph_is_plain_data():
    assert parse("a -> b", "A.") == parse("a -> b  # the same", "A.")
    assert isinstance(parse("a -> b", "A."), Graph)
