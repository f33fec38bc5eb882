"""A run of `grader grade`: its process, and how far it has come, as the store keeps it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime


@dataclass(frozen=True)
class Running:
    """The process of a run: where it is, and in which folder.

    `started` is a word that no later process of the same number has.
    """

    host: str
    pid: int
    started: str
    folder: str


@dataclass(frozen=True)
class Progress:
    """How far a run has come. Counts are of attempts; `worked` of those that had to be judged.

    `busy` are those handed to workers, by student and assignment; `errors` the first lines on
    what could not be judged. `at` is when that was (ISO 8601), `ended` how it ended, "" before.
    """

    total: int
    done: int = 0
    worked: int = 0
    busy: tuple[tuple[str, str], ...] = ()
    failed: int = 0
    errors: tuple[str, ...] = ()
    at: str = ""
    ended: str = ""


@dataclass(frozen=True)
class Run:
    """One run of `grader grade` into these results."""

    number: int
    command: str
    process: Running
    since: datetime
    progress: Progress


def dumped(told: Running | Progress) -> str:
    """For the store."""
    return json.dumps(asdict(told))


def loaded(number: int, command: str, process: str, since: str, progress: str) -> Run:
    """A run out of the store. Raises KeyError, TypeError or ValueError for anything else."""
    told = json.loads(progress)
    told["busy"] = tuple((str(student), str(slug)) for student, slug in told["busy"])
    told["errors"] = tuple(str(line) for line in told["errors"])
    where = Running(**json.loads(process))
    return Run(number, command, where, datetime.fromisoformat(since), Progress(**told))
