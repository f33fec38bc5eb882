"""Gradescope's autograder for Python: its own test runner, as its documentation says to use it.

On Gradescope every submission has a container as well, which is started for it and not timed here.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from classroom import SLUG, Student
from graders import run

CHECKS = ("forward", "x", "h_prev", "Wx", "Wh", "b")  # those of job.py, which needs its case files

_RUN_TESTS = """\
import sys
import unittest

from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner

if __name__ == "__main__":
    sys.path.insert(0, "source")
    sys.path.insert(0, sys.argv[1])
    suite = unittest.defaultTestLoader.discover("source/tests")
    with open(sys.argv[2], "w") as f:
        JSONTestRunner(visibility="hidden", stream=f).run(suite)
"""

_TESTS = f"""\
import unittest

import job
from gradescope_utils.autograder_utils.decorators import weight
from {SLUG} import RNNUnit


class TestUnit(unittest.TestCase):
"""

_TEST = """\
    @weight(1)
    def test_{check}(self):
        job.check("{check}", RNNUnit)
"""


@dataclass(frozen=True)
class Gradescope:
    """One run of the runner for each submission, as in `run_autograder`."""

    support: Path
    venv: Path
    name: str = "Gradescope's runner"
    isolation: str = "its container, not timed; hidden tests run in the student's process"

    def prepare(self, everyone: Sequence[Student], folder: Path) -> None:
        source = folder / "source"
        shutil.copytree(self.support, source)
        (source / "tests").mkdir()
        (source / "run_tests.py").write_text(_RUN_TESTS)
        tests = "\n".join(_TEST.format(check=check) for check in CHECKS)
        (source / "tests" / "test_unit.py").write_text(_TESTS + tests)
        for student in everyone:
            (folder / student.name).mkdir()
            (folder / student.name / f"{SLUG}.py").write_text(student.source)

    def mark(self, folder: Path, only_first: bool) -> None:
        python = str(self.venv / "bin" / "python")
        for home in _homes(folder)[: 1 if only_first else None]:
            out = home / "results.json"
            run([python, "source/run_tests.py", str(home), str(out)], folder, self.venv)

    def marks(self, folder: Path) -> dict[str, float]:
        return {home.name: _mark(home / "results.json") for home in _homes(folder)}


def _homes(folder: Path) -> list[Path]:
    return sorted(folder.glob("student-*"))


def _mark(results: Path) -> float:
    tests = json.loads(results.read_text())["tests"]
    return float(sum(t["score"] for t in tests) / len(CHECKS))
