"""A notebook as a module: which cells are run, what of them, and in whose name an error is told.

nbgrader's metadata say which cells hold a student's solutions; these are run as they are, and so
are given cells that are locked. Cells with checks are left out. Of any other cell, and of all cells
if the metadata are lost, only imports, definitions and the values that these need are run, and what
fails there is told only if a name is missing for it. As in a kernel, cells run from the top, what
is defined again is replaced, and a cell that fails costs what it would have defined.

A cell is compiled under its own name, "cell 4", so that tracebacks and syntax errors show it.
All of this happens in the submission's own process: a notebook can only spoil itself.
"""

from __future__ import annotations
import __future__

import ast
import dis
import json
import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from grader.sandbox import magics

MOST_CELLS = 5000
_GRADER = "grader"
_FUTURE = __future__.annotations.compiler_flag
"""What `from __future__ import annotations` sets: the only feature that is not there anyway."""


class NotebookError(Exception):
    """This is no notebook that can be run: `code` names the reason, `detail` what and where."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        self.detail = detail
        super().__init__(code, detail)


@dataclass(frozen=True)
class Cell:
    """A cell of code: its place among all cells, from 1, and its text.

    `whole`: all of it is run, since it holds a solution or was given; otherwise what it defines.
    """

    number: int
    text: str
    whole: bool

    @property
    def file(self) -> str:
        """What it is compiled as."""
        return f"cell {self.number}"


@dataclass
class Errors:
    """What was raised in cells: by the names that are missing for it, and first in a whole cell."""

    missing: dict[str, BaseException] = field(default_factory=dict)
    first: BaseException | None = None


class Notebook(types.ModuleType):
    """The module of a notebook's cells. It has no names of its own but such as `__errors__`.

    A name that is missing for an error raises that; if nothing is known of it, the first error
    in a cell that had to be run whole.
    """

    __slots__ = ("__errors__",)

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__errors__ = Errors()
        self.__file__ = f"{name}.ipynb"
        self.__dict__["display"] = lambda *what, **how: None  # a kernel has it without an import

    def __getattr__(self, name: str) -> object:
        error = self.__errors__.missing.get(name, self.__errors__.first)
        if error is not None and not name.startswith("__"):
            raise error
        raise AttributeError(f"no cell defines {name}")


def run(module: Notebook, cells: Sequence[Cell]) -> None:
    """Run `cells` in `module`. An error is told when a name is asked for that is missing for it."""
    errors, names = module.__errors__, module.__dict__
    steps = list(_steps(cells))  # all compiled before any is run
    for step in steps:
        before = {name: names.get(name) for name in step.makes}
        try:
            if isinstance(step.code, BaseException):
                raise step.code
            exec(step.code, names)
        except BaseException as e:
            if step.whole:
                errors.first = errors.first or e
                # What an earlier cell defines is not what was handed in.
                for name in [n for n, value in before.items() if names.get(n) is value]:
                    names.pop(name, None)
            errors.missing |= dict.fromkeys(step.defines - names.keys(), e)


def read(raw: bytes) -> list[Cell]:
    """The cells of code of a notebook in nbformat 4, or the older 3, without those of checks.

    Raises NotebookError if it is none.
    """
    document = _document(raw)
    cells = document.get("cells")
    if cells is None and isinstance(sheets := document.get("worksheets"), list):
        sheets = [s.get("cells") for s in sheets if isinstance(s, dict)]
        cells = [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
    if not isinstance(cells, list):
        raise NotebookError("cells")
    if len(cells) > MOST_CELLS:
        raise NotebookError("many", str(len(cells)))
    found = []
    for number, cell in enumerate(cells, start=1):
        if not isinstance(cell, dict):
            raise NotebookError("cell", str(number))
        if cell.get("cell_type") == "code":
            text = _text(cell.get("source", cell.get("input", "")), number)
            marks = _marks(cell)
            solution, grade = marks.get("solution") is True, marks.get("grade") is True
            given = marks.get("locked") is True and not solution
            if solution or not grade:
                found.append(Cell(number, text, not grade and (solution or given)))
    return found


def _document(raw: bytes) -> dict[str, Any]:
    try:
        # A long number is of no interest here, and slow to read.
        document = json.loads(raw.decode("utf-8-sig"), parse_int=lambda digits: 0)
    except UnicodeDecodeError:
        raise NotebookError("encoding") from None
    except json.JSONDecodeError as e:
        raise NotebookError("json", f"{e.msg}, line {e.lineno}") from None
    except RecursionError:
        raise NotebookError("deep") from None
    if not isinstance(document, dict):
        raise NotebookError("cells")
    return document


def _text(source: object, number: int) -> str:
    """A cell's text, which is a string or a list of its lines."""
    lines: list[object] = source if isinstance(source, list) else [source]
    text = [line for line in lines if isinstance(line, str)]
    if len(text) < len(lines):
        raise NotebookError("source", str(number))
    return "".join(text).removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _marks(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    """nbgrader's metadata of a cell."""
    metadata = cell.get("metadata")
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return marks if isinstance(marks, dict) else {}


# What of a cell is run


@dataclass(frozen=True)
class _Step:
    """What is run at a time, or why it cannot be.

    `defines` are the names that are there afterwards, `makes` those of functions and classes.
    """

    code: types.CodeType | BaseException
    defines: frozenset[str]
    makes: frozenset[str]
    whole: bool


def _steps(cells: Sequence[Cell]) -> Iterator[_Step]:
    """What is run of `cells`, compiled: all of a cell, or one statement at a time."""
    parsed = [(cell, _parsed(cell)) for cell in cells]
    graders = _graders(tree for _, tree in parsed if isinstance(tree, ast.Module))
    flags = 0
    pieces: list[tuple[_Step, ast.stmt | None]] = []
    for cell, tree in parsed:
        if not isinstance(tree, ast.Module):
            names = frozenset(re.findall(_DEFINITION, cell.text, re.MULTILINE))
            pieces.append((_Step(tree, names, names, cell.whole), None))
            continue
        body = [s for s in tree.body if not _is_of_grader(s, graders)]
        for part in [body] if cell.whole else [[s] for s in body if _defines(s)]:
            code = _compiled(ast.Module(part, []), cell.file, flags)
            if isinstance(code, types.CodeType):
                flags |= code.co_flags & _FUTURE  # it holds from here on, as in a kernel
            makes = frozenset(s.name for s in part if isinstance(s, _MAKERS))
            step = _Step(code, frozenset(_bound(part)), makes, cell.whole)
            pieces.append((step, None if cell.whole else part[0]))
    needed = _needed(pieces)
    for step, statement in pieces:
        if statement is None or not _is_value(statement) or step.defines & needed:
            yield step


_MAKERS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_DEFINITION = r"^(?:class|def|async\s+def)\s+(\w+)"


def _parsed(cell: Cell) -> ast.Module | BaseException:
    """The syntax of a cell, or why it has none."""
    error: BaseException | None = None
    # A line that begins with % may well be Python: only what does not parse holds magics.
    for text in (cell.text, None):
        try:
            return ast.parse(magics.python(cell.text) if text is None else text, cell.file)
        except BaseException as e:
            error = e
    assert error is not None
    return error


def _compiled(tree: ast.Module, file: str, flags: int) -> types.CodeType | BaseException:
    try:
        code = compile(tree, file, "exec", flags=flags, dont_inherit=True)
    except BaseException as e:
        return e
    assert isinstance(code, types.CodeType)
    return code


def _defines(statement: ast.stmt) -> bool:
    """Whether a statement of a cell that holds no solution may be needed by one that does."""
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.FunctionDef() | ast.AsyncFunctionDef():
            return True
        case ast.ClassDef():
            return True
        case ast.If(body=body, orelse=other) | ast.Try(body=body, orelse=other):
            below = [*body, *other]
            if isinstance(statement, ast.Try):
                below += [s for h in statement.handlers for s in h.body] + statement.finalbody
            return all(_defines(s) or isinstance(s, ast.Pass | ast.Raise) for s in below)
    return _is_value(statement)


def _is_value(statement: ast.stmt) -> bool:
    """Whether a statement gives names values; it is run only where they are needed."""
    return isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign)


