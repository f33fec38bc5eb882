"""The command `grader`. Parsing and printing only; each command imports what it needs itself."""

from __future__ import annotations

import functools
import json
import os
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from grader import __version__
from grader.errors import ConfigError, GraderError, Problem, UsageError

if TYPE_CHECKING:
    from grader.exercise import Exercise
    from grader.model import Course, Result

ALL_WELL, LOOK, BAD_USAGE, INTERRUPTED = 0, 1, 2, 130
RESULTS = "results"

F = TypeVar("F", bound=Callable[..., Any])

_course = click.option(
    "--course",
    "course_dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="The course's folder. Default: the nearest with a course.yaml, upwards from here.",
)
_results = click.option(
    "--results",
    "results_dir",
    type=click.Path(path_type=Path, file_okay=False),
    help=f"Where results are kept. Default: {RESULTS}/ in the course.",
)
_as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="grader")
def cli() -> None:
    """Backpropagation by hand: check your own work, grade a class, prove a course.

    Exit codes: 0 done; 1 done, with something to look at; 2 the command or the course is wrong.
    """


def main() -> None:
    """The console script: errors raised on purpose become messages, never tracebacks."""
    # One thread, as in the child: the arrays are small, and a reference that is timed on more
    # threads than the student's code would set the wrong pace.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    try:
        sys.exit(cli(standalone_mode=False) or ALL_WELL)
    except ConfigError as e:
        click.echo("\n".join(str(p) for p in e.problems), err=True)
    except GraderError as e:
        click.echo(f"grader: {e}", err=True)
    except click.exceptions.Exit as e:
        sys.exit(e.exit_code)
    except click.ClickException as e:
        e.show()
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted. Run the same command again to go on.", err=True)
        sys.exit(INTERRUPTED)
    except _ReaderGone:
        # As with `| head`. Without this Python would complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(LOOK)
    except Exception:
        # Not 1, which Python would take and which has a meaning here.
        traceback.print_exc()
        click.echo("grader: this is a mistake in the grader itself. Please report it.", err=True)
    sys.exit(BAD_USAGE)


@cli.command()
@click.argument("what", nargs=-1, metavar="[SLUG | FILE]...")
@_course
@_as_json
def check(what: tuple[str, ...], course_dir: Path | None, as_json: bool) -> int:
    """Check your own work on the public cases.

    SLUG checks the file in assignments/SLUG; FILE checks that file. Default: the exercise of the
    folder you are in, or every exercise.
    """
    from grader import own

    root = _root(course_dir)
    targets = own.targets(root, what, Path.cwd())
    checked = [own.check(root, slug, path) for slug, path in targets]
    results = [c.result for c in checked]
    if as_json:
        _print_json(results)
    else:
        from grader import terminal

        for c in checked:
            _echo(terminal.check_report(c.result, c.title, c.judgement))
    return ALL_WELL if all(r.score == r.max_score for r in results) else LOOK


