"""The command for students: check."""

from __future__ import annotations

from pathlib import Path

import click

from grader.cli import common


@click.command()
@click.argument("what", nargs=-1, metavar="[SLUG | FILE]...")
@common.course
@common.as_json
def check(what: tuple[str, ...], course_dir: Path | None, as_json: bool) -> int:
    """Check your own work on the public cases.

    SLUG checks the file in assignments/SLUG; FILE checks that file. Default: the exercise of the
    folder you are in, or every exercise.
    """
    from grader import own

    root = common.root(course_dir)
    targets = own.targets(root, what, Path.cwd())
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
