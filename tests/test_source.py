"""The source of an exercise: what is read out of it, made of it, and said when it is wrong."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import jupytext
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import ConfigError
from grader.source import (
    BEGIN,
    END,
    Code,
    Markdown,
    SourceError,
    apply_edits,
    clear,
    handout,
    parse,
    stub,
)

PATH = Path("solutions/scale/scale.py")

SCALE = '''\
# %% [markdown]
# # Scale
#
# Multiply by a number.

# %%
import numpy as np


# %%
class Scale:
    """y = a x."""

    def forward(self, x):
        """Return a x."""
        ### BEGIN SOLUTION
        y = self.a * x
        return y
        ### END SOLUTION

    def backward(self, dy):
        if dy is None:
            ### BEGIN SOLUTION
            dy = np.ones(1)
            ### END SOLUTION
        return dy


# %% [markdown]
# Done.
'''


def problems(text: str) -> list[str]:
    """What parse says of `text`, each as "line:column message"."""
    with pytest.raises(ConfigError) as error:
        parse(textwrap.dedent(text), PATH)
    assert all(p.file == PATH for p in error.value.problems)
    return [f"{p.line}:{p.column} {p.message}" for p in error.value.problems]


def in_function(body: str) -> str:
    """A source with `body` as a function; its first line is line 5."""
    return "# %% [markdown]\n# Text\n# %%\ndef f(x):\n" + textwrap.indent(
        textwrap.dedent(body), "    "
    )


def test_cells_come_with_their_kind_text_and_line():
    cells = parse(SCALE, PATH).cells
    assert [(type(c), c.line) for c in cells] == [
        (Markdown, 2),
        (Code, 7),
        (Code, 11),
        (Markdown, 30),
    ]
    assert cells[0].text == "# Scale\n\nMultiply by a number."
    assert cells[1].text == "import numpy as np"


def test_each_line_of_a_code_cell_is_the_line_of_the_file_it_claims_to_be():
    text = SCALE.replace("# %%\n", "# %%\n\n\n")
    lines = text.split("\n")
    for cell in parse(text, PATH).code:
        for i, line in enumerate(cell.text.split("\n"), cell.line):
            assert lines[i - 1] == line


def test_regions_are_named_after_the_function_around_them():
    found = parse(SCALE, PATH).regions
    assert [(r.name, r.begin, r.end, len(r.indent)) for r in found] == [
        ("Scale.forward", 16, 19, 8),
        ("Scale.backward", 23, 25, 12),
    ]


def test_a_region_in_a_function_inside_a_method_has_the_whole_path_as_its_name():
    text = in_function(f"""\
        class A:
            async def g(self):
                def h():
                    {BEGIN}
                    def i():
                        return 1
                    return i()
                    {END}
                return h
        """)
    assert [r.name for r in parse(text, PATH).regions] == ["f.A.g.h"]


def test_jupytext_reads_the_same_cells():
    notebook = jupytext.reads(SCALE, fmt="py:percent")
    kinds = {Markdown: "markdown", Code: "code"}
    ours = [(kinds[type(c)], c.text) for c in parse(SCALE, PATH).cells]
    assert [(c.cell_type, c.source) for c in notebook.cells] == ours


def test_comments_above_the_first_cell_go_nowhere_and_code_there_is_a_cell():
    notes = "# ---\n# jupyter: {}\n# ---\n\n"
    assert parse(notes + SCALE, PATH).cells[0] == Markdown(
        "# Scale\n\nMultiply by a number.", 2 + 4
    )
    source = parse(notes + '"""Scaling."""\n\n' + SCALE, PATH)
    assert source.cells[0] == Code('"""Scaling."""', 5)
    assert source.cells[0].is_docstring
    assert ast.get_docstring(ast.parse(stub(source))) == "Scaling."


def test_an_empty_cell_is_no_cell():
    assert parse(SCALE + "\n# %%\n\n# %% [markdown]\n#\n", PATH).cells == parse(SCALE, PATH).cells


def test_line_ends_and_a_byte_order_mark_make_no_difference():
    assert parse("\ufeff" + SCALE.replace("\n", "\r\n"), PATH) == parse(SCALE, PATH)


def test_the_stub_is_the_code_with_a_line_that_raises_for_each_region():
    assert stub(parse(SCALE, PATH), header="# Scale\n") == textwrap.dedent('''\
        # Scale

        # %%
        import numpy as np


        # %%
        class Scale:
            """y = a x."""

            def forward(self, x):
                """Return a x."""
                # YOUR CODE HERE
                raise NotImplementedError("Scale.forward is not implemented yet")

            def backward(self, dy):
                if dy is None:
                    # YOUR CODE HERE
                    raise NotImplementedError("Scale.backward is not implemented yet")
                return dy
        ''')


def test_a_long_name_is_wrapped_as_a_formatter_would():
    name = "a_function_with_quite_a_long_name_for_what_it_does"
    text = f"# %% [markdown]\n# Text\n# %%\ndef {name}():\n    {BEGIN}\n    return 1\n    {END}\n"
    assert stub(parse(text, PATH)).endswith(f"""\
    raise NotImplementedError(
        "{name} is not implemented yet"
    )
