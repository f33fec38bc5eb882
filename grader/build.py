"""The files of an assignment that are generated from its source: made, written, or checked.

`generate` is a pure function from source, rubric and examples to bytes; the bytes depend on nothing
else, no installed version, clock or random cell id, so that `check` is a comparison.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import zip_longest
from pathlib import Path
from typing import Literal

from grader.build_notebook import notebook
from grader.errors import ConfigError, Problem
from grader.model import Assignment, Check
from grader.pictures import drawn
from grader.source import Source, handout, stub

AUTHORED = frozenset({"assignment.yaml", "probe.py"})
"""What is written by hand in the folder of an assignment. All else there is generated."""

# What students read. Whole sentences, so that each can be translated as it stands.
STUB_HEADER = """\
# {title}
#
# README.md, beside this file, says what to do. Write your code in the places marked
# YOUR CODE HERE, then run: grader check {slug}
"""
GRADED_HEADING = "## What is graded"
GRADED_COLUMNS = ("check", "points")
GRADED_BY_PERSON = "{title} (graded by a person)"
GRADED_TOTAL = "Total"
NOTEBOOK_CHECK = """\
## Check this notebook

Each cell below runs one check on your code and shows what it found. Run a cell that you changed,
then the checks you want to see, or all from the top with *Run → Run All Cells*. Changes are judged
as they are in the kernel: after *Restart*, run the cells of your code first.

The same in a terminal, in the folder of this notebook, once it is saved:

```text
grader check {slug}.ipynb
```
"""


@dataclass(frozen=True)
class Drift:
    """A file of an assignment that is not as `generate` makes it.

    `path` is relative to the assignment's folder; `line` is the first that differs (0 if none).
    """

    path: str
    kind: Literal["missing", "different", "unlisted"]
    line: int = 0

    def __str__(self) -> str:
        if self.kind == "missing":
            return f"{self.path} is missing. Run `grader build`."
        if self.kind == "different":
            what = f"{self.path}:{self.line} is not what the source gives."
            return f"{what} Change the source, not this file, and run `grader build`."
        return f"{self.path} is neither written by hand nor generated. Move it elsewhere."


def generate(assignment: Assignment, source: Source, examples: bytes) -> dict[str, bytes]:
    """The generated files by path in the assignment's folder; `examples` is that of examples.json.

    Raises ConfigError if the module's name would overwrite a file that is written by hand, or if a
    graph of the handout cannot be drawn.
    """
    if assignment.file_name in AUTHORED:
        place = Path("assignments", assignment.slug, "assignment.yaml")
        message = f"module: `{assignment.file_name}` is written by hand. Choose another name."
        raise ConfigError([Problem(place, 0, 0, message)])
    slug, graded = assignment.slug, _graded(assignment)
    header = STUB_HEADER.format(title=assignment.title, slug=slug)
    closing = {
        "graded": graded,
        "check": NOTEBOOK_CHECK.format(slug=slug),
    }
    pictures, source = drawn(source)
    book = notebook(source, slug=slug, checks=assignment.checks, closing=closing, pictures=pictures)
    return {
        assignment.file_name: stub(source, header=header).encode(),
        f"{slug}.ipynb": book,
        "README.md": f"{handout(source)}\n{graded}".encode(),
        "examples.json": examples,
        **{p.file: p.svg for p in pictures},
    }


def write(folder: Path, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Put `files` into `folder`; the paths of those that were not there like this before."""
    written = []
    for path, content in files.items():
        target = folder / path
        if not target.is_file() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            written.append(path)
    return tuple(written)


def check(folder: Path, files: Mapping[str, bytes]) -> tuple[Drift, ...]:
    """How `folder` differs from `files`, in order of path. Caches and hidden files do not count."""
    drift = []
    for path, content in files.items():
        target = folder / path
        if not target.is_file():
            drift.append(Drift(path, "missing"))
        elif line := _first_difference(target.read_bytes(), content):
            drift.append(Drift(path, "different", line))
    unlisted = {p for p in _files(folder) if p not in files and p not in AUTHORED}
    return tuple(sorted([*drift, *(Drift(p, "unlisted") for p in unlisted)], key=lambda d: d.path))


def _graded(assignment: Assignment) -> str:
    """The public rubric as a table of markdown."""
    rows = [(_title(check), _points(check.points)) for check in assignment.checks]
    rows.append((f"**{GRADED_TOTAL}**", f"**{_points(assignment.points)}**"))
    table = [GRADED_COLUMNS, ("---", "---:"), *rows]
    return "\n".join([GRADED_HEADING, "", *(f"| {a} | {b} |" for a, b in table), ""])


def _title(check: Check) -> str:
    title = check.title if check.kind != "manual" else GRADED_BY_PERSON.format(title=check.title)
    return title.replace("|", r"\|")  # a bar ends the cell of a table, even in code


def _points(points: Fraction) -> str:
    """As a decimal where that is exact, otherwise as a fraction: 12, 2.5, 1/3."""
    decimal = f"{float(points):g}"
    return decimal if Fraction(decimal) == points else str(points)


def _files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        inside = path.relative_to(folder)
        ignored = any(part.startswith(".") or part == "__pycache__" for part in inside.parts)
        if path.is_file() and not ignored:
            yield inside.as_posix()


def _first_difference(have: bytes, want: bytes) -> int:
    """The first line (from 1) in which two files differ; 0 if they are equal."""
    pairs = zip_longest(have.split(b"\n"), want.split(b"\n"))
    return next((i for i, (a, b) in enumerate(pairs, 1) if a != b), 0)
