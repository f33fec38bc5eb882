"""The command `grader` as tests run it: in this process, or as the process that people start."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from course_kit import SLUG, Course

from grader import cli, inputs

COMMAND = Path(sys.executable).with_name("grader")
STUB = f"assignments/{SLUG}/{SLUG}.py"
REFERENCE = f"solutions/{SLUG}/{SLUG}.py"
EXAMPLES = f"assignments/{SLUG}/examples.json"
PATIENCE = 60.0
"""Seconds after which a condition that does not come true fails its test."""


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    @property
    def scores(self) -> dict[str, float]:
        """The score of each student in the document."""
        return {r["student"]: r["score"] for r in self.document["results"]}


def grader(*arguments: str | Path, cwd: Path | None = None) -> Ran:
    """Run the command in this process, without a terminal, and with no secret of ours."""
    out, err = io.StringIO(), io.StringIO()
    environment = {k: v for k, v in os.environ.items() if k != inputs.ENVIRONMENT}
    with (
        mock.patch.object(sys, "argv", ["grader", *map(str, arguments)]),
        mock.patch.dict(os.environ, environment, clear=True),
        contextlib.chdir(cwd or Path.cwd()),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            cli.main()
        except SystemExit as e:
            code = e.code
    assert isinstance(code, int)
    return Ran(code, out.getvalue(), err.getvalue())


def started(*arguments: str | Path, cwd: Path | None = None, **more: Any) -> subprocess.Popen[str]:
    """The command as a process in a session of its own, with pipes for its output."""
    environment = {k: v for k, v in os.environ.items() if k != inputs.ENVIRONMENT}
    return subprocess.Popen(
        [COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=environment | more.pop("env", {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **more,
    )


def command(
    *arguments: str | Path, cwd: Path | None = None, patience: float = PATIENCE, **more: Any
) -> Ran:
    """Run the command as a process, to its end, for which it has `patience` seconds."""
    with started(*arguments, cwd=cwd, **more) as process:
        out, err = process.communicate(timeout=patience)
    return Ran(process.returncode, out, err)


def grade(course: Course, *more: str | Path, handed_in: Path | None = None) -> Ran:
    """Grade what was handed in, with one worker; results beside the course."""
    return grader("grade", handed_in or course.handed_in, *place(course), "--workers", "1", *more)


def place(course: Course) -> tuple[str | Path, ...]:
    """The options that say where the course and its results are."""
    return ("--course", course.root, "--results", results(course))


def results(course: Course) -> Path:
    return course.root.parent / "results"


def built(course: Course) -> Course:
    """`course` with its stub, notebook, handout and examples."""
    ran = grader("build", "--course", course.root)
    assert ran.code == 0, ran.err
    return course


def until(condition: Callable[[], Any], what: str) -> None:
    """Wait for `condition`; fail the test if it takes longer than anything here may."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE:g} s for {what}"
        time.sleep(0.01)


def children(pid: int) -> Iterator[int]:
    """The processes whose parent is `pid`, the dead that nobody has reaped left out."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if int(parent) == pid and state not in "ZX":
                yield int(stat.parent.name)
