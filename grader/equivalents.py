"""solutions/<slug>/equivalent.yaml: the mutants that nobody could tell from the solution, and why.

schema: 1
mutants:
  - mutant: RNN.forward/sibling/1f0c9a3e
    was: "h = h_first"
    now: "h = h_last"
    reason: Both name the same array here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from grader import schema, validation
from grader.errors import ConfigError, Problem
from grader.model import Course
from grader.yamlio import Document, read_yaml

_MUTANT = r"^[^\s/]+/[a-z-]+/[0-9a-f]{8}$"


class EquivalentFile(schema.Strict):
    mutant: str = Field(pattern=_MUTANT)
    was: schema.Line
    now: schema.Line
    reason: schema.Text


class EquivalentsFile(schema.Strict):
    version: schema.Schema = Field(alias="schema")
    mutants: Annotated[list[EquivalentFile], Field(min_length=1)]


@dataclass(frozen=True)
class Equivalent:
    """An entry of the list. `place` is where it stands, as a problem without message."""

    mutant: str
    was: str
    now: str
    reason: str
    place: Problem

    def problem(self, message: str) -> Problem:
        return Problem(self.place.file, self.place.line, self.place.column, message)


def load(course: Course, slug: str) -> tuple[Equivalent, ...]:
    """The list of exercise `slug`; empty without a file. Raises ConfigError with all problems."""
    path = course.root / "solutions" / slug / "equivalent.yaml"
    if not path.exists():
        return ()
    document = read_yaml(path, root=course.root)
    file = validation.validate(document, EquivalentsFile)
    problems = list(validation.repeated(document, "mutants", "mutant"))
    if problems:
        raise ConfigError(problems)
    return tuple(_entries(document, file))


def _entries(document: Document, file: EquivalentsFile) -> Iterator[Equivalent]:
    for i, m in enumerate(file.mutants):
        line, column = document.place(["mutants", i, "mutant"])
        place = Problem(document.path, line, column, "")
        yield Equivalent(m.mutant, m.was, m.now, m.reason, place)
