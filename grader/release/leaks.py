"""What must not reach students, and whether it is in a file: the lines of solutions, known
mistakes, and why a hidden case is there. White space does not count, nor do comments.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from grader.exercise import Exercise
from grader.source import clear, parse

_TELLING_LINE = 8
_TELLING_EDIT = 20
"""How many characters have to agree. Shorter ones are found by chance."""

_PRIVATE = (
    "solutions",
    "accepted",
    "equivalent.yaml",
    "extensions.yaml",
    "hidden.yaml",
    "mistakes.yaml",
    "proof.py",
)


def leaked(files: Mapping[str, bytes], secrets: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each file that should not be there, and for each secret that a file holds."""
    for path, content in files.items():
        if private := next((p for p in _PRIVATE if p in path.split("/")), None):
            yield f"{path} is under {private}, which is not for students."
        text = _squeezed("\n".join(_texts(path, content)))
        for secret, what in secrets.items():
            if secret in text:
                yield f"{path} holds {what}."


def secrets(exercise: Exercise, hidden_whys: Iterable[str] = ()) -> dict[str, str]:
    """What must be in no file of a kit, without its white space, and what it is, in words."""
    slug = exercise.assignment.slug
    source = parse(exercise.source, Path("solutions", slug, exercise.assignment.file_name))
    given = _squeezed("\n".join(clear(cell) for cell in source.code))
    public = {_squeezed(c.hint) for c in exercise.assignment.checks}
    found: dict[str, str] = {}
    for region in source.regions:
        for node in ast.walk(ast.parse(source.text)):
            if isinstance(node, ast.stmt) and region.begin < node.lineno < region.end:
                line = _squeezed(_told(source.text, node))
                if len(line) >= _TELLING_LINE and line not in given:
                    found[line] = f"line {node.lineno} of {source.path}"
    for mistake in exercise.mistakes:
        found[_squeezed(mistake.when)] = f"what mistake {mistake.name} of {slug} is"
        if _squeezed(mistake.hint) not in public:
            found[_squeezed(mistake.hint)] = f"the hint of mistake {mistake.name} of {slug}"
        for _, put in mistake.edits:
            if len(_squeezed(put)) >= _TELLING_EDIT and _squeezed(put) not in given:
                found[_squeezed(put)] = f"the code of mistake {mistake.name} of {slug}"
    found |= {_squeezed(why): f"why a hidden case of {slug} is there" for why in hidden_whys}
    found.pop("", None)
    return found


def _told(text: str, node: ast.stmt) -> str:
    """The code of a statement that gives something away: one that works something out."""
    simple = isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Return | ast.Expr)
    works = any(_works(n) for n in ast.walk(node))
    return (ast.get_source_segment(text, node) or "") if simple and works else ""


def _works(node: ast.AST) -> bool:
    """Arithmetic, or a call that says how, `np.f(x)` or `x.f(axis=0)`; not `stack.pop()`."""
    if isinstance(node, ast.Call):
        return bool(node.keywords) or ast.unparse(node.func).startswith(("np.", "numpy."))
    return isinstance(node, ast.BinOp)


def _texts(path: str, content: bytes) -> Iterator[str]:
    text = content.decode(errors="replace")
    yield text
    if path.endswith((".json", ".ipynb")):
        yield from _strings(json.loads(text))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _strings(item)


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)
