"""The checks of `grader grade` in one process: no isolation, no wire, no results database.

What the difference to `grader grade` costs is the price of not trusting the student's process.

Usage: bare.py COURSE CLASS. Prints {student: fraction of the points} as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, cast

import numpy as np

from classroom import SLUG
from grader.course import load_course
from grader.diagnose import Recogniser
from grader.exercise import Exercise, load
from grader.judge import conclude, examine
from grader.known import recogniser_of
from grader.measurement import Answer
from grader.probe import Probe, copies, module_of
from grader.score import score
from grader.worker import Ask, Session

if TYPE_CHECKING:
    from grader.model import Array

SECRET = b"any secret will do for timing"


class BareSession:
    """Answers as a `Session` does, by calling the student's code right here."""

    printed = ""

    def __init__(self, probe: Probe, module: ModuleType) -> None:
        self._probe = probe
        self._module = module
        self._cases: dict[str, Mapping[str, Array]] = {}

    def give(self, cases: Mapping[str, Mapping[str, Array]]) -> None:
        self._cases.update(cases)

    def put(self, asks: Sequence[Ask]) -> None:
        """Nothing to send: `get` does the work."""

    def ask(self, asks: Sequence[Ask], seconds: float = float("inf")) -> list[Answer]:
        return self.get(asks)

    def get(self, asks: Sequence[Ask], deadline: float = float("inf")) -> list[Answer]:
        return [self._at_points(a) if a.points is not None else self._call(a) for a in asks]

    def _call(self, ask: Ask) -> Answer:
        return self._probe.call(ask.call, self._module, self._cases[ask.case])

    def _at_points(self, ask: Ask) -> Answer:
        outputs = []
        for point in ask.points if ask.points is not None else ():
            given = copies({**self._cases[ask.case], ask.call: point})
            outputs.append(self._probe.module.forward(self._module, given))
        return Answer({y: np.stack([o[y] for o in outputs]) for y in outputs[0]})


def mark(exercise: Exercise, recogniser: Recogniser, path: Path) -> float:
    """The fraction of the points that one submission gets."""
    student = path.parts[-3]
    bench = exercise.hidden_bench(SECRET, student)
    session = BareSession(exercise.probe, module_of(path.read_bytes(), exercise.assignment.module))
    found = examine(cast(Session, session), exercise.assignment, bench)
    judgement = conclude(exercise.assignment, found, recogniser, "none")
    result = score(student, exercise.assignment, judgement)
    return float(result.score / result.max_score)


def main(course: Path, submissions: Path) -> None:
    exercise = load(load_course(course), SLUG)
    recogniser = recogniser_of(exercise)
    paths = sorted(submissions.glob("*/*/*.py"))
    print(json.dumps({p.parts[-3]: mark(exercise, recogniser, p) for p in paths}))


main(Path(sys.argv[1]), Path(sys.argv[2]))
