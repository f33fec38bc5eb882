"""Mutants of a source: what is left of its solutions after one small mistake.

A rubric that lets a mutant keep full marks is blind to what the mutation changed. Mutation here is
a pure function of the text. Each mutant is the source with one place of a solution region replaced,
to the letter: nothing is printed anew from a syntax tree, so lines and comments stay.
"""

from __future__ import annotations

import ast
import hashlib
import types
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from grader.mutate import arrays, generic
from grader.mutate.text import Code, Edit, is_text, walk
from grader.source import Region

# What is said of arrays first: of two operators that make the same mutant, the first names it.
OPERATORS = {**arrays.OPERATORS, **generic.OPERATORS}
_UNWATCHED = ("annotation", "returns", "decorator_list")


@dataclass(frozen=True)
class Mutant:
    """A source with `after` for `before` at `line` and `column` (from 1).

    `id` stays the same while the statement and those like it in its function do, whatever else
    changes in the file. `was` and `now` are the lines around the place, before and after.
    """

    id: str
    line: int
    column: int
    operator: str
    before: str
    after: str
    was: str
    now: str
    source: str


def mutants(text: str, regions: Sequence[Region]) -> tuple[Mutant, ...]:
    """Every mutant of the solution regions of `text`, by place and then by operator.

    Docstrings, annotations, what an exception says and `strict=` of a zip are left alone. What
    compiles to the code of the original, or of an earlier mutant, is none. Raises SyntaxError if
    `text` is not Python.
    """
    code = Code(text)
    seen = {_compiled(text)}
    found = []
    for region, statement, operator, edit in _edits(code, regions):
        source = text[: edit.start] + edit.text + text[edit.end :]
        try:
            compiled = _compiled(source)
        except SyntaxError:
            continue
        if compiled not in seen:
            seen.add(compiled)
            found.append(_mutant(code, region, statement, operator, edit, source))
    return tuple(found)


@dataclass(frozen=True)
class _Statement:
    """A statement: where it is, its own text without a block below it, and which of those alike."""

    start: int
    end: int
    text: str
    number: int


def _edits(code: Code, regions: Sequence[Region]) -> Iterator[tuple[Region, _Statement, str, Edit]]:
    """Every edit in a region, with the innermost statement around it, in order."""
    off_limits = set(_off_limits(code))
    around = [(region, statement) for region in regions for statement in _statements(code, region)]
    found = []
    for name, operator in OPERATORS.items():
        for node in walk(code.tree):
            for edits in operator(code, node):
                edit = _joined(code, edits)
                if any(start <= edit.start and edit.end <= end for start, end in off_limits):
                    continue
                at = [(r, s) for r, s in around if s.start <= edit.start and edit.end <= s.end]
                if at:
                    found.append((*at[-1], name, edit))
    # Sorted by place alone: the operators' order decides between those of one place.
    yield from sorted(found, key=lambda f: (f[3].start, f[3].end))


def _statements(code: Code, region: Region) -> Iterator[_Statement]:
    """The statements of a region, outer ones before those in them."""
    alike: Counter[str] = Counter()
    for node in walk(code.tree):
        if isinstance(node, ast.stmt):
            start, end = code.span(node)
            if region.begin < code.line(start) and code.line(end) < region.end:
                text = code.own_text(node)
                alike[text] += 1
                yield _Statement(start, end, text, alike[text])


def _off_limits(code: Code) -> Iterator[tuple[int, int]]:
    """Where a change is nobody's mistake."""
    for node in walk(code.tree):
        if is_text(node) or (isinstance(node, ast.keyword) and node.arg == "strict"):
            yield code.span(node)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield code.span(node.exc.func)[1], code.span(node)[1]
        for name, value in ast.iter_fields(node):
            if name in _UNWATCHED:
                for part in value if isinstance(value, list) else [value]:
                    if isinstance(part, ast.expr):
                        yield code.span(part)


def _joined(code: Code, edits: Sequence[Edit]) -> Edit:
    """One edit that does what `edits` do."""
    edits = sorted(edits, key=lambda e: e.start)
    text, at = "", edits[0].start
    for edit in edits:
        text += code.text[at : edit.start] + edit.text
        at = edit.end
    return Edit(edits[0].start, at, text)


def _mutant(
    code: Code, region: Region, statement: _Statement, operator: str, edit: Edit, source: str
) -> Mutant:
    before = code.text[edit.start : edit.end]
    place = (statement.text, statement.number, edit.start - statement.start, before, edit.text)
    was, now = code.lines_around(edit)
    digest = hashlib.sha256(repr(place).encode()).hexdigest()[:8]
    return Mutant(
        id=f"{region.name}/{operator}/{digest}",
        line=code.line(edit.start),
        column=code.column(edit.start),
        operator=operator,
        before=before,
        after=edit.text,
        was=was,
        now=now,
        source=source,
    )


def _compiled(source: str) -> tuple[Any, ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as that of `is` with a number
        return _essence(compile(source, "", "exec", dont_inherit=True))


def _essence(code: types.CodeType) -> tuple[Any, ...]:
    """What a code object does, without the places it came from."""
    constants = tuple(
        _essence(c) if isinstance(c, types.CodeType) else (type(c), repr(c)) for c in code.co_consts
    )
    return (
        code.co_code,
        constants,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        code.co_flags,
        code.co_exceptiontable,
    )