def _bound(statements: Sequence[ast.stmt]) -> Iterator[str]:
    """The names that statements give a meaning to, outside of functions and classes."""
    todo: list[ast.AST] = list(statements)
    while todo:
        node = todo.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
                continue
            case ast.Lambda():
                continue
            case ast.Name(ctx=ast.Store()):
                yield node.id
            case ast.alias():
                yield node.asname or node.name.partition(".")[0]
        todo += ast.iter_child_nodes(node)


def _needed(pieces: Sequence[tuple[_Step, ast.stmt | None]]) -> set[str]:
    """The global names that the code which is run looks up."""
    values = [step for step, statement in pieces if statement and _is_value(statement)]
    if not values:
        return set()
    needed: set[str] = set()
    for step, statement in pieces:
        if statement is None or not _is_value(statement):
            needed |= _looked_up(step.code)
    waiting, size = values, -1
    while len(needed) != size:  # what a value needs is needed too
        size = len(needed)
        for step in [s for s in waiting if s.defines & needed]:
            waiting.remove(step)
            needed |= _looked_up(step.code)
    return needed


def _looked_up(code: object) -> set[str]:
    if not isinstance(code, types.CodeType):
        return set()
    names = {
        i.argval
        for i in dis.get_instructions(code)
        if i.opname == "LOAD_NAME" or ("GLOBAL" in i.opname and i.opname.startswith("LOAD"))
    }
    return names.union(*(_looked_up(c) for c in code.co_consts))


def _graders(trees: Iterator[ast.Module]) -> set[str]:
    """The names under which the notebook knows the grader and its `check`."""
    return {
        alias.asname or alias.name.partition(".")[0]
        for tree in trees
        for s in tree.body
        if isinstance(s, ast.Import | ast.ImportFrom) and _is_of_grader(s, set())
        for alias in s.names
        if isinstance(s, ast.ImportFrom) or alias.name.partition(".")[0] == _GRADER
    }


def _is_of_grader(statement: ast.stmt, names: set[str]) -> bool:
    """Whether a statement imports the grader or runs one of its checks, known under `names`."""
    match statement:
        case ast.Import(names=[ast.alias(name=module)]) | ast.ImportFrom(module=str(module)):
            return module.partition(".")[0] == _GRADER
        case ast.Expr(value=ast.Call(func=called)) | ast.Assign(value=ast.Call(func=called)):
            while isinstance(called, ast.Attribute):
                called = called.value
            return isinstance(called, ast.Name) and called.id in names
    return False
