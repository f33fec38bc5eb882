"""A progress bar on stderr, with rate and time left; nothing where there is no terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def bar(items: Iterable[T], total: int, what: str = "grading") -> Iterator[T]:
    """`items` as they come, counted on the bar, which says `what` is going on."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total, rate="")
        for item in items:
            speed = progress.tasks[0].finished_speed or progress.tasks[0].speed
            progress.update(task, advance=1, rate=f"{speed:.1f}/s" if speed else "")
            yield item


def say(*words: str) -> None:
    """A line that the next one overwrites, on a terminal only. Without words: wipe it."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{': '.join(words)}")
        sys.stderr.flush()
