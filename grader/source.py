"""The one source of an exercise: percent-format cells as data, and what is made out of them.

A source (solutions/<slug>/<slug>.py) is importable Python in jupytext's percent format
(https://jupytext.readthedocs.io/en/latest/formats-scripts.html): `# %% [markdown]` opens a cell of
the handout, every line of it a comment, and `# %%` opens a cell of code. In code, what a student
has to write stands between the lines `### BEGIN SOLUTION` and `### END SOLUTION`, nbgrader's
delimiters. No other kind of cell is known, so this page is all there is to parsing it.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from grader.errors import ConfigError, GraderError, Problem

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"
PLACEHOLDER = "# YOUR CODE HERE"
MARKDOWN_CELL = "# %% [markdown]"
CODE_CELL = "# %%"

_LINE_LENGTH = 100
_LOOKS_LIKE_CELL = re.compile(r"#\s*%%")
_LOOKS_LIKE_MARKER = re.compile(r"#\s*(BEGIN|END)[\s_-]+SOLUTION", re.IGNORECASE)

_Complain = Callable[[int, str], None]


class SourceError(GraderError):
    """An edit that does not fit the source."""


@dataclass(frozen=True)
class Markdown:
    """A cell of the handout: its markdown, and the line (from 1) that it starts on."""

    text: str
    line: int


@dataclass(frozen=True)
class Region:
    """What a student has to write in one place. The markers are lines `begin` and `end` (from 1).

    `name` is the qualified name of the function around it, such as `RNNUnit.forward`; `indent` is
    the white space before its statements.
    """

    name: str
    indent: str
    begin: int
    end: int


@dataclass(frozen=True)
class Code:
    """A cell of code: its text with markers and solutions, its first line, its regions."""

    text: str
    line: int
    regions: tuple[Region, ...] = ()

    @property
    def is_docstring(self) -> bool:
        """Whether the cell is a string and nothing else."""
        body = ast.parse(self.text).body
        return len(body) == 1 and ast.get_docstring(ast.Module(body, [])) is not None


@dataclass(frozen=True)
class Source:
    """A parsed source: the whole text, and its cells without the empty ones."""

    path: Path
    text: str
    cells: tuple[Markdown | Code, ...]

    @property
    def code(self) -> tuple[Code, ...]:
        return tuple(c for c in self.cells if isinstance(c, Code))

    @property
    def regions(self) -> tuple[Region, ...]:
        return tuple(r for c in self.code for r in c.regions)


def parse(text: str, path: Path) -> Source:
    """The source in `text`; `path` is the name of it in problems.

    Comments above the first cell are the author's notes and go nowhere; code there is a cell.
    Raises ConfigError with every problem: not Python, an unknown cell, markdown that is no comment,
    a cell that starts inside a statement, markers that are misspelt, unbalanced or nested, a region
    that is not whole statements of one function at the markers' indentation, no region at all.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    problems: list[Problem] = []

    def complain(line: int, message: str) -> None:
        column = len(_indent(lines[line - 1])) + 1 if line else 0
        problems.append(Problem(path, line, column, message))

    tree = _tree(text, path)
    cells = tuple(_cells(lines, tree, complain))
    if not any(isinstance(c, Markdown) for c in cells):
        complain(0, f"There is no handout. Open a cell of it with `{MARKDOWN_CELL}`.")
    if not problems and not any(isinstance(c, Code) and c.regions for c in cells):
        complain(0, f"A student has nothing to write. Put a function's body in `{BEGIN}`, `{END}`.")
    if problems:
        raise ConfigError(problems)
    return Source(path, text, cells)


def clear(cell: Code) -> str:
    """The text of a cell with each solution region replaced by a line that raises."""
    lines = cell.text.split("\n")
    for region in reversed(cell.regions):
        lines[region.begin - cell.line : region.end - cell.line + 1] = _placeholder(region)
    return "\n".join(lines)


