from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from course_kit import FILES, SOURCE
from hypothesis import given
from hypothesis import strategies as st

from grader import mutate, source
from grader.mutate import Mutant

SOLUTIONS = Path(__file__).parent.parent / "solutions"

HEAD = "# %% [markdown]\n# A handout.\n\n# %%\nimport numpy as np\n\n\n"


def written(*body: str, signature: str = "def f(x, W, b):") -> str:
    """A source with one function and `body` as its solution."""
    lines = [line for text in body for line in text.split("\n")]
    inside = "".join(f"    {line}\n" for line in lines)
    return f"{HEAD}{signature}\n    ### BEGIN SOLUTION\n{inside}    ### END SOLUTION\n"


@cache
def mutants(text: str) -> tuple[Mutant, ...]:
    parsed = source.parse(text, Path("f.py"))
    return mutate.mutants(parsed.text, parsed.regions)


def made(operator: str, *body: str, signature: str = "def f(x, W, b):") -> list[str]:
    """What the lines that `operator` changes say afterwards, without the others' mutants."""
    found = mutants(written(*body, signature=signature))
    return [m.now for m in found if m.operator == operator]


# One example for each operator: a line, and all that it makes of it.
EXAMPLES = [
    ("transpose", "return x @ W.T", ["return x.T @ W.T", "return x @ W"]),
    ("transpose", "return np.dot(x, W)", ["return np.dot(x.T, W)", "return np.dot(x, W.T)"]),
    ("axis", "return x.sum(axis=1)", ["return x.sum(axis=0)"]),
    ("exchanged-function", "return x.mean()", ["return x.sum()"]),
    ("exchanged-function", "return np.maximum(x, 0)", ["return np.minimum(x, 0)"]),
    ("nonlinearity", "return np.tanh(x + b)", ["return (1 / (1 + np.exp(-(x + b))))"]),
    ("nonlinearity", "return sigmoid(x)", ["return np.tanh(x)"]),
    ("prime", "return x * (1 - W**2)", ["return x"]),
    ("prime", "return x * W * (1 - W)", ["return (x * W)"]),
    ("accumulation", "W[0] += b", ["W[0] = b"]),
    ("accumulation", "np.add.at(W, x, b)", ["W[x] += b"]),
    ("copy-for-in-place", "W *= b + 1", ["W = W * (b + 1)"]),
    ("copy-for-in-place", "x.grads[0][...] = W", ["x.grads[0] = W"]),
    (
        "reversal",
        "for t in reversed(range(x)):\n    W[t]",
        ["for t in range(x):"],
    ),
    ("reversal", "for t in range(x):\n    W[t]", ["for t in reversed(list(range(x))):"]),
    ("reversal", "return x[::-1]", ["return x"]),
    (
        "bounds",
        "return range(1, x)",
        [
            "return range(1 - 1, x)",
            "return range(1 + 1, x)",
            "return range(1, x - 1)",
            "return range(1, x + 1)",
        ],
    ),
    ("bounds", "return x[W:]", ["return x[:]"]),
    ("index", "return x[W]", ["return x", "return x[W - 1]", "return x[W + 1]"]),
    ("unwrapped-call", "return np.sqrt(x)", ["return x"]),
    ("unwrapped-call", "return x.copy()", ["return x"]),
    ("sibling", "i, g = x\nreturn i", ["i, g = W", "i, g = b", "return g"]),
    ("arithmetic", "return x + W", ["return x - W"]),
    ("arithmetic", "x += W", ["x -= W"]),
    ("dropped-operand", "return x - W", ["return x", "return -W"]),
    ("swapped-operands", "return x @ (W + b)", ["return (W + b) @ (x)"]),
    ("comparison", "return x < W", ["return x <= W", "return x >= W"]),
    ("comparison", "return x is not None", ["return x is None"]),
    (
        "comparison",
        "return len(x) != 2",
        ["return len(x) == 2", *(f"return len(x) {c} 2" for c in "<>")],
    ),
    ("boolean", "return x and W", ["return W", "return x", "return x or W"]),
    ("boolean", "return not x", ["return x"]),
    ("condition", "return x if W else b", ["return x if False else b", "return x if True else b"]),
    ("sign", "return -x", ["return x"]),
    ("constant", "return 1", ["return 2", "return 0"]),
    ("constant", "return 0.5", ["return 1.5", "return 0.25"]),
    ("constant", "return True", ["return False"]),
    ("constant", 'return "ab"', ['return ""', "return 'b'"]),
    ("loop", "for t in x:\n    W[t]", ["for t in ():"]),
    ("loop", "for t in x:\n    break", ["for t in ():", "continue"]),
    ("statement", "x.clear()\nreturn x", ["pass", "pass"]),
    ("exception", 'raise ValueError("no")', ['raise RuntimeError("no")']),
    ("swapped-elements", "return x, W", ["return W, x"]),
    ("arguments", "return g(x, W)", ["return g(W)", "return g(W, x)", "return g(x)"]),
]


@pytest.mark.parametrize(("operator", "body", "expected"), EXAMPLES)
def test_each_operator_makes_its_mutants(operator: str, body: str, expected: list[str]) -> None:
    assert made(operator, body) == expected


def test_every_operator_has_an_example() -> None:
    assert {operator for operator, *_ in EXAMPLES} == set(mutate.OPERATORS)


def test_a_dropped_argument_takes_its_parentheses_along() -> None:
    found = made("arguments", "return g((x), (W + 1), key=(b), )")
    assert "return g((x), (W + 1))" in found
    assert "return g((x), key=(b), )" in found
    assert "return g((W + 1), key=(b), )" in found


