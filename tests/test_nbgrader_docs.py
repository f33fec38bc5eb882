"""docs/nbgrader.md and docs/gradebook.md, each command run in order and its output compared."""

from __future__ import annotations

import difflib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbgrader_class as kit
import pytest
import yaml
from course_kit import COURSE, RUBRIC, SLUG, Course, affine
from golden.kit import built

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="others' code is run in the Linux sandbox"),
]
DOCS = kit.ROOT / "docs"
BLOCK = re.compile(r"^```(?:text)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n", re.MULTILINE)
CUT = "..."
VARIES = ((r"Writing \d+ bytes", "Writing N bytes"),)
"""What a change of a notebook's text would change: patterns, and what stands for them."""


@dataclass(frozen=True)
class Shown:
    """A command of a document and what the document says that it prints."""

    command: str
    output: str


def shown(page: str) -> list[Shown]:
    """The commands of a page, those of a block that begin with a `$`."""
    found = []
    for block in BLOCK.findall((DOCS / page).read_text(encoding="utf-8")):
        _, *parts = COMMAND.split(block)
        found += [
            Shown(c, out.rstrip("\n")) for c, out in zip(parts[::2], parts[1::2], strict=True)
        ]
    return found


def as_told(told: str, printed: str) -> bool:
    """Whether `printed` is what was told, in which lines of dots stand for any lines."""
    lines = ("(?:.*\n)*?" if x == CUT else re.escape(x + "\n") for x in told.splitlines())
    return re.fullmatch("".join(lines), printed) is not None


class Terminal:
    """A shell in `folder` whose `cd` holds, with this environment's programs first."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.top = self.folder = folder
        self.env = {**os.environ, **env, "HOME": str(folder), "PYTHONWARNINGS": "ignore"}
        self.env["PATH"] = os.pathsep.join([str(kit.BIN), os.environ["PATH"]])
        self.env["COLUMNS"] = "110"

    def type(self, command: str) -> str:
        """What a command prints, folders as they are seen from here."""
        if command.startswith("cd "):
            self.folder = (self.folder / command[3:]).resolve()
            return ""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        printed = done.stdout.replace(f"{self.top}/srv/", "/srv/")
        return printed.replace(f"{self.folder}/", "").replace(f"{self.top}/", "")


def follow(page: str, terminal: Terminal, before: Mapping[str, Callable[[], None]]) -> None:
    """Run all of a page, and fail with what came out otherwise.

    `before`: what has to be done before commands that begin so.
    """
    differences = []
    for step in shown(page):
        for begins, prepare in before.items():
            if step.command.startswith(begins):
                prepare()
        if step.command == "jupyter lab":
            continue
        told, printed = step.output + "\n", terminal.type(step.command).rstrip("\n") + "\n"
        for pattern, stands in VARIES:
            told, printed = re.sub(pattern, stands, told), re.sub(pattern, stands, printed)
        if not as_told(told, printed):
            lines = difflib.unified_diff(told.splitlines(), printed.splitlines(), page, "printed")
            differences.append("\n".join([f"$ {step.command}", *lines]))
    if differences:
        pytest.fail("\n\n".join(differences), pytrace=False)


def test_the_page_on_nbgrader_says_what_its_commands_print(tmp_path: Path) -> None:
    for name in ("assignments", "solutions"):
        shutil.copytree(kit.ROOT / name, tmp_path / name)
    for name in ("course.yaml", "extensions.yaml"):
        shutil.copy(kit.ROOT / name, tmp_path)
    terminal = Terminal(tmp_path, {"GRADER_SECRET": kit.SECRET})
    steps = shown("nbgrader.md")
    roster = next(s.output for s in steps if s.command == "cat roster.csv")

    def enrol() -> None:
        (tmp_path / "roster.csv").write_text(roster + "\n")

    before = {"cat roster.csv": enrol, "ls downloaded": lambda: download(tmp_path / "nbcourse")}
    before["nbgrader release_assignment"] = lambda: exchange(tmp_path)
    follow("nbgrader.md", terminal, before)


def exchange(top: Path) -> None:
    """The exchange of the page, and the setting that says where it is."""
    place = top / "srv" / "exchange"
    place.mkdir(parents=True)
    place.chmod(0o777)
    with (top / "nbcourse" / "nbgrader_config.py").open("a") as f:
        f.write(f"c.Exchange.root = {str(place)!r}\n")


def download(nbcourse: Path) -> None:
    """What a class of three has handed in by way of an LMS: right, wrong and late, wrong."""
    slug = "rnn_unit"
    given = json.loads((nbcourse / "release" / slug / f"{slug}.ipynb").read_text())
    solved = json.loads((nbcourse / "source" / slug / f"{slug}.ipynb").read_text())
    listed = yaml.safe_load((kit.ROOT / "solutions" / slug / "mistakes.yaml").read_text())
    edits = {m["name"]: m["edits"] for m in listed["mistakes"]}
    archive = nbcourse / "downloaded" / slug / "archive" / "download.zip"
    archive.parent.mkdir(parents=True)
    with zipfile.ZipFile(archive, "w") as f:
        for student, day, mistake in (
            ("ada", 11, None),
            ("ben", 14, "slope-with-a-plus"),
            ("cleo", 11, "weights-divided-by-batch"),
        ):
            kit.solution(given)["source"] = kit.text(kit.solution(solved))
            if mistake:
                changes = tuple((e["replace"], e["with"]) for e in edits[mistake])
                kit.with_mistake(given, changes)
            f.writestr(f"{student}_2026-10-{day}-12-00-00_{slug}.ipynb", json.dumps(given))


POLICY = """\
schema: 1
id: a-small-course
title: A small course
timezone: Europe/Vienna
late: {grace_minutes: 15, penalty_per_day: 10%, floor: 20%, cutoff_days: 7}
assignments:
  - {slug: affine, due: 2026-10-12 23:59}
