"""The command for students: check."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import common
from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.ci import Threshold
    from grader.own import Checked


_file = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("what", nargs=-1, metavar="[SLUG | FILE]...")
@click.option("--all", "unfolded", is_flag=True, help="Show every check in full, in rubric order.")
@click.option("--watch", "watching", is_flag=True, help="Check again on every save, until Ctrl-C.")
@click.option(
    "--fail-under",
    "threshold",
    metavar="POINTS|PERCENT%",
    callback=common.read_threshold,
    help="Exit with 1 only if an exercise has less. Default: if it has not all.",
)
@click.option("--github", is_flag=True, help="Annotations and a step summary for GitHub.")
@click.option("--junit", type=_file, metavar="FILE", help="Write a JUnit report.")
@click.option("--code-quality", type=_file, metavar="FILE", help="Write GitLab's code quality.")
@common.course
@common.as_json
def check(
    what: tuple[str, ...],
    unfolded: bool,
    watching: bool,
    threshold: Threshold | None,
    github: bool,
    junit: Path | None,
    code_quality: Path | None,
    course_dir: Path | None,
    as_json: bool,
) -> int:
    """Check your own work on the public cases.

    SLUG checks the file in assignments/SLUG; FILE checks that file. Default: the exercise of the
    folder you are in, or every exercise.
    """
    from grader import own

    root = common.root(course_dir)
    targets = own.targets(root, what, Path.cwd())
    if watching:
        if as_json:
            raise UsageError("--watch prints no JSON. Leave out --json, or --watch.")
        if threshold or github or junit or code_quality:
            raise UsageError("--watch never ends by itself, so it writes nothing for CI. Leave it.")
        return _watch(root, targets)
    if github and as_json:
        raise UsageError("--github prints commands, --json one document. Leave out one of them.")
    checked = [own.check(root, slug, path) for slug, path in targets]
    results = [c.result for c in checked]
    if as_json:
        from grader.results import document

        common.print_json(document(results, []))
    else:
        from grader import terminal

        window = terminal.WIDTH
        if sys.stdout.isatty():
            window = max(min(shutil.get_terminal_size().columns, window), terminal.NARROWEST)
        lines: Iterator[str] = (
            line
            for c in checked
            for line in terminal.check_report(
                c.result, c.title, c.judgement, unfolded=unfolded, window=window
            )
        )
        if github:
            from grader.ci.github import fenced

            lines = fenced(lines)
        common.echo(lines)
    _for_ci(checked, github, junit, code_quality)
    if threshold is None:
        return common.ALL_WELL if all(r.score == r.max_score for r in results) else common.LOOK
    below = [r for r in results if not threshold.met(r)]
    for r in below:
        click.echo(threshold.told(r), err=True)
    return common.LOOK if below else common.ALL_WELL


def _for_ci(
    checked: Sequence[Checked], github: bool, junit: Path | None, code_quality: Path | None
) -> None:
    """Write and print what was asked for. Raises UsageError for a file that cannot be written."""
    if github:
        from grader.ci import github as hub
        from grader.ci.markdown import own_summary

        common.echo(hub.annotate(checked, hub.workspace()))
        hub.write_summary(own_summary(checked))
    if junit:
        from grader.ci import junit as xml
        from grader.ci.github import relative, workspace

        files = {c.result.assignment: relative(c.file, workspace()) for c in checked}
        _write(junit, xml.document([c.result for c in checked], files))
    if code_quality:
        from grader.ci import gitlab
        from grader.ci.github import workspace

        report = gitlab.code_quality(checked, workspace())
        _write(code_quality, f"{json.dumps(report, indent=1, ensure_ascii=False)}\n".encode())


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as e:
        raise UsageError(f"{path} cannot be written ({e.strerror}). Name another file.") from None


def _watch(root: Path, targets: list[tuple[str, Path]]) -> int:
    from grader import watch

    screen = watch.Screen()
    try:
        watch.watch(root, targets, screen)
    except KeyboardInterrupt:
        screen.end()
    return common.ALL_WELL