def stub(source: Source, *, header: str = "") -> str:
    """The module a student starts from: `header`, then the cells of code without solutions.

    It is Python in the percent format again, spaced as `ruff format` would, so that it is what the
    student's own tools would make of it. The handout is in README.md and not repeated here.
    """
    text = f"{header.rstrip()}\n\n" if header else ""
    gap = ""
    for cell in source.code:
        text += f"{gap}{CODE_CELL}\n{clear(cell)}\n"
        gap = "\n" if cell.is_docstring else "\n\n"
    return text


def handout(source: Source) -> str:
    """The cells of markdown as one page."""
    return "\n\n".join(c.text for c in source.cells if isinstance(c, Markdown)) + "\n"


def apply_edits(text: str, edits: Iterable[tuple[str, str]]) -> str:
    """`text` with each (replace, with) of `edits` made, all at once.

    Each `replace` must stand exactly once in `text` as given, so that an edit means the same
    whatever the others do. Raises SourceError if one does not, if two overlap, or if the outcome
    is not Python.
    """
    places = sorted((_only_place(text, old), old, new) for old, new in edits)
    for (start, old, _), (following, _, _) in pairwise(places):
        if following < start + len(old):
            line = text.count("\n", 0, following) + 1
            raise SourceError(f"Two edits overlap in line {line}. Make one edit of them.")
    for start, old, new in reversed(places):
        text = text[:start] + new + text[start + len(old) :]
    try:
        ast.parse(text)
    except SyntaxError as e:
        message = f"The edited source is not Python: {e.msg} in line {e.lineno} of it."
        raise SourceError(f"{message} Mend what the edit puts in.") from None
    return text


def _only_place(text: str, old: str) -> int:
    """Where `old` starts in `text`. Overlapping places count: `aa` stands twice in `aaa`."""
    starts = [m.start() for m in re.finditer(f"(?={re.escape(old)})", text)] if old else []
    if len(starts) == 1:
        return starts[0]
    first = next((line for line in old.split("\n") if line.strip()), "")
    if starts:
        lines = ", ".join(str(text.count("\n", 0, s) + 1) for s in starts)
        message = f"`{first.strip()}` stands {len(starts)} times in the source, in lines {lines}."
        raise SourceError(f"{message} Quote more around the one you mean.")
    message = f"`{first.strip()}` stands nowhere in the source as quoted."
    lines_of_text = text.split("\n")
    if close := difflib.get_close_matches(first, lines_of_text, n=1):
        line = lines_of_text.index(close[0]) + 1
        message += f" Nearest is line {line}: `{close[0].strip()}`."
    raise SourceError(f"{message} Quote it to the letter, with its line breaks and indentation.")


def _tree(text: str, path: Path) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as e:
        message = f"This is not Python: {e.msg}. Mend the syntax."
        problem = Problem(path, e.lineno or 0, e.offset or 0, message)
    except ValueError as e:  # a NUL byte, before Python 3.12
        problem = Problem(path, 0, 0, f"This is not Python: {e}. Save the file as plain text.")
    raise ConfigError([problem])


def _cells(lines: list[str], tree: ast.Module, complain: _Complain) -> Iterator[Markdown | Code]:
    starts = [i for i, line in enumerate(lines) if _LOOKS_LIKE_CELL.match(line)]
    top = starts[0] if starts else len(lines)
    if tree.body and (first := _first_line(tree.body[0])) <= top:
        yield _code(lines[first - 1 : top], first, tree, complain)
    for start, stop in pairwise([*starts, len(lines)]):
        marker, line = lines[start].rstrip(), start + 1  # the marker's own line; the cell is below
        for statement in tree.body:
            if _first_line(statement) < line <= (statement.end_lineno or 0):
                complain(
                    line,
                    f"A cell starts inside the statement of line {statement.lineno}. "
                    "Move its marker between two statements of the module.",
                )
        if marker == MARKDOWN_CELL:
            cell: Markdown | Code = _markdown(lines[line:stop], line + 1, complain)
        elif marker == CODE_CELL:
            cell = _code(lines[line:stop], line + 1, tree, complain)
        else:
            known = f"`{CODE_CELL}` or `{MARKDOWN_CELL}`"
            complain(line, f"`{marker}` opens no known kind of cell. Write {known}.")
            continue
        if cell.text:
            yield cell