limits: {seconds: 5, memory_mb: 512}
"""
MANIFEST = """\
student,assignment,attempt,submitted
ada,affine,,2026-10-12 23:50
bo,affine,,2026-10-14 12:00
cy,affine,,2026-10-24 12:00
"""


def test_the_page_on_gradebooks_says_what_its_commands_print(tmp_path: Path) -> None:
    api = pytest.importorskip("nbgrader.api", reason="nbgrader is not installed")
    course = Course(tmp_path)
    course.edit(
        RUBRIC,
        "kind: gradient, input: x, points: 20}",
        "kind: gradient, input: x, points: 10}\n"
        "  - {id: essay, title: Why it works, kind: manual, points: 10}",
    )
    built(course.write(COURSE, POLICY))
    for student, source in (
        ("ada", affine()),
        ("bo", affine(dW="x.T @ dy / len(x)")),
        ("cy", affine()),
    ):
        course.submit(student, source)
    (course.handed_in / "submissions.csv").write_text(MANIFEST, encoding="utf-8")
    terminal = Terminal(course.root, {"GRADER_SECRET": kit.SECRET})
    terminal.type(f"grader grade {shlex.quote(str(course.handed_in))}")

    def mark(student: str, check: str, points: float) -> None:
        with api.Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gb:
            graded = gb.find_grade(check, SLUG, SLUG, student)
            graded.manual_score, graded.needs_manual_grade = points, False
            gb.db.commit()

    exports = 0

    def export() -> None:
        nonlocal exports
        exports += 1
        if exports == 4:  # as the page says, somebody overrode a score
            mark("bo", "grad-W", 15.0)

    before: dict[str, Callable[[], Any]] = {
        "grader export nbgrader": export,
        "grader import nbgrader": lambda: mark("ada", "essay", 7.5),
    }
    follow("gradebook.md", terminal, before)


def test_lines_that_were_cut_may_be_any_and_all_others_are_as_they_are() -> None:
    assert as_told("a\n...\nd\n", "a\nb\nc\nd\n")
    assert as_told("a\n...\nd\n", "a\nd\n")
    assert not as_told("a\n...\nd\n", "a\nb\nc\n")
    assert not as_told("a\nd\n", "a\nb\nd\n")
    assert not as_told("a.c\n", "abc\n")
