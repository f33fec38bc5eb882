"""A notebook that was handed in, made into one that nbgrader's own steps cannot stumble over.

Whatever the file holds, what comes out has text, the metadata that the gradebook knows, and every
graded cell once. nbgrader itself gives up on cells that were renamed, on solution and test cells
deleted together, and on metadata that is not of its schema, and takes the whole submission's marks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode, from_dict, reads, v4
from nbgrader.nbgraderformat import SCHEMA_VERSION

LANGUAGE = {"name": "python", "pygments_lexer": "ipython3"}


@dataclass(frozen=True)
class Known:
    """A cell as the gradebook has it. `points` is None if nobody grades it."""

    name: str
    kind: str
    source: str
    locked: bool = False
    solution: bool = False
    task: bool = False
    points: float | None = None

    @property
    def graded(self) -> bool:
        """Whether the gradebook holds points for it, so that no submission may be without it."""
        return self.points is not None

    def metadata(self) -> dict[str, Any]:
        """What nbgrader's schema asks for."""
        nbgrader: dict[str, Any] = {
            "cell_type": self.kind,
            "grade": self.graded and not self.task,
            "grade_id": self.name,
            "locked": self.locked,
            "schema_version": SCHEMA_VERSION,
            "solution": self.solution,
            "task": self.task,
        }
        if self.graded:
            nbgrader["points"] = self.points
        return {"nbgrader": nbgrader}


def known_cells(notebook: Any) -> tuple[Known, ...]:
    """The cells of a notebook of the gradebook (nbgrader.api.Notebook), in its order."""
    points = {c.name: float(c.max_score) for c in (*notebook.grade_cells, *notebook.task_cells)}
    solutions = {c.name for c in notebook.solution_cells}
    tasks = {c.name for c in notebook.task_cells}
    return tuple(
        Known(
            name=c.name,
            kind=c.cell_type,
            source=c.source or "",
            locked=bool(c.locked),
            solution=c.name in solutions,
            task=c.name in tasks,
            points=points.get(c.name),
        )
        for c in notebook.source_cells
    )


def readable(source: bytes) -> NotebookNode | None:
    """The notebook in `source`; None if it is none, or one that no version of Jupyter wrote."""
    try:
        return reads(source.decode("utf-8-sig"), as_version=4)
    except Exception:  # whatever a hostile file makes of the reader: it is no notebook
        return None


def restored(found: Any, known: Sequence[Known]) -> NotebookNode:
    """A notebook with the text of the cells in `found` and nothing else that was handed in.

    Its outputs, ids and metadata are gone. Cells that the gradebook does not know are plain ones;
    graded ones that are missing are put back after the cell they used to follow.
    """
    by_name = {k.name: k for k in known}
    listed = found.get("cells") if isinstance(found, dict) else None
    cells = list(_cells(listed if isinstance(listed, list) else [], by_name))
    _put_back(cells, known)
    for i, cell in enumerate(cells):
        cell["id"] = f"cell-{i}"
    return v4.new_notebook(cells=cells, metadata=from_dict({"language_info": LANGUAGE}))


def missing(found: Any, known: Sequence[Known]) -> tuple[str, ...]:
    """The graded cells that are not in `found`, by name."""
    listed = found.get("cells") if isinstance(found, dict) else None
    there = {_name(raw) for raw in listed} if isinstance(listed, list) else set()
    return tuple(k.name for k in known if k.graded and k.name not in there)


def _cells(listed: list[Any], known: Mapping[str, Known]) -> Iterator[NotebookNode]:
    last = {_name(raw): i for i, raw in enumerate(listed)}  # of copies nbgrader takes the last
    for i, raw in enumerate(listed):
        if not isinstance(raw, dict):
            continue
        name = _name(raw)
        cell = known.get(name) if last[name] == i else None
        kind = cell.kind if cell else raw.get("cell_type")
        made = _new(kind if kind in ("code", "markdown") else "raw", _text(raw.get("source")))
        if cell:
            made["metadata"] = from_dict(cell.metadata())
        if made.cell_type == "markdown" and (pictures := _attachments(raw)):
            made["attachments"] = from_dict(pictures)
        yield made


def _put_back(cells: list[NotebookNode], known: Sequence[Known]) -> None:
    place = {c.metadata.nbgrader.grade_id for c in cells if "nbgrader" in c.metadata}
    before: str | None = None
    for k in known:
        if k.graded and k.name not in place:
            made = _new(k.kind, k.source)
            made["metadata"] = from_dict(k.metadata())
            cells.insert(_after(cells, before), made)
            place.add(k.name)
        if k.name in place:
            before = k.name


def _after(cells: list[NotebookNode], name: str | None) -> int:
    names = [c.metadata.get("nbgrader", {}).get("grade_id") for c in cells]
    return names.index(name) + 1 if name is not None else len(cells)


def _new(kind: str, source: str) -> NotebookNode:
    make = {"code": v4.new_code_cell, "markdown": v4.new_markdown_cell, "raw": v4.new_raw_cell}
    return make[kind](source)


def _name(raw: Any) -> str:
    """The grade_id that a cell claims, or ""."""
    for key in ("metadata", "nbgrader", "grade_id"):
        raw = raw.get(key) if isinstance(raw, dict) else None
    return raw if isinstance(raw, str) else ""


def _text(source: Any) -> str:
    """A cell's source as text that can be written: JSON may hold half of a surrogate pair."""
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    return source.encode("utf-8", "replace").decode() if isinstance(source, str) else ""


def _attachments(raw: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Pictures pasted into an answer: what a person is to grade."""
    found = raw.get("attachments")
    return {
        name: bundle
        for name, bundle in (found.items() if isinstance(found, dict) else ())
        if isinstance(bundle, dict) and all(isinstance(data, str) for data in bundle.values())
    }