def _markdown(body: list[str], line: int, complain: _Complain) -> Markdown:
    for i, raw in enumerate(body, line):
        if raw.strip() not in ("", "#") and not raw.startswith("# "):
            complain(i, 'A line of a markdown cell is no comment. Start it with "# ".')
    text, line = _trimmed([raw[2:] for raw in body], line)
    return Markdown(text, line)


def _code(body: list[str], line: int, tree: ast.Module, complain: _Complain) -> Code:
    regions = tuple(_regions(body, line, tree, complain))
    text, line = _trimmed(body, line)
    return Code(text, line, regions)


def _trimmed(body: list[str], line: int) -> tuple[str, int]:
    """Without the blank lines around it; `line` is the first line's, before and after."""
    kept = [i for i, raw in enumerate(body) if raw.strip()]
    if not kept:
        return "", line
    return "\n".join(body[kept[0] : kept[-1] + 1]), line + kept[0]


def _regions(body: list[str], line: int, tree: ast.Module, complain: _Complain) -> Iterator[Region]:
    begin = 0
    for i, raw in enumerate(body, line):
        marker = raw.strip()
        if marker == BEGIN:
            if begin:
                complain(i, f"This region starts inside that of line {begin}. End that one first.")
            begin = i
        elif marker == END:
            if not begin:
                complain(i, f"No region is open here. Put `{BEGIN}` above, or drop this line.")
            elif isinstance(region := _region(body, line, begin, i, tree), Region):
                yield region
            else:
                complain(begin, region)
            begin = 0
        elif _LOOKS_LIKE_MARKER.search(raw):
            complain(i, f"A marker is misspelt here. Write `{BEGIN}` or `{END}` alone in its line.")
    if begin:
        complain(begin, f"This region is not ended in its cell. Put `{END}` after it.")


def _region(body: list[str], line: int, begin: int, end: int, tree: ast.Module) -> Region | str:
    """The region between two markers, or what is wrong with it."""
    inside = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and begin < node.lineno and _first_line(node) < end
    ]
    if not inside:
        return "This region holds no statement. Put the markers around whole statements."
    name, block = next((n, b) for n, b in _blocks(tree) if inside[0] in b)
    run = [statement for statement in block if statement in inside]
    first, last = _first_line(run[0]), run[-1].end_lineno or 0
    around = [body[i - line].strip() for i in (*range(begin + 1, first), *range(last + 1, end))]
    torn = any(text and not text.startswith("#") for text in around)  # an `else:`, for example
    if torn or not begin < first <= last < end:
        what = "This region is not made of whole statements of one block."
        return f"{what} Put both markers at the level of the statements between them."
    if not name:
        return "This region is outside of any function. Move it into one that the stub can define."
    indents = {_indent(body[i - line]) for i in (begin, first, end)}
    if len(indents) > 1:
        return "The markers are not indented like the code between them. Line up the three."
    return Region(name, indents.pop(), begin, end)


def _blocks(
    node: ast.AST, scope: tuple[str, ...] = (), name: str = ""
) -> Iterator[tuple[str, list[ast.stmt]]]:
    """Every list of statements, with the qualified name of the function it is in ("" if none)."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        scope = (*scope, node.name)
        name = "" if isinstance(node, ast.ClassDef) else ".".join(scope)
    for _, value in ast.iter_fields(node):
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
            yield name, value
    for child in ast.iter_child_nodes(node):
        yield from _blocks(child, scope, name)


def _first_line(statement: ast.stmt) -> int:
    """Where a statement starts, with its decorators."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(d.lineno for d in decorators)])


def _placeholder(region: Region) -> list[str]:
    message = f'"{region.name} is not implemented yet"'
    line = f"{region.indent}raise NotImplementedError({message})"
    if len(line) <= _LINE_LENGTH:
        return [region.indent + PLACEHOLDER, line]
    opening, closing = f"{region.indent}raise NotImplementedError(", f"{region.indent})"
    return [region.indent + PLACEHOLDER, opening, f"{region.indent}    {message}", closing]


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
