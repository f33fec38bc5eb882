"""The command for students: check."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli import common
from grader.errors import UsageError


@click.command()
@click.argument("what", nargs=-1, metavar="[SLUG | FILE]...")
@click.option("--watch", "watching", is_flag=True, help="Check again on every save, until Ctrl-C.")
@common.course
@common.as_json
def check(what: tuple[str, ...], watching: bool, course_dir: Path | None, as_json: bool) -> int:
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
        return _watch(root, targets)
    checked = [own.check(root, slug, path) for slug, path in targets]
    results = [c.result for c in checked]
    if as_json:
        from grader.results import document

        common.print_json(document(results, []))
    else:
        from grader import terminal

        for c in checked:
            common.echo(terminal.check_report(c.result, c.title, c.judgement))
    return common.ALL_WELL if all(r.score == r.max_score for r in results) else common.LOOK


def _watch(root: Path, targets: list[tuple[str, Path]]) -> int:
    from grader import watch

    screen = watch.Screen()
    try:
        watch.watch(root, targets, screen)
    except KeyboardInterrupt:
        screen.end()
    return common.ALL_WELL
