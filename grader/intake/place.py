"""Where one submission is, or should be, and what was found in all."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from grader.intake.names import text
from grader.intake.tree import Folder
from grader.model import Assignment, SubmissionProblem

MANIFEST = "submissions.csv"


@dataclass(frozen=True)
class Place:
    """One submission: `file` in `folder`, which the student called `named` if that is another name.

    `name` is that of the attempt, "" if it has none of its own. `top` is the folder of the whole
    class, `above` those around it, nearest first, in which a manifest may be as well. A `loose`
    file shares its folder with those of others, or has nothing beside it that can be believed.
    `beside` are the names of other files in `folder` that could be meant just as well. `submitted`
    is when it came as `time_from` says. An `undated` file's own date says nothing, since a
    system that says no times made it. `late` is what such a system says, and `apart` its number
    of a student who is known by a name alone.
    """

    student: str
    assignment: Assignment
    folder: Folder
    file: str
    top: Folder
    name: str = ""
    loose: bool = False
    problem: SubmissionProblem | None = None
    beside: tuple[str, ...] = ()
    above: tuple[Folder, ...] = ()
    named: str = ""
    submitted: datetime | None = None
    time_from: str = ""
    undated: bool = False
    late: bool = False
    apart: str = ""

    @property
    def path(self) -> Path:
        return self.folder.path / self.file

    @property
    def shown(self) -> str:
        """The file's name as the student knows it."""
        return text(self.named or self.file)


@dataclass
class Found:
    """The places of submissions, in order of names, and lines: for each thing that is none, for
    each file that was taken for an exercise though its name is another, and on the layout."""

    places: list[Place] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    recognised: list[str] = field(default_factory=list)

    def add(self, other: Found) -> None:
        self.places += other.places
        self.strays += other.strays
        self.taken += other.taken
        self.recognised += other.recognised
