"""The bundle of each system. Which files it wants where: docs/ci.md."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from string import Template

from grader import release
from grader.bundle import Bundle, parts
from grader.errors import ConfigError, Problem
from grader.exercise import Exercise
from grader.model import Assignment, Course
from grader.release.leaks import leaked, secrets

IMAGE = "rnn-grader"
SECONDS = 60
"""How long a system waits, beyond what a submission may take itself."""


def gradescope(course: Course, exercise: Exercise, secret: bytes) -> Bundle:
    """What is unpacked into /autograder/source."""
    slug = exercise.assignment.slug
    files = {
        "setup.sh": parts.text("gradescope-setup.sh"),
        "run_autograder": _filled("gradescope-run_autograder", exercise.assignment),
        "README.md": _filled("gradescope-README.md", exercise.assignment),
        "requirements.txt": parts.requirements(),
        **parts.package("lib"),
        **parts.course(course, slug, "course", secret),
    }
    return Bundle(files, frozenset({"setup.sh", "run_autograder"}))


def prairielearn(course: Course, exercise: Exercise, secret: bytes) -> Bundle:
    """What is unpacked into the folder of a course: a question, and the grader that it shares."""
    assignment = exercise.assignment
    question, shared = f"questions/{assignment.slug}", "serverFilesCourse/rnn_grader"
    files = {
        f"{question}/info.json": _question(course, assignment),
        f"{question}/question.html": _filled("prairielearn-question.html", assignment),
        f"{shared}/run.sh": parts.text("prairielearn-run.sh"),
        f"{shared}/image/Dockerfile": parts.text("prairielearn-Dockerfile"),
        f"{shared}/image/requirements.txt": parts.requirements(),
        f"{shared}/README.md": _filled("prairielearn-README.md", assignment),
        **parts.package(f"{shared}/lib"),
        **parts.course(course, assignment.slug, f"{question}/tests/course", secret),
    }
    return Bundle(files, frozenset({f"{shared}/run.sh"}))


def classroom50(course: Course, exercise: Exercise, generated: Mapping[str, bytes]) -> Bundle:
    """What is put into <classroom>/autograders/<assignment>/, with public cases and no solution.

    Raises what `release.make` raises: nothing of a solution may be in it, and it is searched.
    """
    assignment = exercise.assignment
    alone = replace(course, slugs=(assignment.slug,))
    kit = release.make(alone, {assignment.slug: exercise}, {assignment.slug: generated})
    public = {
        f"course/{path}": content
        for path, content in kit.files.items()
        if path.startswith(f"assignments/{assignment.slug}/")
    }
    files = {
        "autograder.py": _filled("classroom50-autograder.py", assignment),
        "runtime.json": b'{"runs-on": "ubuntu-24.04", "python": "3.12"}\n',
        "README.md": _filled("classroom50-README.md", assignment),
        "requirements.txt": parts.requirements(),
        "course/course.yaml": parts.course_file(course, assignment.slug),
        **public,
        **parts.package("lib"),
    }
    found = leaked(files, secrets(exercise))
    problems = [Problem(Path("solutions", assignment.slug), 0, 0, said) for said in found]
    if problems:
        raise ConfigError(problems)
    return Bundle(files)


def _filled(name: str, assignment: Assignment) -> bytes:
    template = Template(parts.text(name).decode())
    words = {"slug": assignment.slug, "title": assignment.title, "file": assignment.file_name}
    return template.safe_substitute(words).encode()  # $ is the shell's, too


def _question(course: Course, assignment: Assignment) -> bytes:
    # A question keeps its id when it is made again. The bits say that it is a version 4.
    digest = hashlib.sha256(f"{course.id} {assignment.slug}".encode()).digest()
    info = {
        "uuid": str(uuid.UUID(bytes=digest[:16], version=4)),
        "title": assignment.title,
        "topic": course.title,
        "type": "v3",
        "singleVariant": False,
        "gradingMethod": "External",
        "externalGradingOptions": {
            "enabled": True,
            "image": IMAGE,
            "serverFilesCourse": ["rnn_grader/"],
            "entrypoint": f"/grade/serverFilesCourse/rnn_grader/run.sh {assignment.slug}",
            "timeout": round(assignment.limits.seconds) * 2 + SECONDS,
            "enableNetworking": False,
        },
    }
    return f"{json.dumps(info, indent=4)}\n".encode()
