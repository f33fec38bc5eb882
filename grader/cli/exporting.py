"""What the commands of `grader export` and `import` share: reading results, and what to say."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from grader.cli import common
from grader.errors import GraderError, UsageError

if TYPE_CHECKING:
    from fractions import Fraction

    from grader.export.editing import Edit
    from grader.export.matching import Who
    from grader.model import Assignment, Course
    from grader.verdict import Result

SCHEMA = 1
MOST_NAMED = 20
"""How many rows of a file are named where they are many."""


@dataclass(frozen=True)
class Done:
    """What a command did: as JSON, in words, and what somebody should look at."""

    document: Mapping[str, Any]
    lines: Sequence[str] = ()
    notes: Sequence[str] = ()
    look: bool = False


@dataclass(frozen=True)
class Job:
    """What there is to export. `people` are all of whom something is graded, in order."""

    course: Course
    rubrics: Mapping[str, Assignment]
    results: Sequence[Result]
    people: Sequence[Who]

    @property
    def totals(self) -> dict[str, Fraction | None]:
        from grader import counting

        return counting.totals(self.results, self.course.policy)


def run(name: str, as_json: bool, work: Callable[[], Done]) -> int:
    """Do `work` and say so. With `as_json` there is one document on stdout, also if it failed."""
    from grader.export.matching import Refused
    from grader.messages import plain

    try:
        done = work()
    except GraderError as e:
        if not as_json:
            raise
        refused = [*e.lines, e.advice] if isinstance(e, Refused) else str(e).splitlines()
        common.print_json({"schema": SCHEMA, "format": name, "written": 0, "refused": refused})
        return common.BAD_USAGE
    if as_json:
        common.print_json({"schema": SCHEMA, "format": name, **done.document, "refused": []})
    else:
        common.echo(done.lines)
        for line in done.notes:
            click.echo(plain(line, 2000), err=True)
    return common.LOOK if done.look else common.ALL_WELL


def plural(n: int, one: str) -> str:
    return f"{n} {one}{'' if n == 1 else 's'}"


def job_of(
    course_dir: Path | None,
    results_dir: Path | None,
    slugs: Iterable[str],
    roster: Path | None = None,
) -> Job:
    """What is stored of the exercises named. Raises UsageError if that is nothing."""
    from grader.export import people

    root = common.root(course_dir)
    course, exercises = common.exercises(root, slugs)
    rubrics = {slug: e.assignment for slug, e in exercises.items()}
    results = _results(results_dir or root / common.RESULTS, course, rubrics)
    if not results:
        raise UsageError(
            f"Nothing is graded of {', '.join(rubrics)}. Run `grader grade PATH` first."
        )
    known: Sequence[Any] = ()
    if roster is not None:
        from grader.roster import load

        known = load(roster).people
    students = dict.fromkeys(r.student for r in results)
    return Job(course, rubrics, results, people.who(students, known))


def _results(folder: Path, course: Course, rubrics: Mapping[str, Assignment]) -> list[Result]:
    """The results of all that is stored, by the policy and rubric as they are now."""
    from grader import counting
    from grader.store import Store

    with Store(folder) as store:
        return list(counting.of_store(store, rubrics, course.policy))


def handed_in(student: str | None, job: Job) -> list[Result]:
    """What was handed in, by one student or all. Raises UsageError if that is nothing."""
    from grader.counting import MISSING

    results = [r for r in job.results if student in (None, r.student) and r.status != MISSING]
    if not results:
        raise UsageError(
            f"Nothing of {student} is graded in {', '.join(job.rubrics)}. Check both names."
        )
    return results


def one(job: Job) -> Assignment:
    """The one exercise there are results of. Raises UsageError if there are several."""
    graded = dict.fromkeys(r.assignment for r in job.results)
    if len(graded) > 1:
        raise UsageError(
            f"A worksheet of Moodle is of one assignment, and {', '.join(graded)} are graded. "
            "Name the exercise with --assignment."
        )
    return job.rubrics[next(iter(graded))]


def named(columns: Iterable[str], job: Job) -> dict[str, str]:
    """SLUG=COLUMN by slug; COLUMN alone where there is one exercise."""
    named: dict[str, str] = {}
    graded = list(dict.fromkeys(r.assignment for r in job.results))
    for text in columns:
        slug, equals, column = text.partition("=")
        if not (equals and slug in job.rubrics):
            if len(graded) != 1:
                raise UsageError(
                    f"--column {text}: {slug} is no exercise here. Write SLUG=COLUMN, with one of "
                    f"{', '.join(graded)}."
                )
            slug, column = graded[0], text
        if slug in named:
            raise UsageError(f"--column is given twice for {slug}. Leave one.")
        named[slug] = column
    return named


def edited(edit: Edit, into: Path, out: Path | None, job: Job) -> Done:
    """Write the file, unless it is as it should be, and say what is in it now."""
    from grader import counting
    from grader.export import files
    from grader.messages import plain

    if edit.changes or out is not None:
        files.write(out or into, edit.data)
    cells = plural(len(edit.changes), "cell")
    rest = f", {edit.same} had the right points already" if edit.same else ""
    students = plural(len({c.student for c in edit.changes}), "student")
    lines = [f"Written to {out or into}: {cells} of {students}{rest}."]
    if not edit.changes:
        lines = [f"{into} has all of it already, so nothing is changed: {edit.same} scores."]
    notes = [str(left) for left in edit.left]
    matched = edit.matched
    if matched.strangers:
        told = ", ".join(plain(s, 60) for s in matched.strangers)
        count = len(matched.strangers)
        notes.append(
            f"Not in the file ({count}): {told}. Say who they are there with --roster CSV."
        )
    if matched.others:
        told = "; ".join(str(e) for e in matched.others[:MOST_NAMED])
        more = len(matched.others) - MOST_NAMED
        rest = f"; and {more} more" if more > 0 else ""
        notes.append(f"In the file, but nothing of them is graded here: {told}{rest}.")
    if edit.missing:
        notes.append(
            f"Not handed in, and left alone: {plural(edit.missing, 'cell')}; --zeros writes 0."
        )
    waiting = list(counting.waiting(r for r in job.results if r.student in matched.rows))
    document = {
        "file": str(out or into),
        "written": len(edit.changes),
        "unchanged": edit.same,
        "not_handed_in": edit.missing,
        "changes": [vars(c) for c in edit.changes],
        "left_alone": [vars(left) for left in edit.left],
        "unmatched": {
            "students": list(matched.strangers),
            "rows": [{"line": e.line, "name": e.name, "ids": dict(e.ids)} for e in matched.others],
        },
        "notes": waiting,
    }
    look = bool(edit.left or matched.strangers or waiting)
    return Done(document, lines, [*notes, *waiting], look)


def whole(data: bytes, out: Path | None, as_json: bool, results: int) -> Done:
    """Write one file, or print it. Raises UsageError if two documents would go to stdout."""
    from grader.export import files

    if out is None:
        if as_json:
            raise UsageError("--json says what was written. Name the file with --out FILE.")
        return Done({}, [data.decode("utf-8").removesuffix("\n")])
    files.write(out, data)
    line = f"Written to {out}: {plural(results, 'result')}."
    return Done({"file": str(out), "written": results}, [line])


def documents(
    name: str,
    results: Iterable[Result],
    job: Job,
    classroom: str | None = None,
    links: Path | None = None,
) -> Iterator[tuple[Result, dict[str, Any]]]:
    """Each result with what the format makes of it."""
    from grader.export import classroom50, gradescope, prairielearn
    from grader.messages import plain

    if links is not None and not classroom:
        raise UsageError("--links needs the classroom too. Name it with --classroom NAME.")
    table = classroom50.read_links(links, classroom or "") if links is not None else None
    for result in results:
        rubric = job.rubrics[result.assignment]
        if name == "gradescope":
            yield result, gradescope.document(result, rubric)
        elif name == "prairielearn":
            yield result, prairielearn.document(result, rubric)
        elif table is None:
            environment = {**os.environ, **({"CLASSROOM": classroom} if classroom else {})}
            origin = classroom50.from_environment(environment, result)
            yield result, classroom50.document(result, rubric, origin)
        else:
            whose = (result.student, result.assignment), (result.student, "")
            found = next((table[w] for w in whose if w in table), None)
            if found is None:
                raise UsageError(
                    f"{links} says nothing of {plain(result.student, 60)} in "
                    f"{result.assignment}. Add a row."
                )
            yield result, classroom50.document(result, rubric, found)


def a_file_each(documents: Iterable[tuple[Result, dict[str, Any]]], out: Path | None) -> Done:
    """A file for each submission: DIR/<exercise>/<student>.json."""
    from grader.export import files

    if out is None:
        raise UsageError(
            "Each submission has a file of its own. Name a folder with --out DIR, or one "
            "submission with --student ID --assignment SLUG."
        )
    written: list[dict[str, str]] = []
    taken: set[str] = set()
    for result, document in documents:
        name = files.safe_name(result.student)
        while f"{result.assignment}/{name}".casefold() in taken:
            name += "_"
        taken.add(f"{result.assignment}/{name}".casefold())
        folder = out / result.assignment
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as e:
            raise UsageError(f"{folder} cannot be made ({e.strerror}). Name another.") from None
        path = folder / f"{name}.json"
        files.write(path, dumped(document))
        about = {"student": result.student, "assignment": result.assignment}
        written.append({**about, "file": str(path)})
    line = f"Written to {out}: {plural(len(written), 'file')}."
    return Done({"file": str(out), "written": len(written), "files": written}, [line])


def dumped(document: Mapping[str, Any]) -> bytes:
    import json

    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    return text.encode("utf-8", errors="replace")