@cli.command()
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH..."
)
@click.option("--assignment", "slug", help="What PATH holds, if its names do not tell.")
@click.option("--student", help="Whose work PATH is, if its names do not tell.")
@click.option("--workers", type=click.IntRange(1, 256), help="Default: one for each core.")
@click.option("--force", is_flag=True, help="Judge again what is judged already.")
@click.option("--unsafe-no-sandbox", "unsafe", is_flag=True, help="Run others' code unconfined.")
@_course
@_results
@_as_json
def grade(
    paths: tuple[Path, ...],
    slug: str | None,
    student: str | None,
    workers: int | None,
    force: bool,
    unsafe: bool,
    course_dir: Path | None,
    results_dir: Path | None,
    as_json: bool,
) -> int:
    """Grade files or folders of submissions on hidden cases.

    PATH is a file, a student's folder, or a folder of students. What is graded already is left
    alone, so an interrupted run goes on where it stopped.
    """
    from grader import batch, doctor, inputs, progress, results, terminal
    from grader.score import score
    from grader.store import Store
    from grader.submission import collect

    root = _root(course_dir)
    course, exercises = _exercises(root, [slug] if slug else [])
    assignments = [e.assignment for e in exercises.values()]
    submissions, strays = [], []
    for path in paths:
        found, passed_over = collect(path, assignments, student)
        submissions += found
        strays += passed_over
    twice = _repeats((s.student, s.assignment) for s in submissions)
    if twice:
        raise UsageError(
            f"{twice[0][0]} has two submissions of {twice[0][1]} in what you named. "
            "Grade them one at a time."
        )
    secret, made = inputs.course_secret(root)
    if made:
        click.echo(f"Made a course secret: {root / '.grader' / 'secret'}. Keep it.", err=True)
    if workers is None:
        workers = min(os.cpu_count() or 1, 1 + len(submissions) // 8)
    isolation = doctor.isolation(course.limits, unsafe=unsafe)
    errors = list(strays)
    folder = results_dir or root / RESULTS
    with Store(folder, create=True) as store:
        job = batch.Job(course, tuple(exercises), secret, isolation)
        graded = batch.grade(job, exercises, submissions, store, workers, force)
        for s, done in progress.bar(graded, len(submissions)):
            if isinstance(done, GraderError):
                errors.append(f"{s.student}, {s.assignment}: {done}")
        wanted = {(s.student, s.assignment) for s in submissions}
        rows = [r for r in store.newest() if (r.student, r.assignment) in wanted]
    scored = [score(r.student, exercises[r.assignment].assignment, r.judgement) for r in rows]
    if as_json:
        _echo([json.dumps(results.document(scored, errors), indent=1, ensure_ascii=False)])
    else:
        _echo(terminal.class_table(scored, list(exercises)))
        loose = {r.isolation for r in scored} & {"not sandboxed"}
        if loose:
            click.secho("Submissions were run in processes of their own, not sandboxed.", fg="red")
    for line in errors if not as_json else ():
        click.echo(line, err=True)
    if not as_json:
        click.echo(f"Results: {folder}. For pages to read: grader report", err=True)
    clean = not errors and all(r.score == r.max_score for r in scored)
    return ALL_WELL if clean else LOOK


@cli.command()
@_course
@_results
@_as_json
def rescore(course_dir: Path | None, results_dir: Path | None, as_json: bool) -> int:
    """Apply the rubric as it is now to stored results. No student's code is run."""
    from grader import results, terminal

    root = _root(course_dir)
    _, exercises = _exercises(root, [])
    scored = _stored(results_dir or root / RESULTS, exercises)
    if as_json:
        _echo([json.dumps(results.document(scored, []), indent=1, ensure_ascii=False)])
    else:
        _echo(terminal.class_table(scored, list(exercises)))
    return ALL_WELL


@cli.command()
@click.argument("student")
@click.argument("slug")
@_course
@_results
@_as_json
def replay(
    student: str, slug: str, course_dir: Path | None, results_dir: Path | None, as_json: bool
) -> int:
    """Show the exact hidden inputs of STUDENT in exercise SLUG, and both answers.

    For an appeal: the stored source is run again on the inputs it was judged on.
    """
    from grader import inputs
    from grader import replay as replays
    from grader.store import Store

    root = _root(course_dir)
    _, exercises = _exercises(root, [slug])
    secret, _ = inputs.course_secret(root)
    with Store(results_dir or root / RESULTS) as store:
        rows = [r for r in store.newest() if (r.student, r.assignment) == (student, slug)]
    if not rows:
        raise UsageError(f"There is no result of {student} in {slug}. Check both names.")
    shown = replays.replay(exercises[slug], secret, rows[0])
    _echo([json.dumps(shown.as_json(), indent=1)] if as_json else replays.lines(shown))
    return ALL_WELL if shown.agrees else LOOK


@cli.command()
@_course
@_results
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to write. Default: report/ beside the results.",
)
def report(course_dir: Path | None, results_dir: Path | None, out: Path | None) -> int:
    """Write the class report and a page for each student, as HTML."""
    from grader.report import write_report

    root = _root(course_dir)
    course, exercises = _exercises(root, [])
    folder = results_dir or root / RESULTS
    scored = _stored(folder, exercises)
    assignments = {slug: e.assignment for slug, e in exercises.items()}
    index = write_report(course, assignments, scored, out or folder.parent / "report")
    click.echo(f"Report: {index}")
    return ALL_WELL


