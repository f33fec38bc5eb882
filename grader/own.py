"""A student's check of their own work: public cases, sealed hints, no secret, no solution.

Needs numpy, click and PyYAML at most; the zygote loads numpy while this process does.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grader.errors import SubmissionError, UsageError
from grader.launcher import Isolation, Zygote
from grader.messages import say
from grader.model import Assignment, Limits
from grader.places import slugs
from grader.verdict import Judgement, Result

if TYPE_CHECKING:
    from grader.worker import Worker

STUDENT = "you"
UNPACKING = 60.0
"""Seconds within which the files of an exercise get onto a disk, in any order."""


@dataclass(frozen=True)
class Checked:
    """The outcome of one check. `title` names the file too, where it is not what one expects.

    `file` is what was checked, with `source` in it (b"" if it could not be read), by `rubric`.
    """

    title: str
    judgement: Judgement
    result: Result
    file: Path
    source: bytes
    rubric: Assignment


def targets(root: Path, what: Sequence[str], here: Path) -> list[tuple[str, Path]]:
    """The exercises and files meant by `what`, or by the folder `here` if it is empty.

    Raises UsageError for a name that is neither an exercise nor a file of one.
    """
    known = slugs(root)
    if not known:
        raise UsageError(f"No exercise in {root} has been built. Run `grader build`.")
    if not what:
        inside = [s for s in known if here.resolve().is_relative_to(root / "assignments" / s)]
        return [(s, root / "assignments" / s) for s in inside or known]
    return [_target(root, known, name) for name in what]


def check(root: Path, slug: str, path: Path, worker: Worker | None = None) -> Checked:
    """Run the checks of `slug` on the file at `path` (or in folder `path`) and score them.

    In a folder it is the module or, if nothing is done in that, the notebook. A `worker` that is
    given is used and left open; otherwise one is started and ended here.

    Raises ConfigError if the exercise's files are damaged; WorkerError if no process starts.
    """
    # First of all, so that both processes load numpy at the same time.
    limits = Limits()
    needed = worker is None and sys.platform == "linux"
    zygote = Zygote(limits, Isolation()) if needed else None
    try:
        from grader import examples, sealed
        from grader.diagnose import Recogniser
        from grader.judge import judge
        from grader.probe import load_probe
        from grader.score import score
        from grader.submission import NOTEBOOK, file_names, read_bytes
        from grader.worker import Worker

        probe = load_probe(root, slug)
        kit = examples.load(root / "assignments" / slug / "examples.json", probe)
        recogniser = Recogniser(lambda e: sealed.recognise(kit.hints, e), lambda c: ())
        used = worker or Worker(limits, zygote=zygote)

        def run(file: Path) -> tuple[Judgement, bytes]:
            try:
                source = read_bytes(file.parent, file.name)
            except SubmissionError as e:
                return Judgement((), say(f"submission.{e.code}", **e.details)), b""
            judged = judge(used, source, probe.source, kit.assignment, kit.bench, recogniser)
            return judged, source

        files = [path]
        if path.is_dir():
            names = file_names(kit.assignment)
            files = [path / n for n in names if (path / n).is_file()] or [path / names[0]]
        (judged, source), title = run(files[0]), kit.assignment.title
        # Both are there from the start: the one that counts is where something was done.
        for n, file in enumerate(files[1:], start=1):
            if judged.problem != say("submission.stub", file=files[0].name):
                break
            other, text = run(file)
            if other.problem != say("submission.stub", file=file.name):
                judged, source, files = other, text, files[n:]
        if files[0].suffix == NOTEBOOK:
            title = say("detail.checked", title=title, file=files[0].name)
        elif len(files) > 1 and _later(files[1], files[0]):
            title = say(
                "detail.checked_beside", title=title, file=files[0].name, other=files[1].name
            )
        result = score(STUDENT, kit.assignment, judged)
        return Checked(title, judged, result, files[0], source, kit.assignment)
    finally:
        if zygote is not None:
            zygote.close()


def _later(one: Path, other: Path) -> bool:
    """Whether `one` was saved later than `other`, and not just unpacked after it."""
    return one.stat().st_mtime > other.stat().st_mtime + UNPACKING


def _target(root: Path, known: Sequence[str], name: str) -> tuple[str, Path]:
    path = Path(name)
    if name in known and not path.is_file():
        return name, root / "assignments" / name
    if not path.exists():
        raise UsageError(
            f"{name} is neither an exercise nor a file. There are: {', '.join(known)}."
        )
    for slug in (path.resolve().name, path.stem, path.resolve().parent.name):
        if slug in known:
            return slug, path
    if len(known) == 1:
        return known[0], path
    raise UsageError(
        f"{name} may belong to any of {', '.join(known)}. "
        "Put it into a folder named after its exercise."
    )
