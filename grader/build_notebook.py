"""A source as a student's notebook, with nbgrader's cell metadata (version 3 of its schema).

Written as plain data rather than through jupytext or nbformat: the former draws random cell ids,
the latter writes the format of its version, and generated files have to be the same bytes
everywhere. They are the bytes Jupyter writes for this notebook, so that saving it changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from grader.model import Check
from grader.pictures import Picture
from grader.source import Markdown, Source, clear

_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
_TEST = """\
from grader.notebook import check

check("{id}")
"""
_ANSWER = "YOUR ANSWER HERE"  # what nbgrader itself puts there


class _Part(NamedTuple):
    """What becomes one cell. `name` is what its nbgrader id begins with.

    A cell with `points` is the one whose points nbgrader records; its name is a check's id.
    """

    kind: str
    name: str
    text: str
    solution: bool = False
    points: Fraction | None = None


def notebook(
    source: Source,
    *,
    slug: str,
    checks: Sequence[Check] = (),
    closing: Mapping[str, str],
    pictures: Sequence[Picture] = (),
) -> bytes:
    """The notebook of `source`: its cells, the markdown cells of `closing` (name to text), checks.

    A notebook is moved and shown without the files beside it, so it has the `pictures` in it.

    Cells in which something is to be written are nbgrader's solution cells, named after the class
    or function in them, since nbgrader and the grader find a student's cells again by name. Each
    of the `checks` has a cell of its name and points: one to run, or, if a person judges it, one to
    write the answer into. All others are read-only. A docstring in a cell of its own is a module's,
    not a notebook's.
    """
    cells = []
    ids = {c.id for c in checks}
    used: Counter[str] = Counter(ids)
    parts = [
        *_parts(source, pictures),
        *(part for c in checks if c.kind == "manual" for part in _question(c)),
        *(_Part("markdown", name, text) for name, text in closing.items()),
        *(
            _Part("code", c.id, _TEST.format(id=c.id), points=c.points)
            for c in checks
            if c.kind != "manual"
        ),
    ]
    for part in parts:
        grade_id = part.name
        if part.points is None:
            used[part.name] += 1
            grade_id += f"-{used[part.name]}" if used[part.name] > 1 else ""
        cells.append(_cell(part, grade_id, slug))
    document = {"cells": cells, "metadata": _METADATA, "nbformat": 4, "nbformat_minor": 5}
    text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True)
    return f"{text}\n".encode()


def _parts(source: Source, pictures: Sequence[Picture]) -> Iterator[_Part]:
    for cell in source.cells:
        if isinstance(cell, Markdown):
            text = cell.text
            for picture in pictures:
                text = text.replace(picture.as_link, picture.as_data)
            yield _Part("markdown", "handout", text)
        elif cell.regions:
            name = f"solution-{cell.regions[0].name.partition('.')[0]}"
            yield _Part("code", name, clear(cell), solution=True)
        elif not cell.is_docstring:
            yield _Part("code", "given", cell.text)


def _question(check: Check) -> Iterator[_Part]:
    """What a person judges: what it is about, and nbgrader's manually graded answer."""
    yield _Part("markdown", "question", f"### {check.title}")
    yield _Part("markdown", check.id, _ANSWER, solution=True, points=check.points)


def _cell(part: _Part, grade_id: str, slug: str) -> dict[str, Any]:
    nbgrader: dict[str, Any] = {
        "grade": part.points is not None,
        "grade_id": grade_id,
        "locked": not part.solution,
        "schema_version": 3,
        "solution": part.solution,
        "task": False,
    }
    if part.points is not None:
        whole = part.points.denominator == 1  # as Jupyter writes it: 12, and not 12.0
        nbgrader["points"] = int(part.points) if whole else float(part.points)
    locks = {"deletable": False} if part.solution else {"deletable": False, "editable": False}
    *lines, last = part.text.strip("\n").split("\n")
    cell: dict[str, Any] = {
        "cell_type": part.kind,
        # Derived, so that it stays: Jupyter's own ids are random.
        "id": hashlib.sha256(f"{slug}/{grade_id}".encode()).hexdigest()[:12],
        "metadata": {**locks, "nbgrader": nbgrader},
        "source": [*(f"{line}\n" for line in lines), last],
    }
    if part.kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return cell
