"""A student's check of their own work: public cases, sealed hints, no secret, no solution.

Needs numpy, click and PyYAML at most; the zygote loads numpy while this process does.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.errors import SubmissionError, UsageError
from grader.launcher import Isolation, Zygote
from grader.messages import say
from grader.model import Judgement, Limits, Result
from grader.places import slugs

STUDENT = "you"


@dataclass(frozen=True)
class Checked:
    """The outcome of one check."""

    title: str
    judgement: Judgement
    result: Result


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


def check(root: Path, slug: str, path: Path) -> Checked:
    """Run the checks of `slug` on the file at `path` (or in folder `path`) and score them.

    Raises ConfigError if the exercise's files are damaged; WorkerError if no process starts.
    """
    # First of all, so that both processes load numpy at the same time.
    limits = Limits()
    zygote = Zygote(limits, Isolation()) if sys.platform == "linux" else None
    try:
        from grader import examples, sealed
        from grader.diagnose import Recogniser
        from grader.judge import judge
        from grader.probe import load_probe
        from grader.score import score
        from grader.submission import read_bytes
        from grader.worker import Worker

        probe = load_probe(root, slug)
        kit = examples.load(root / "assignments" / slug / "examples.json", probe)
        file = path / kit.assignment.file_name if path.is_dir() else path
        recogniser = Recogniser(lambda e: sealed.recognise(kit.hints, e), lambda c: ())
        worker = Worker(limits, zygote=zygote)
        try:
            source = read_bytes(file.parent, file.name)
            judged = judge(worker, source, probe.source, kit.assignment, kit.bench, recogniser)
        except SubmissionError as e:
            judged = Judgement((), say(f"submission.{e.code}", **e.details))
        return Checked(kit.assignment.title, judged, score(STUDENT, kit.assignment, judged))
    finally:
        if zygote is not None:
            zygote.close()


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
