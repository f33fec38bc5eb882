"""Where each system's autograder begins: its folders and files in, its results out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from grader.bundle import run
from grader.bundle.run import HandedIn
from grader.errors import GraderError
from grader.export import classroom50 as classroom50_format
from grader.export import gradescope as gradescope_format
from grader.export import prairielearn as prairielearn_format
from grader.messages import say


def gradescope(root: Path, course: Path, slug: str) -> int:
    """/autograder/submission to /autograder/results/results.json, with Gradescope's times.

    A due time there, the student's own first, is in place of that of course.yaml; what lateness
    costs is as in course.yaml.
    """

    def graded() -> dict[str, Any]:
        told = _json(root / "submission_metadata.json")
        users = [u for u in _list(told.get("users")) if isinstance(u, dict)]
        own = _dict(users[0].get("assignment")) if users else {}
        due = own.get("due_date") or _dict(told.get("assignment")).get("due_date")
        handed_in = HandedIn(
            student=run.name_of([str(u.get("email") or u.get("id") or "") for u in users]),
            folder=root / "submission",
            submitted=run.time_of(told.get("created_at")),
            due=run.time_of(due) if due else None,
        )
        return gradescope_format.document(*run.grade(course, slug, handed_in))

    def failed(why: str) -> dict[str, Any]:
        return {
            "output": why,
            "output_format": "text",
            "visibility": "visible",
            "stdout_visibility": "hidden",
            "tests": [],
        }

    return run.answer(root / "results" / "results.json", graded, failed)


def prairielearn(root: Path, course: Path, slug: str) -> int:
    """/grade/student to /grade/results/results.json. Hidden inputs are the variant's.

    Nothing there says who a student is or when something is due: that is PrairieLearn's own.
    """

    def graded() -> dict[str, Any]:
        told = _json(root / "data" / "data.json")
        seed = run.name_of([str(told.get("variant_seed", ""))])
        handed_in = HandedIn(student=f"variant-{seed}", folder=root / "student")
        return prairielearn_format.document(*run.grade(course, slug, handed_in))

    def failed(why: str) -> dict[str, Any]:
        # Not gradable: it costs the student no attempt.
        return {"gradable": False, "message": why, "format_errors": [why], "tests": []}

    return run.answer(root / "results" / "results.json", graded, failed)


def classroom50(root: Path, course: Path, slug: str) -> int:
    """A student's checkout to result.json in it, by the public checks; 1 if they could not run.

    The runner makes an error of its own of that. `course` has no solution in it.
    """
    from grader import own
    from grader.examples import load
    from grader.probe import load_probe

    rubric = load(
        course / "assignments" / slug / "examples.json", load_probe(course, slug)
    ).assignment
    folder, names = run.place(root, rubric)
    checked = own.check(course, slug, folder / (names or [rubric.file_name])[0])
    when = run.time_of(os.environ.get("COMMITTED")) or datetime.now(UTC)
    result = replace(checked.result, attempt=replace(checked.result.attempt, submitted=when))
    origin = classroom50_format.from_environment(os.environ, result)
    told = classroom50_format.document(result, rubric, origin)
    (root / "result.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
    print(say("bundle.public"))
    return 0


def _json(path: Path) -> Mapping[str, Any]:
    """An object that the system wrote; empty if there is none, and said so to the instructor."""
    try:
        return _dict(json.loads(path.read_bytes()))
    except (OSError, ValueError) as e:
        print(f"{path} cannot be read ({type(e).__name__}), so there are no names and times.")
        return {}


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


_SYSTEMS = {"gradescope": gradescope, "prairielearn": prairielearn, "classroom50": classroom50}


def main() -> None:
    """SYSTEM ROOT COURSE SLUG, as the scripts in `files/` call it."""
    system, root, course, slug = sys.argv[1:]
    try:
        code = _SYSTEMS[system](Path(root), Path(course), slug)
    except GraderError as e:
        print(f"grader: {e}", file=sys.stderr)
        code = 1
    sys.exit(code)