def test_parentheses_follow_what_they_belong_to() -> None:
    assert "return (W - b) @ (x + b)" in made("swapped-operands", "return (x + b) @ (W - b)")
    assert "return ((x + b).T) @ W" in made("transpose", "return (x + b) @ W")


@pytest.mark.parametrize(
    "body",
    [
        '"""Of 2 texts, x + W, this is a docstring."""\nreturn x',
        'raise ValueError(f"{x} is not {W + 1}", x + 1)',
        "return f(*x)  # x + W",
        'return f"{x + W}"',
        "y: x[0] = b\nreturn y",
    ],
)
def test_what_is_said_to_people_is_no_place_for_a_mistake(body: str) -> None:
    assert not made("arithmetic", body)
    assert not made("constant", body)


def test_the_strictness_of_a_zip_is_left_alone() -> None:
    found = mutants(written("return zip(x, W, strict=True)"))
    assert {m.operator for m in found} == {"arguments", "sibling", "statement", "unwrapped-call"}
    assert all("strict=True" in m.now for m in found if m.operator == "arguments")


def test_nothing_outside_of_the_regions_is_changed() -> None:
    text = written("return x").replace("def f", "y = 1 + 2\n\n\ndef f")
    assert {m.line for m in mutants(text)} == {text.split("\n").index("    return x") + 1}


def test_what_the_compiler_makes_the_same_of_is_no_mutant() -> None:
    # Folded, 2 + 1 and 1 + 2 are the same, and so are 1, 0 + 1 and 1 + 0.
    found = [m.now.removeprefix("return ") for m in mutants(written("return 1 + 1"))]
    assert sorted(eval(text) for text in found if text != "pass") == [0, 1, 3]


def test_an_array_that_a_function_made_itself_may_be_replaced() -> None:
    assert not made("copy-for-in-place", "y = np.zeros(3)\ny += x\nreturn y")
    assert made("copy-for-in-place", "y = x.y\ny += x\nreturn y") == ["y = y + x"]
    assert made("copy-for-in-place", "for y in x:\n    y += W") == ["y = y + W"]


def test_columns_count_characters() -> None:
    (found,) = [m for m in mutants(written('é = "ü"; return x + W')) if m.now.endswith("x - W")]
    assert (found.before, found.column) == ("+", 23)


def test_the_lines_shown_have_no_comments() -> None:
    found = mutants(written("y = (  # why\n    x  # this\n    + W  # not that\n)\nreturn y"))
    shown = {(m.was, m.now) for m in found if m.operator == "dropped-operand"}
    assert shown == {("x + W", "x"), ("x + W", "W")}


SOURCES = {
    path.stem: path.read_text(encoding="utf-8") for path in sorted(SOLUTIONS.glob("*/*_*.py"))
}
SOURCES = {"affine": FILES[SOURCE], **SOURCES}


@pytest.mark.parametrize("name", SOURCES)
def test_a_mutant_differs_from_its_source_in_its_place_alone(name: str) -> None:
    text = SOURCES[name]
    regions = source.parse(text, Path(name)).regions
    lines = text.split("\n")
    found = mutants(text)
    assert found
    for m in found:
        at = sum(len(line) + 1 for line in lines[: m.line - 1]) + m.column - 1
        assert text[at:].startswith(m.before)
        assert m.source == text[:at] + m.after + text[at + len(m.before) :]
        assert any(r.begin < m.line < r.end for r in regions)
        compile(m.source, name, "exec")


@pytest.mark.parametrize("name", SOURCES)
def test_ids_are_unique(name: str) -> None:
    found = mutants(SOURCES[name])
    assert len({m.id for m in found}) == len(found)


@given(
    blank=st.integers(0, 3),
    comment=st.text(st.characters(exclude_categories=["C", "Z"]), max_size=20),
    between=st.sampled_from(["", "y = [1, 2]\n\n\n", "def g(x):\n    return x + 1\n\n\n"]),
)
def test_ids_outlive_changes_elsewhere(blank: int, comment: str, between: str) -> None:
    body = ("y = x @ W", "y += b", "return y + 1")
    before = mutants(written(*body))
    text = written(body[0], "\n" * blank + f"# {comment}", "b = b", *body[1:])
    text = text.replace("def f", between + "def f")
    known = {m.id: (m.operator, m.before, m.after) for m in mutants(text)}
    for m in before:
        assert known[m.id] == (m.operator, m.before, m.after)


def test_like_statements_of_a_function_have_mutants_of_their_own() -> None:
    found = mutants(written("b += x", "b += x", "return b"))
    assert len([m for m in found if m.now == "b -= x"]) == 2
    assert len({m.id for m in found}) == len(found)


_NAMES = st.sampled_from(["x", "W", "b"])
_EXPRESSIONS = st.recursive(
    _NAMES | st.integers(0, 3).map(str) | st.sampled_from(["0.5", "True", '"ß"', "x.T", "x[0]"]),
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "@", "*", "/"]), inner),
        st.builds("(({}) {} ({}))".format, inner, st.sampled_from(["<", "and", "not in"]), inner),
        st.builds("f({}, ({}), k={})".format, inner, inner, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("x[{}:({})]".format, inner, inner),
        st.builds("[y for y in {} if {}]".format, inner, inner),
        st.builds("(\n        {}  # ({},\n    )".format, inner, inner),
        st.builds("np.sum({}, axis={})".format, inner, inner),
    ),
    max_leaves=12,
)


@given(_EXPRESSIONS)
def test_whatever_the_expression_its_mutants_are_its_own_and_compile(expression: str) -> None:
    text = written(f"return {expression}".replace("\n    ", "\n"))
    for m in mutants(text):
        at = sum(len(line) + 1 for line in text.split("\n")[: m.line - 1]) + m.column - 1
        assert m.source == text[:at] + m.after + text[at + len(m.before) :]
        assert m.source != text