@cli.command()
@click.argument("slugs", nargs=-1, metavar="[SLUG]...")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 on drift.")
@_course
def build(slugs: tuple[str, ...], only_check: bool, course_dir: Path | None) -> int:
    """Make stub, notebook, handout and examples out of the source."""
    from grader import build as building
    from grader.verify import generated

    root = _root(course_dir)
    course, exercises = _exercises(root, slugs)
    drifted = False
    for slug, e in exercises.items():
        folder = root / "assignments" / slug
        files = generated(course, e)
        if only_check:
            for drift in building.check(folder, files):
                drifted = True
                click.echo(f"assignments/{slug}/{drift}")
        else:
            written = building.write(folder, files)
            click.echo(f"{slug}: {', '.join(written) if written else 'up to date'}")
    return LOOK if drifted else ALL_WELL


@cli.command()
@click.argument("slugs", nargs=-1, metavar="[SLUG]...")
@_course
@_as_json
def verify(slugs: tuple[str, ...], course_dir: Path | None, as_json: bool) -> int:
    """Prove the course: reference, stub, known mistakes, accepted alternatives, generated files."""
    from grader import progress
    from grader import verify as proving
    from grader.course import load_course
    from grader.worker import Worker

    course = load_course(_root(course_dir))
    wanted = _known(slugs or course.slugs, course.slugs)
    proofs = []
    with Worker(course.limits) as worker:
        for slug in wanted:
            say = functools.partial(progress.say, slug)
            proofs.append(proving.verify(course, slug, worker, say))
    progress.say()
    if as_json:
        told = {"schema": 1, "assignments": [p.as_json() for p in proofs]}
        _echo([json.dumps(told, indent=1)])
    else:
        for proof in proofs:
            _echo(proving.lines(proof))
    return LOOK if any(p.failures for p in proofs) else ALL_WELL


@cli.command()
@_as_json
def doctor(as_json: bool) -> int:
    """Show whether others' code can be confined here, by trying to break out."""
    from grader import doctor as doctors
    from grader.model import Limits

    found = doctors.examine(Limits())
    _echo([json.dumps(found.as_json(), indent=1)] if as_json else found.lines())
    return ALL_WELL if found.tight else LOOK


def _exercises(root: Path, slugs: Iterable[str]) -> tuple[Course, dict[str, Exercise]]:
    """The course and the named exercises (all by default); every file's problems at once."""
    from grader import exercise
    from grader.course import load_course

    course = load_course(root)
    wanted = _known(list(slugs) or course.slugs, course.slugs)
    problems: list[Problem] = []
    loaded: dict[str, Exercise] = {}
    for slug in wanted:
        try:
            loaded[slug] = exercise.load(course, slug)
        except ConfigError as e:
            problems += e.problems
    if problems:
        raise ConfigError(problems)
    return course, loaded


def _known(slugs: Iterable[str], all_slugs: Iterable[str]) -> list[str]:
    known = list(all_slugs)
    for slug in slugs:
        if slug not in known:
            raise UsageError(f"There is no exercise {slug}. There are: {', '.join(known)}.")
    return list(dict.fromkeys(slugs))


def _stored(folder: Path, exercises: dict[str, Exercise]) -> list[Result]:
    from grader.score import score
    from grader.store import Store

    with Store(folder) as store:
        rows = [r for r in store.newest() if r.assignment in exercises]
    return [score(r.student, exercises[r.assignment].assignment, r.judgement) for r in rows]


def _root(course_dir: Path | None) -> Path:
    from grader.places import find_course

    return find_course(course_dir or Path.cwd())


def _repeats(items: Iterable[Any]) -> list[Any]:
    return [item for item, n in Counter(items).items() if n > 1]


def _print_json(results: list[Result]) -> None:
    from grader.results import document

    _echo([json.dumps(document(results, []), indent=1, ensure_ascii=False)])


class _ReaderGone(Exception):
    """Nobody reads our output any more."""


def _echo(lines: Iterable[str]) -> None:
    for line in lines:
        try:
            click.echo(line)
        except BrokenPipeError:
            raise _ReaderGone from None
