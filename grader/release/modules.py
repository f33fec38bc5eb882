"""Which modules of the grader a student's kit needs: computed, so that none is forgotten.

A module belongs to the kit if the student's command can come to import it, and if it can be
imported with what a student installs. So what only instructors use stays out by itself: it needs
pydantic or jinja2, or something that does.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

START = ("grader", "grader.cli", "grader.cli.student", "grader.notebook", "grader.pytest_plugin")
"""Where a student's run begins: the command, whose own commands `grader.cli` finds by name, a cell
of a notebook, pytest."""

INSTALLED = frozenset({"click", "numpy", "rich", "yaml"})
"""What a student installs, by the names that are imported."""

HOSTS = frozenset({"pytest"})
"""What loads a part of the grader by itself, so that it is there wherever that part is."""


@dataclass(frozen=True)
class Module:
    """A module in a file. `first` is imported with it, `later` in functions or by its name."""

    name: str
    path: Path
    first: frozenset[str]
    later: frozenset[str]


def needed(package: Path) -> tuple[Module, ...]:
    """The modules of `package` (the folder of `grader`) that belong to a kit, by name."""
    modules = _modules(package)
    fit = _importable(modules)
    found: set[str] = set()
    ahead = [name for name in START if name in modules]
    while ahead:
        name = ahead.pop()
        if name in found or name not in fit:
            continue
        found.add(name)
        ahead += _within(modules, modules[name].first | modules[name].later)
    return tuple(modules[name] for name in sorted(found))


def _modules(package: Path) -> dict[str, Module]:
    """Every module below a package's folder."""
    paths = {}
    for path in package.rglob("*.py"):
        if all((folder / "__init__.py").is_file() for folder in _folders(path, package)):
            parts = [package.name, *path.relative_to(package).with_suffix("").parts]
            paths[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return {name: _module(name, path, paths) for name, path in paths.items()}


def _folders(path: Path, package: Path) -> Iterator[Path]:
    yield package
    yield from (p for p in path.parents if p.is_relative_to(package))


def _module(name: str, path: Path, known: Iterable[str]) -> Module:
    tree = ast.parse(path.read_bytes())
    first = {target for node in _statements(tree, False) for target in _targets(node)}
    later = {target for node in _statements(tree, True) for target in _targets(node)}
    # The launcher starts other processes with modules that it only names.
    words = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)}
    later |= {word for word in words if isinstance(word, str)} & set(known)
    return Module(name, path, frozenset(first), frozenset(later - first))


def _statements(node: ast.AST, functions: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports below a node, with or without those in functions, but for type checkers' own."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            for other in child.orelse:
                yield from _statements(other, functions)
        elif isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif functions or not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _statements(child, functions)


def _targets(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _within(modules: dict[str, Module], targets: Iterable[str]) -> Iterator[str]:
    """Those modules that importing `targets` loads, packages around them included."""
    for target in targets:
        parts = target.split(".")
        for stop in range(1, len(parts) + 1):
            name = ".".join(parts[:stop])
            if name in modules:
                yield name


def _importable(modules: dict[str, Module]) -> set[str]:
    """The modules that can be imported with what a student installs."""
    fit = {
        name
        for name, module in modules.items()
        if all(_installed(target, modules) for target in module.first)
    }
    while unfit := {n for n in fit if not fit.issuperset(_within(modules, modules[n].first))}:
        fit -= unfit
    return fit


def _installed(target: str, modules: dict[str, Module]) -> bool:
    top = target.partition(".")[0]
    return any(name == top or name.startswith(f"{top}.") for name in modules) or (
        top in sys.stdlib_module_names or top in INSTALLED or top in HOSTS
    )
