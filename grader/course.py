"""Reading the course: course.yaml, each assignment.yaml, and the files behind `solutions/`.

The loaders collect every problem of a file before they raise, and cross-check what no single file
can know: that points add up, that a check's regime has cases, that `loses` names real checks.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from grader import model, schema, validation
from grader.errors import ConfigError, Problem
from grader.terms import load_policy
from grader.yamlio import Document, read_yaml

FULL_MARKS = Fraction(100)


def load_course(root: Path) -> model.Course:
    """course.yaml of `root`. Raises ConfigError with every problem in it."""
    document = read_yaml(root / "course.yaml", root=root)
    file = validation.validate(document, schema.CourseFile)
    problems = list(validation.repeated(document, "assignments", "slug"))
    for i, ref in enumerate(file.assignments):
        if not (root / "assignments" / ref.slug / "assignment.yaml").is_file():
            message = (
                f"there is no assignments/{ref.slug}/assignment.yaml. Add it or drop the slug."
            )
            problems.append(_at(document, ["assignments", i, "slug"], message))
    try:
        policy = load_policy(document, file, root)
    except ConfigError as e:
        problems += e.problems
    if problems:
        raise ConfigError(problems)
    return model.Course(
        root=root,
        id=file.id,
        title=file.title,
        slugs=tuple(a.slug for a in file.assignments),
        limits=model.Limits(file.limits.seconds, file.limits.memory_mb),
        policy=policy,
    )


def load_assignment(course: model.Course, slug: str) -> model.Assignment:
    """assignments/<slug>/assignment.yaml. Raises ConfigError with every problem in it."""
    path = course.root / "assignments" / slug / "assignment.yaml"
    document = read_yaml(path, root=course.root)
    file = validation.validate(document, schema.AssignmentFile)
    problems = list(validation.repeated(document, "checks", "id"))
    problems += validation.repeated(document, "public", "id")
    if file.slug != slug:
        message = f"slug is `{file.slug}` but the folder is `{slug}`. Make them the same."
        problems.append(_at(document, ["slug"], message))
    checks = tuple(_check(c) for c in file.checks)
    total = sum((c.points for c in checks), Fraction(0))
    if total != FULL_MARKS:
        message = f"the checks' points add up to {total}. They must add up to {FULL_MARKS}."
        problems.append(_at(document, ["checks"], message))
    ids = [c.id for c in checks]
    for i, check in enumerate(checks):
        for j, other in enumerate(check.withholds):
            if other not in ids:
                message = f"there is no check `{other}`. Allowed: {', '.join(ids)}."
                problems.append(_at(document, ["checks", i, "withholds", j], message))
    cases = tuple(_case(c) for c in file.public)
    problems += _regimes_without_case(document, checks, cases)
    if problems:
        raise ConfigError(problems)
    return model.Assignment(
        slug=slug,
        title=file.title,
        module=file.module,
        checks=checks,
        requires=tuple(file.requires),
        follow_through=file.follow_through,
        public=cases,
        limits=course.limits,
    )


def load_hidden(course: model.Course, assignment: model.Assignment) -> tuple[model.Case, ...]:
    """solutions/<slug>/hidden.yaml. Raises ConfigError if a check's regime has no case in it."""
    path = course.root / "solutions" / assignment.slug / "hidden.yaml"
    document = read_yaml(path, root=course.root)
    file = validation.validate(document, schema.HiddenFile)
    cases = tuple(_case(c) for c in file.cases)
    problems = list(validation.repeated(document, "cases", "id"))
    regimes = {c.regime for c in cases}
    for check in assignment.checks:
        if check.kind != "manual" and check.regime not in regimes:
            message = (
                f"no case has regime `{check.regime}`, which check `{check.id}` looks at. Add one."
            )
            problems.append(_at(document, ["cases"], message))
    public = {c.id for c in assignment.public}
    for i, case in enumerate(cases):
        if case.id in public:
            message = f"`{case.id}` is the id of a public case. Choose another."
            problems.append(_at(document, ["cases", i, "id"], message))
    if problems:
        raise ConfigError(problems)
    return cases


def load_mistakes(course: model.Course, assignment: model.Assignment) -> tuple[model.Mistake, ...]:
    """solutions/<slug>/mistakes.yaml. That each edit fits the source is checked when it is made."""
    path = course.root / "solutions" / assignment.slug / "mistakes.yaml"
    document = read_yaml(path, root=course.root)
    file = validation.validate(document, schema.MistakesFile)
    problems = list(validation.repeated(document, "mistakes", "name"))
    ids = [c.id for c in assignment.checks]
    for i, mistake in enumerate(file.mistakes):
        for j, lost in enumerate(mistake.loses):
            if lost not in ids:
                message = f"there is no check `{lost}`. Allowed: {', '.join(ids)}."
                problems.append(_at(document, ["mistakes", i, "loses", j], message))
    if problems:
        raise ConfigError(problems)
    return tuple(
        model.Mistake(
            name=m.name,
            when=m.when,
            edits=tuple((e.replace, e.by) for e in m.edits),
            loses=frozenset(m.loses),
            hint=m.hint,
            slow=m.slow,
        )
        for m in file.mistakes
    )


def place_of_mistake(course: model.Course, slug: str, name: str) -> Problem:
    """Where mistake `name` stands, as a problem without message, for errors found later."""
    document = read_yaml(course.root / "solutions" / slug / "mistakes.yaml", root=course.root)
    data: Any = document.data
    index = next((i for i, m in enumerate(data["mistakes"]) if m["name"] == name), 0)
    return _at(document, ["mistakes", index], "")


def _check(file: Any) -> model.Check:
    given = {name: getattr(file, name) for name in type(file).model_fields}
    given |= {
        name: tuple(given[name]) for name in ("of", "withholds", "builds_on") if name in given
    }
    return model.Check(**given)


def _case(file: schema.CaseFile) -> model.Case:
    return model.Case(id=file.id, sizes=dict(file.sizes), regime=file.regime, why=file.why)


def _regimes_without_case(
    document: Document, checks: tuple[model.Check, ...], cases: tuple[model.Case, ...]
) -> Iterator[Problem]:
    regimes = {c.regime for c in cases}
    for i, check in enumerate(checks):
        if check.kind != "manual" and check.regime not in regimes:
            allowed = ", ".join(sorted(regimes))
            message = f"no public case has regime `{check.regime}`. Add one, or use: {allowed}."
            yield _at(document, ["checks", i, "regime"], message)


def _at(document: Document, loc: list[object], message: str) -> Problem:
    line, column = document.place(loc)
    return Problem(document.path, line, column, message)
