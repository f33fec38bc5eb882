"""The graders of notebooks: nbgrader and otter-grader, and nbgrader with our judge in it.

The first two get the same notebooks, the students' code in one cell, and the same tests, one hidden
test for each check of the job. The support files travel with the tests. Our judge gets the
exercise's own notebook with the same code in it.
"""

import csv
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classroom import SLUG, Student, students
from graders import run

CHECKS = ("forward", "x", "h_prev", "Wx", "Wh", "b")
NOTEBOOK = f"{SLUG}.ipynb"


@dataclass(frozen=True)
class Nbgrader:
    """One `nbgrader autograde` marks the class and writes its gradebook."""

    support: Path
    venv: Path
    name: str = "`nbgrader autograde`"
    isolation: str = "a kernel for each submission; hidden tests run inside it"

    def prepare(self, everyone: Sequence[Student], folder: Path) -> None:
        source = folder / "source" / SLUG
        shutil.copytree(self.support, source)
        tests = [_cell(f"check-{c}", _hidden_test(c), points=1) for c in CHECKS]
        answer = _cell("answer", "### BEGIN SOLUTION\npass\n### END SOLUTION", points=0)
        (source / NOTEBOOK).write_text(_notebook([answer, *tests]))
        self._nbgrader(folder, "generate_assignment", SLUG, "--create")
        release = folder / "release" / SLUG
        for student in everyone:
            home = folder / "submitted" / student.name / SLUG
            shutil.copytree(release, home)
            notebook = json.loads((release / NOTEBOOK).read_text())
            notebook["cells"][0]["source"] = student.source
            (home / NOTEBOOK).write_text(json.dumps(notebook))

    def mark(self, folder: Path, only_first: bool) -> None:
        only = [f"--student={students(1)[0].name}"] if only_first else []
        self._nbgrader(folder, "autograde", SLUG, "--force", *only)

    def marks(self, folder: Path) -> dict[str, float]:
        return _exported(self.venv, folder)

    def _nbgrader(self, folder: Path, *arguments: str) -> None:
        run([str(self.venv / "bin" / "nbgrader"), *arguments], folder, self.venv)


@dataclass(frozen=True)
class Judged:
    """One `nbgrader autograde` in a course made by `grader nbgrader init`."""

    course: Path
    venv: Path
    name: str = "`nbgrader autograde`, our judge"
    isolation: str = "a sandboxed child process for each submission; tests stay with the judge"

    def prepare(self, everyone: Sequence[Student], folder: Path) -> None:
        self._run(folder, "grader", "nbgrader", "init", ".", "--course", str(self.course))
        self._run(folder, "nbgrader", "generate_assignment", SLUG)
        release = folder / "release" / SLUG
        for student in everyone:
            home = folder / "submitted" / student.name / SLUG
            shutil.copytree(release, home)
            notebook = json.loads((release / NOTEBOOK).read_text())
            for cell in notebook["cells"]:
                if cell["metadata"]["nbgrader"]["solution"]:
                    cell["source"] = student.source
            (home / NOTEBOOK).write_text(json.dumps(notebook))

    def mark(self, folder: Path, only_first: bool) -> None:
        only = [f"--student={students(1)[0].name}"] if only_first else []
        self._run(folder, "nbgrader", "autograde", SLUG, "--force", *only)

    def marks(self, folder: Path) -> dict[str, float]:
        return _exported(self.venv, folder)

    def _run(self, folder: Path, program: str, *arguments: str) -> None:
        run([str(self.venv / "bin" / program), *arguments], folder, self.venv)


@dataclass(frozen=True)
class Otter:
    """One `otter run` for each submission: otter marks a whole class only with Docker."""

    support: Path
    venv: Path
    name: str = "`otter run`"
    isolation: str = "a kernel for each submission; hidden tests run inside it"

    def prepare(self, everyone: Sequence[Student], folder: Path) -> None:
        shutil.copytree(self.support, folder, dirs_exist_ok=True)
        files = sorted(f.name for f in folder.iterdir())
        (folder / "tests").mkdir()
        for check in CHECKS:
            (folder / "tests" / f"{check}.py").write_text(_otter_test(check))
        self._otter(folder, "generate", "-t", "tests", "-o", "autograder.zip", *files)
        for student in everyone:
            (folder / student.name).mkdir()
            answer = _cell("answer", student.source, points=0)
            (folder / student.name / NOTEBOOK).write_text(_notebook([answer]))

    def mark(self, folder: Path, only_first: bool) -> None:
        for home in _homes(folder)[: 1 if only_first else None]:
            self._otter(home, "run", "--no-logo", "-a", "../autograder.zip", NOTEBOOK)

    def marks(self, folder: Path) -> dict[str, float]:
        return {home.name: _otter_mark(home / "results.json") for home in _homes(folder)}

    def _otter(self, folder: Path, *arguments: str) -> None:
        run([str(self.venv / "bin" / "otter"), *arguments], folder, self.venv)


def _exported(venv: Path, folder: Path) -> dict[str, float]:
    """By student, the fraction of the points that nbgrader's gradebook has."""
    run([str(venv / "bin" / "nbgrader"), "export", "--to=grades.csv"], folder, venv)
    with (folder / "grades.csv").open(newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["assignment"] == SLUG]
    return {r["student_id"]: float(r["raw_score"]) / float(r["max_score"]) for r in rows}


def _homes(folder: Path) -> list[Path]:
    return sorted(folder.glob("student-*"))


def _otter_mark(results: Path) -> float:
    tests = [t for t in json.loads(results.read_text())["tests"] if "max_score" in t]
    return float(sum(t["score"] for t in tests) / sum(t["max_score"] for t in tests))


def _hidden_test(check: str) -> str:
    return (
        f'### BEGIN HIDDEN TESTS\nimport job\njob.check("{check}", RNNUnit)\n### END HIDDEN TESTS'
    )


def _otter_test(check: str) -> str:
    return f'''\
from otter.test_files import test_case

OK_FORMAT = False
name = "{check}"
points = 1


@test_case(hidden=True)
def test(RNNUnit):
    import job
    job.check("{check}", RNNUnit)
'''


def _cell(grade_id: str, source: str, points: int) -> dict[str, Any]:
    """A code cell of nbgrader's: of tests if it has points, else of the student's answer."""
    nbgrader: dict[str, Any] = {"grade_id": grade_id, "schema_version": 3, "task": False}
    nbgrader |= {"grade": bool(points), "locked": bool(points), "solution": not points}
    if points:
        nbgrader["points"] = points
    return {
        "id": grade_id.replace("_", "-"),
        "cell_type": "code",
        "execution_count": None,
        "metadata": {"nbgrader": nbgrader},
        "outputs": [],
        "source": source,
    }


def _notebook(cells: list[dict[str, Any]]) -> str:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel}
    return json.dumps(
        {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=1
    )