""")


@pytest.mark.parametrize("top", ["", '"""Scaling."""\n\n', '"""Scaling."""\n\nimport math\n\n'])
def test_a_formatter_has_nothing_to_change_in_a_stub(top: str):
    made = stub(parse(top + SCALE, PATH), header="# Scale\n")
    ruff = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length=100", "-"]
    assert subprocess.run(ruff, input=made, capture_output=True, text=True).stdout == made


def test_the_handout_is_the_markdown_of_all_cells():
    assert handout(parse(SCALE, PATH)) == "# Scale\n\nMultiply by a number.\n\nDone.\n"


@st.composite
def sources(draw: st.DrawFn) -> str:
    """Sources with functions and methods whose solutions hold the word `secret` in every line."""
    names = iter(f"name_{i}" for i in range(100))

    def region(indent: str) -> list[str]:
        kinds = [
            ["secret = 1"],
            ["for secret in ():", "    pass  # secret", "", "# a comment that is secret"],
            ["def secret():", '    """secret', "  secret", '    """', "return secret()"],
            ["try:", "    secret()", "except secret:", "    secret()", "else:  # secret", "    0"],
        ]
        body = draw(st.sampled_from(kinds))
        return [indent + line if line else line for line in (BEGIN, *body, END)]

    def function(indent: str) -> list[str]:
        inner = indent + "    "
        lines = [f"{indent}def {next(names)}(self):"]
        if draw(st.booleans()):
            lines += [f'{inner}"""Says what to do."""']
        if draw(st.booleans()):
            lines += [
                f"{inner}if self:",
                *region(inner + "    "),
                f"{inner}else:",
                *region(inner + "    "),
            ]
        if len(indent) < 8 and draw(st.booleans()):
            lines += [*function(inner), ""]
        return [*lines, *region(inner), *draw(st.sampled_from([[], [f"{inner}return self"]]))]

    lines = ["# %% [markdown]", "# # Title"]
    for _ in range(draw(st.integers(1, 3))):
        lines += ["", "# %%", *draw(st.sampled_from([[], ["", ""]]))]
        kind = draw(st.sampled_from(["function", "class"]))
        if kind == "class":
            lines += [f"class {next(names)}:", *function("    "), "", *function("    ")]
        else:
            lines += function("")
        if draw(st.booleans()):
            lines += ["", "# %% [markdown]", "# More."]
        if draw(st.booleans()):
            lines += ["", "# %%", "import math", "", "# %%"]
    return "\n".join(lines) + "\n"


@given(sources())
def test_the_stub_of_any_source_is_python_without_a_line_of_a_solution(text: str):
    source = parse(text, PATH)
    made = stub(source)
    ast.parse(made)
    assert "secret" not in made
    assert "SOLUTION" not in made
    assert made.count("raise NotImplementedError") == text.count(BEGIN) == len(source.regions)


@given(sources())
def test_everything_outside_of_regions_stays_in_the_stub(text: str):
    source = parse(text, PATH)
    given_lines = re.sub(
        rf"(?s) *{BEGIN}.*?{END}\n", "", "".join(f"{c.text}\n" for c in source.code)
    )
    kept = [line for line in stub(source).split("\n") if line and line != "# %%"]
    kept = [line for line in kept if "YOUR CODE HERE" not in line]
    kept = [line for line in kept if "raise NotImplementedError" not in line]
    assert kept == [line for line in given_lines.split("\n") if line]


@given(sources())
def test_a_stub_parsed_cell_by_cell_is_what_clear_gives(text: str):
    source = parse(text, PATH)
    chunks = stub(source).split("# %%\n")[1:]
    assert [chunk.strip("\n") for chunk in chunks] == [clear(c) for c in source.code]


def test_what_is_not_python_is_reported_with_its_place():
    assert problems("# %%\nx = (1\n") == [
        "2:5 This is not Python: '(' was never closed. Mend the syntax."
    ]
    assert "null bytes" in problems("x = '\0'\n")[0]


def test_every_problem_is_reported_at_once():
    found = problems(f"""\
        # %% [raw]
        # text
        # %% [markdown]
        # text
        #text
        # %%
        def f():
            {END}
            x = 1
            # BEGIN SOLUTION
            return x
        {BEGIN}
        y = 1
        {END}
        def g():
            return 1
            {BEGIN}
        """)
    assert [f.partition(" ")[0] for f in found] == ["1:1", "5:1", "8:5", "10:5", "12:1", "17:5"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "0:0 There is no handout."),
        ("# %% [markdown]\n# Text\n# %%\nx = 1\n", "0:0 A student has nothing to write."),
        ("# %% a title\n", "1:1 `# %% a title` opens no known kind of cell."),
        ("#%%\n", "1:1 `#%%` opens no known kind of cell."),
        ("# %% [markdown]\nx = 1\n", "2:1 A line of a markdown cell is no comment."),
        ("def f():\n# %%\n    return 1\n", "2:1 A cell starts inside the statement of line 1."),
        ("@f\n# %%\ndef g(): ...\n", "2:1 A cell starts inside the statement of line 3."),
    ],
)
def test_cells_that_are_wrong_are_reported(text: str, problem: str):
    assert any(p.startswith(problem) for p in problems(text))


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (f"{END}\nreturn x", "5:5 No region is open here."),
        (f"{BEGIN}\nreturn x", "5:5 This region is not ended in its cell."),
        (f"{BEGIN}\nx\n{BEGIN}\nx\n{END}", "7:5 This region starts inside that of line 5."),
        (f"{BEGIN}\n# nothing\n{END}\nreturn x", "5:5 This region holds no statement."),
        (f"x = [\n{BEGIN}\n1,\n{END}\n]", "6:5 This region holds no statement."),
        (f"{BEGIN}\nx = [\n{END}\n]", "5:5 This region is not made of whole statements"),
        (f"if x:\n    {BEGIN}\n    x\nelse:\n    x\n    {END}", "6:9 This region is not made of"),
        (f"if x:\n    x\n    {BEGIN}\nelse:\n    x\n    {END}", "7:9 This region is not made of"),
        (f"if x:\n    {BEGIN}\n    x\nelse: x\n    {END}", "6:9 This region is not made of"),
        (f"if x:\n    {BEGIN}\n    x\nx\n{END}", "6:9 This region is not made of whole"),
        (f"@x\n{BEGIN}\ndef g(): ...\n{END}", "6:5 This region is not made of whole statements"),
        (
            f"class A:\n    {BEGIN}\n    y = 1\n    {END}",
            "6:9 This region is outside of any function.",
        ),
        (f"if x:\n    {BEGIN}\n    x\n{END}", "6:9 The markers are not indented like"),
        (f"if x:\n{BEGIN}\n    x\n    {END}", "6:5 The markers are not indented like"),
        (f"if x:\n{BEGIN}\n    x\n{END}", "6:5 The markers are not indented like"),
        ("# BEGIN SOLUTION\nreturn x", "5:5 A marker is misspelt here."),
        ("### begin solution\nreturn x", "5:5 A marker is misspelt here."),
        (f"x = 1  {BEGIN}\nreturn x", "5:5 A marker is misspelt here."),
        (f"{BEGIN} of f\nreturn x", "5:5 A marker is misspelt here."),
    ],
)
def test_regions_that_would_break_or_leak_are_reported(body: str, problem: str):
    found = problems(in_function(body))
    assert found[0].startswith(problem)
    assert re.search(r"\. .+\.$", found[0]), "what is wrong, then what to do"


def test_a_region_may_not_reach_from_one_cell_into_the_next():
    text = SCALE.replace(
        "\n        y = self.a * x\n", "\n        return 0\n\n\n# %%\nif 1:\n    if 1:\n"
    )
    assert [p.partition(".")[0] for p in problems(text)] == [
        "16:9 This region is not ended in its cell",
        "24:9 No region is open here",
    ]


def test_edits_are_made_all_at_once():
    text = "a = 1\nb = 2\n"
    assert apply_edits(text, [("a = 1", "b = 2"), ("b = 2", "a = 1")]) == "b = 2\na = 1\n"
    assert apply_edits(text, []) == text


@given(st.permutations(range(6)), st.integers(0, 6))
def test_the_order_of_edits_makes_no_difference(order: list[int], count: int):
    text = "".join(f"x{i} = {i}\n" for i in range(6))
    edits = [(f"x{i} = {i}\n", f"y{i} = {i}\nz = 0\n") for i in order[:count]]
    edited = apply_edits(text, edits)
    assert edited == apply_edits(text, reversed(edits))
    expected = {f"{'y' if i in order[:count] else 'x'}{i} = {i}" for i in range(6)}
    assert {line for line in edited.split("\n") if line not in ("", "z = 0")} == expected


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        (
            [("y = self.b * x", "y = x")],
            "`y = self.b * x` stands nowhere in the source as quoted. "
            "Nearest is line 17: `y = self.a * x`. "
            "Quote it to the letter, with its line breaks and indentation.",
        ),
        ([("while True", "if True")], "`while True` stands nowhere in the source as quoted. Quote"),
        ([("", "x")], "`` stands nowhere in the source as quoted. "),
        (
            [("dy", "dx")],
            "`dy` stands 4 times in the source, in lines 21, 22, 24, 26. "
            "Quote more around the one you mean.",
        ),
        (
            [("y = self.a", "y = a"), ("self.a * x", "x")],
            "Two edits overlap in line 17. Make one edit of them.",
        ),
        (
            [("return y", "return (y")],
            "The edited source is not Python: '(' was never closed in line 18 of it. "
            "Mend what the edit puts in.",
        ),
    ],
)
def test_an_edit_that_does_not_fit_says_why(edits: list[tuple[str, str]], message: str):
    with pytest.raises(SourceError) as error:
        apply_edits(SCALE, edits)
    assert str(error.value).startswith(message)


def test_places_that_overlap_count_as_two():
    with pytest.raises(SourceError, match="stands 2 times"):
        apply_edits("x = 'aaa'\n", [("aa", "b")])
