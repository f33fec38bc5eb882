"""The command that tells how far a run has come: status."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from grader.cli import common


@click.command()
@common.course
@common.results
@common.as_json
def status(course_dir: Path | None, results_dir: Path | None, as_json: bool) -> int:
    """Show how far the grading of a class has come: running, interrupted or done.

    Several runs may write to the same results: those that run are shown, else the last one.
    """
    from grader import status as seen
    from grader.errors import UsageError
    from grader.store import Store

    folder = results_dir or common.root(course_dir) / common.RESULTS
    with Store(folder) as store:
        every = [seen.status(run, datetime.now(UTC)) for run in store.runs()]
    if not every:
        raise UsageError(f"Nothing is told of any run in {folder}. Grade with --results {folder}.")
    shown = [s for s in every if s.state == seen.RUNNING] or every[:1]
    if as_json:
        common.print_json({"schema": seen.SCHEMA, "runs": [seen.as_json(s) for s in shown]})
    else:
        common.echo(line for s in shown for line in seen.lines(s))
    fine = all(s.state in (seen.RUNNING, seen.DONE) and not s.run.progress.failed for s in shown)
    return common.ALL_WELL if fine else common.LOOK
