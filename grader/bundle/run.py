"""What runs inside of a bundle: one submission, graded by the command, as results in words.

Nothing of the submission is run or imported here: the named file is read as bytes and put where
`grader grade` looks for it, in a process of its own. Whatever goes wrong is said in the system's
own format, without a score: no points are given by an accident, and none are taken.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from grader import counting, times
from grader.course import load_assignment, load_course
from grader.errors import GraderError, SubmissionError
from grader.messages import plain, say
from grader.model import Assignment
from grader.policy import Policy
from grader.score import score
from grader.store import Store
from grader.submission import file_names, limit, read_file
from grader.verdict import Judgement, Result

COMMAND = "import sys; sys.path.insert(0, sys.argv.pop(1)); from grader.cli import main; main()"
LIBRARY = Path(__file__).resolve().parent.parent.parent
"""The folder that holds this package, wherever it was unpacked."""


@dataclass(frozen=True)
class HandedIn:
    """One submission as the system tells it. `due` is the student's own due time there, if any."""

    student: str
    folder: Path
    submitted: datetime | None = None
    due: datetime | None = None


class NotGraded(GraderError):
    """Why there is no score, in words for student and instructor."""


def grade(course: Path, slug: str, handed_in: HandedIn) -> tuple[Result, Assignment]:
    """The result of a submission on hidden cases, sandboxed. Raises NotGraded if there is none."""
    loaded = load_course(course)
    assignment = load_assignment(loaded, slug)
    policy = loaded.policy
    # Where nobody knows when it came it is not late, rather than as late as its copy is new.
    if handed_in.due is not None or handed_in.submitted is None:
        policy = with_due(policy, slug, handed_in.due if handed_in.submitted else None)
    with tempfile.TemporaryDirectory() as temporary:
        work, kept = Path(temporary, "work"), Path(temporary, "results")
        try:
            _copy(handed_in, assignment, work / handed_in.student / slug)
        except SubmissionError as e:
            unread = Judgement((), say(f"submission.{e.code}", **e.details))
            return score(handed_in.student, assignment, unread), assignment
        if handed_in.submitted is not None:
            row = f"{handed_in.student},{slug},{handed_in.submitted.isoformat()}"
            (work / "submissions.csv").write_text(f"student,assignment,submitted\n{row}\n")
        ran = subprocess.run(
            [
                *(sys.executable, "-I", "-c", COMMAND, str(LIBRARY), "grade", str(work)),
                *("--course", str(course), "--results", str(kept), "--workers", "1"),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        # Students are not shown this; whoever looks after the grader is.
        print(ran.stderr, flush=True)
        if ran.returncode not in (0, 1) or not kept.is_dir():
            said = [line for line in ran.stderr.splitlines() if line.strip()]
            why = said[-1].removeprefix("grader: ") if said else f"exit code {ran.returncode}"
            raise NotGraded(say("bundle.not_graded", why=plain(why, 500)))
        with Store(kept) as store:
            rows = [r for r in store.attempts() if r.assignment == slug]
        results = counting.results(rows, {slug: assignment}, policy)
    if not results:
        raise NotGraded(say("bundle.not_graded", why="no result"))
    return results[0], assignment


def with_due(policy: Policy, slug: str, due: datetime | None) -> Policy:
    """`policy` with the due time of `slug` moved to `due`, or none; what lateness costs stays."""
    terms = replace(policy.of(slug), due=due and due.astimezone(policy.zone))
    return replace(policy, terms={**policy.terms, slug: terms}, extensions=())


def place(folder: Path, assignment: Assignment) -> tuple[Path, list[str]]:
    """Where in `folder` the work is, as it was uploaded or in a copy of the students' kit, and the
    names of its files; none if there is no work.
    """
    for inner in (folder, folder / assignment.slug, folder / "assignments" / assignment.slug):
        names = [n for n in file_names(assignment) if os.path.lexists(inner / n)]
        if names:
            return inner, names
    return folder, []


def _copy(handed_in: HandedIn, assignment: Assignment, to: Path) -> None:
    """Put the files that may be graded into folder `to`, as bytes and without following links.

    Raises SubmissionError if there is none, or one that is no file or too large.
    """
    to.mkdir(parents=True)
    folder, names = place(handed_in.folder, assignment)
    if not names:
        raise SubmissionError("missing", want=assignment.file_name)
    for name in names:
        (to / name).write_bytes(read_file(folder, name, limit(name))[0])


def name_of(people: Sequence[str]) -> str:
    """A name for a folder out of what a system calls one person, or a group of them."""
    joined = "+".join(sorted(p for p in people if p)) or "student"
    return re.sub(r"[^A-Za-z0-9@+._-]|^[.+-]", "_", joined)[:100]


def time_of(text: object, zone: tzinfo = UTC) -> datetime | None:
    """A time as systems write it; None if it is none."""
    try:
        return times.submission_time(str(text), zone)
    except ValueError:
        return None


def answer(
    out: Path,
    graded: Callable[[], dict[str, Any]],
    failed: Callable[[str], dict[str, Any]],
) -> int:
    """Write what `graded` gives, or what `failed` makes of the reason why it gives nothing."""
    try:
        told = graded()
    except GraderError as e:
        told = failed(str(e))
    except Exception as e:
        traceback.print_exc()
        told = failed(say("bundle.broken", what=type(e).__name__))
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f".{out.name}.part")
    part.write_text(json.dumps(told, indent=1, ensure_ascii=False), encoding="utf-8")
    part.replace(out)
    return 0
