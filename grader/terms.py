"""The policy of a course out of its files: due times, late policy, weights, extensions.

Extensions are in a file of their own, extensions.yaml beside course.yaml: students are given
course.yaml, and who was given more time is nobody's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from grader import schema, times, validation
from grader.errors import ConfigError, Problem
from grader.policy import Extension, LatePolicy, Policy, Terms
from grader.yamlio import Document, read_yaml

EXTENSIONS = "extensions.yaml"


def load_policy(document: Document, file: schema.CourseFile, root: Path) -> Policy:
    """The policy of course.yaml and, if there is one, extensions.yaml.

    Raises ConfigError with every problem of both.
    """
    problems: list[Problem] = []
    zone: tzinfo = UTC
    if file.timezone is not None:
        try:
            zone = times.zone(file.timezone)
        except ValueError as e:
            problems.append(_at(document, ["timezone"], f"timezone: {_wrong(file.timezone, e)}"))
    terms = {}
    for i, ref in enumerate(file.assignments):
        at = ["assignments", i, "due"]
        if ref.due is not None and file.timezone is None:
            message = "a due time needs a `timezone` of the course, such as Europe/Vienna. Add it."
            problems.append(_at(document, at, message))
        due = _due(document, at, ref.due, zone, problems)
        late = LatePolicy(**{**_given(file.late), **_given(ref.late)})
        terms[ref.slug] = Terms(due, ref.weight, late)
    policy = Policy(zone, file.attempts, terms)
    extensions: tuple[Extension, ...] = ()
    if (root / EXTENSIONS).exists():
        try:
            dated = {ref.slug for ref in file.assignments if ref.due is not None}
            extensions = _extensions(root, policy, dated)
        except ConfigError as e:
            problems += e.problems
    if problems:
        raise ConfigError(problems)
    return Policy(zone, file.attempts, terms, extensions)


def _extensions(root: Path, policy: Policy, dated: set[str]) -> tuple[Extension, ...]:
    """extensions.yaml, given which assignments have a due time, if perhaps a wrong one."""
    document = read_yaml(root / EXTENSIONS, root=root)
    file = validation.validate(document, schema.ExtensionsFile)
    problems = list(_pointless(document, file.extensions, list(policy.terms), dated))
    extensions = tuple(
        Extension(
            student=e.student,
            assignment=e.assignment or "",
            due=_due(document, ["extensions", i, "due"], e.due, policy.zone, problems),
            days=e.days,
        )
        for i, e in enumerate(file.extensions)
    )
    if problems:
        raise ConfigError(problems)
    return extensions


def _pointless(
    document: Document,
    extensions: Sequence[schema.ExtensionFile],
    slugs: list[str],
    dated: set[str],
) -> Iterator[Problem]:
    """Extensions that extend nothing, and those that stand there twice."""
    seen: dict[tuple[str, str | None], int] = {}
    for i, e in enumerate(extensions):
        first = seen.setdefault((e.student, e.assignment), i)
        if first != i:
            message = f"item {first + 1} is for the same student and assignment. Keep one."
            yield _at(document, ["extensions", i, "student"], message)
        if e.assignment is None:
            continue
        if e.assignment not in slugs:
            message = f"there is no assignment `{e.assignment}`. Allowed: {', '.join(slugs)}."
            yield _at(document, ["extensions", i, "assignment"], message)
        elif e.assignment not in dated:
            message = f"`{e.assignment}` has no due time to extend. Give it one in course.yaml."
            yield _at(document, ["extensions", i, "assignment"], message)


def _given(late: schema.LateFile) -> dict[str, Any]:
    """What the file says, without defaults, so that an assignment overrides key by key."""
    return {name: getattr(late, name) for name in late.model_fields_set}


def _due(
    document: Document, loc: list[object], text: str | None, zone: tzinfo, problems: list[Problem]
) -> datetime | None:
    if text is None:
        return None
    try:
        return times.due_time(text, zone)
    except ValueError as e:
        problems.append(_at(document, loc, f"due: {_wrong(text, e)}"))
        return None


def _wrong(given: str, why: ValueError) -> str:
    return f"{given!r} is not allowed: {why}."


def _at(document: Document, loc: Sequence[object], message: str) -> Problem:
    line, column = document.place(loc)
    return Problem(document.path, line, column, message)
