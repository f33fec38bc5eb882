"""The graders that are compared, each behind the same three steps, and those that are our own.

`prepare` lays a class out, `mark` is the one command that is timed from start to exit, and
`marks` reads back what it gave.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from classroom import SLUG, Student, hand_in

ENVIRONMENT = {
    "GRADER_SECRET": "any secret does for timing",
    # Arrays this small only lose by threads, whoever grades them.
    "OPENBLAS_NUM_THREADS": "1",
}


class Grader(Protocol):
    """Something that marks a class laid out in a folder of its own."""

    @property
    def name(self) -> str: ...

    @property
    def isolation(self) -> str:
        """What stands between a student's code and what marks it."""

    def prepare(self, everyone: Sequence[Student], folder: Path) -> None:
        """Lay out a class in the empty `folder`."""

    def mark(self, folder: Path, only_first: bool) -> None:
        """Mark the prepared class, or its first student alone. Marks made before do not help."""

    def marks(self, folder: Path) -> dict[str, float]:
        """By student, the fraction of the points that the last `mark` gave."""


@dataclass(frozen=True)
class Ours:
    """`grader grade` as shipped: the exercise's whole rubric, from hidden inputs to database."""

    course: Path
    name: str = "`grader grade`"
    isolation: str = "a sandboxed child process for each submission; tests stay with the judge"

    def prepare(self, everyone: Sequence[Student], folder: Path) -> None:
        _hand_in_twice(everyone, folder)

    def mark(self, folder: Path, only_first: bool) -> None:
        results = folder / "results"
        shutil.rmtree(results, ignore_errors=True)
        command = [str(Path(sys.executable).parent / "grader"), "grade", "--json"]
        command += ["--assignment", SLUG]
        command += ["--course", str(self.course), "--results", str(results), "--workers", "1"]
        command.append(str(folder / ("first" if only_first else "class")))
        # 1: done, with something to look at, as in every class with a wrong submission
        (folder / "marks.json").write_text(run(command, folder, accept=(0, 1)))

    def marks(self, folder: Path) -> dict[str, float]:
        document = json.loads((folder / "marks.json").read_text())
        # What was earned, before the course's late policy: the class is handed in just now.
        return {r["student"]: r["earned"] / r["max_score"] for r in document["results"]}


@dataclass(frozen=True)
class Loop:
    """A program of this folder that marks the whole class in its own process, on trust.

    `program` is called with `argument` and the class's folder, and prints {student: fraction}.
    """

    name: str
    program: str
    argument: Path
    isolation: str = "none: one process for all"

    def prepare(self, everyone: Sequence[Student], folder: Path) -> None:
        _hand_in_twice(everyone, folder)

    def mark(self, folder: Path, only_first: bool) -> None:
        program = Path(__file__).parent / self.program
        submissions = folder / ("first" if only_first else "class")
        command = [sys.executable, str(program), str(self.argument), str(submissions)]
        (folder / "marks.json").write_text(run(command, folder))

    def marks(self, folder: Path) -> dict[str, float]:
        marks: dict[str, float] = json.loads((folder / "marks.json").read_text())
        return marks


def _hand_in_twice(everyone: Sequence[Student], folder: Path) -> None:
    """The class, and its first student alone, for graders that take all that is in a folder."""
    hand_in(everyone, folder / "class")
    hand_in(everyone[:1], folder / "first")


def run(
    command: list[str], folder: Path, venv: Path | None = None, accept: tuple[int, ...] = (0,)
) -> str:
    """Run a command to its end in `folder` and return its stdout; programs of `venv` come first.

    Raises SystemExit with the end of what it printed if it fails.
    """
    env = {**os.environ, **ENVIRONMENT}
    if venv is not None:
        env["PATH"] = f"{venv / 'bin'}{os.pathsep}{env['PATH']}"
        env["VIRTUAL_ENV"] = str(venv)
    done = subprocess.run(
        command, cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode not in accept:
        text = (done.stderr or done.stdout)[-2000:]
        raise SystemExit(f"{' '.join(command[:3])} ended with {done.returncode}:\n{text}")
    return done.stdout
