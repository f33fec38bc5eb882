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
from typing import Any, NamedTuple

from grader.pictures import Picture
from grader.source import Markdown, Source, clear

_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class _Part(NamedTuple):
    """What becomes one cell. `name` is what its nbgrader id begins with."""

    kind: str
    name: str
    text: str
    solution: bool = False


def notebook(
    source: Source, *, slug: str, closing: Mapping[str, str], pictures: Sequence[Picture] = ()
) -> bytes:
    """The notebook of `source`, ending with the markdown cells of `closing` (name to text).

    A notebook is moved and shown without the files beside it, so it has the `pictures` in it.

    Cells in which something is to be written are nbgrader's solution cells, named after the class
    or function in them, since nbgrader and the grader find a student's cells again by name. All
    others are read-only. A docstring in a cell of its own is a module's, not a notebook's.
    """
    cells = []
    used: Counter[str] = Counter()
    parts = [
        *_parts(source, pictures),
        *(_Part("markdown", name, text) for name, text in closing.items()),
    ]
    for part in parts:
        used[part.name] += 1
        grade_id = part.name if used[part.name] == 1 else f"{part.name}-{used[part.name]}"
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


def _cell(part: _Part, grade_id: str, slug: str) -> dict[str, Any]:
    nbgrader = {
        "grade": False,
        "grade_id": grade_id,
        "locked": not part.solution,
        "schema_version": 3,
        "solution": part.solution,
        "task": False,
    }
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
