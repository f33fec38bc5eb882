"""Python text with exact places: where a node stands, how it reads, and edits of it."""

from __future__ import annotations

import ast
import bisect
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

_ATOMS = (
    ast.Name | ast.Constant | ast.Attribute | ast.Subscript | ast.Call | ast.List | ast.GeneratorExp
)


@dataclass(frozen=True)
class Edit:
    """Put `text` for what stands from `start` up to `end` (characters, from 0)."""

    start: int
    end: int
    text: str


class Code:
    """A source and its syntax tree. Raises SyntaxError for text that is not Python."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(text)
        self._lines = text.split("\n")
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Where `node` starts and ends, without parentheses around it."""
        assert isinstance(node, ast.expr | ast.stmt | ast.keyword | ast.arg)
        assert node.end_lineno is not None and node.end_col_offset is not None
        return (
            self._offset(node.lineno, node.col_offset),
            self._offset(node.end_lineno, node.end_col_offset),
        )

    def of(self, node: ast.AST) -> str:
        """The text of `node`, without parentheses around it."""
        start, end = self.span(node)
        return self.text[start:end]

    def operand(self, node: ast.AST) -> str:
        """The text of `node` as it can stand anywhere in an expression."""
        text = self.of(node)
        return text if isinstance(node, _ATOMS) else f"({text})"

    def put(self, node: ast.AST, text: str) -> tuple[Edit, ...]:
        """The edit that puts `text` for `node`."""
        return (Edit(*self.span(node), text),)

    def replace(self, node: ast.AST, other: ast.AST) -> tuple[Edit, ...]:
        """The edit that puts the text of `other` for `node`, in parentheses where it needs some."""
        start, end = self.span(node)
        enclosed = self.text[start - 1 : start] + self.text[end : end + 1] == "()"
        return self.put(node, self.of(other) if enclosed else self.operand(other))

    def between(self, left: ast.AST, right: ast.AST, words: str, text: str) -> tuple[Edit, ...]:
        """The edit that puts `text` for the operator `words` between two nodes."""
        first, *rest = words.split()
        place = bisect.bisect_left(self._tokens, (self.span(left)[1], 0, ""))
        while self._tokens[place][2] != first:  # parentheses
            place += 1
        return (Edit(self._tokens[place][0], self._tokens[place + len(rest)][1], text),)

    def after(self, node: ast.AST, symbol: str) -> int:
        """Where the first `symbol` after `node` ends."""
        place = bisect.bisect_left(self._tokens, (self.span(node)[1], 0, ""))
        return next(end for _, end, text in self._tokens[place:] if text == symbol)

    def lines_around(self, edit: Edit) -> tuple[str, str]:
        """The whole lines around an edit as one, without comments: as they are, and edited."""
        first = self._starts[self.line(edit.start) - 1]
        last = self._starts[self.line(edit.end)] - 1
        edited = self._said(first, edit.start) + edit.text + self._said(edit.end, last)
        return " ".join(self._said(first, last).split()), " ".join(edited.split())

    def line(self, offset: int) -> int:
        """The line (from 1) that `offset` is in."""
        return bisect.bisect_right(self._starts, offset)

    def column(self, offset: int) -> int:
        """The column (from 1) of `offset`."""
        return offset - self._starts[self.line(offset) - 1] + 1

    def own_text(self, statement: ast.stmt) -> str:
        """A statement's text without the block below it: of a loop, the line that says `for`."""
        start, end = self.span(statement)
        below = getattr(statement, "body", None)
        if below:
            end = self.span(below[0])[0]
        return self.text[start:end].rstrip()

    def _offset(self, line: int, column: int) -> int:
        """Of a place as `ast` has it: lines from 1, columns in UTF-8 bytes."""
        text = self._lines[line - 1]
        if not text.isascii():
            column = len(text.encode()[:column].decode())
        return self._starts[line - 1] + column

    def _said(self, start: int, end: int) -> str:
        """The text from `start` to `end` without comments."""
        for begin, stop, _ in reversed(self._comments):
            if start <= begin < end:
                return self._said(start, begin) + self._said(stop, end)
        return self.text[start:end]

    @cached_property
    def _tokens(self) -> list[tuple[int, int, str]]:
        """(start, end, text) of each operator and name."""
        return list(self._of_type(tokenize.OP, tokenize.NAME))

    @cached_property
    def _comments(self) -> list[tuple[int, int, str]]:
        return list(self._of_type(tokenize.COMMENT))

    def _of_type(self, *types: int) -> Iterator[tuple[int, int, str]]:
        for t in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if t.type in types:
                start, end = (self._starts[row - 1] + column for row, column in (t.start, t.end))
                yield start, end, t.string


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """`node` and all below it, but nothing in f"", whose places Python before 3.12 does not know.

    In the order of the text.
    """
    yield node
    if not isinstance(node, ast.JoinedStr):
        for child in ast.iter_child_nodes(node):
            yield from walk(child)


def is_text(node: ast.AST) -> bool:
    """Whether `node` is a statement that is a string and nothing else."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
