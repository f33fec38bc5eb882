"""The text of what was handed in. A notebook's is taken out of it by a process that knows nothing.

That process is one as for grading, sandboxed and ended after a while. It is given the notebook as
numbers, and what it runs is the probe below, which copies the text of cells: nothing of a student's
is run, and nothing of a student's is parsed here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np

from grader.errors import GraderError
from grader.launcher import Isolation
from grader.model import Limits
from grader.submission import is_notebook
from grader.worker import Ask, Worker

MOST_TEXT = 256 << 10
"""Bytes of one text; the probe says the same, so that an answer travels in one piece."""

PROBE = b"""
import json
import numpy as np

def text(module, a):
    raw = a["notebook"].astype(np.uint8).tobytes()
    document = json.loads(raw.decode("utf-8-sig"), parse_int=lambda digits: 0)
    cells = document.get("cells") or [c for s in document["worksheets"] for c in s["cells"]]
    told = []
    for number, cell in enumerate(cells, start=1):
        if cell["cell_type"] == "code":
            source = "".join(cell.get("source") or cell.get("input") or "")
            told.append(f"# cell {number}\\n{source.rstrip()}\\n")
    told = "\\n".join(told).encode("utf-8", "replace")[:262144]
    return {"text": np.frombuffer(told, np.uint8).astype(np.int64)}
"""


@dataclass(frozen=True)
class HandedIn:
    """One attempt of a student, as bytes."""

    student: str
    assignment: str
    file: str
    source: bytes


class NotToldError(Exception):
    """A notebook whose text is not to be had; the reason is for a person to read."""


class Reader:
    """Texts of submissions. A process for notebooks is started when the first one comes."""

    def __init__(self, limits: Limits, isolation: Callable[[], Isolation]) -> None:
        self._limits = limits
        self._isolation = isolation
        self._worker: Worker | None = None
        self._why_not = ""

    def text(self, source: bytes) -> str:
        """What is compared and shown. Raises NotToldError if a notebook's cannot be had."""
        if is_notebook(source):
            source = self._cells(source)
        text = source[:MOST_TEXT].decode("utf-8-sig", "replace")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def _cells(self, source: bytes) -> bytes:
        worker = self._started()
        numbers = np.frombuffer(source, np.uint8).astype(np.int64)
        try:
            with worker.open(PROBE, "notebook", b"") as session:
                session.give({"notebook": {"notebook": numbers}})
                (answer,) = session.ask([Ask("notebook", "text")])
        except GraderError as e:
            raise NotToldError(str(e)) from None
        told = answer.arrays.get("text")
        if told is None:
            raise NotToldError("it cannot be read as one")
        return told.astype(np.uint8).tobytes()

    def _started(self) -> Worker:
        if self._why_not:
            raise NotToldError(self._why_not)
        if self._worker is None:
            try:
                self._worker = Worker(self._limits, self._isolation())
            except GraderError as e:
                self._why_not = str(e)
                raise NotToldError(self._why_not) from None
        return self._worker

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self._worker is not None:
            self._worker.close()
