"""A progress bar on stderr, with rate and time left; nothing where there is no terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import TypeVar

T = TypeVar("T")


def bar(
    items: Iterable[T],
    total: int,
    what: str = "grading",
    worked: Callable[[T], bool] = lambda item: True,
) -> Iterator[T]:
    """`items` as they come, counted on the bar, which says `what` is going on.

    Rate and time left are of those that had to be `worked` on, whatever else goes by.
    """
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[pace]}"),
    )
    start, done = time.monotonic(), 0
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total, pace="")
        for seen, item in enumerate(items, start=1):
            if worked(item):
                done += 1
                progress.update(task, pace=_pace(done, time.monotonic() - start, total - seen))
            progress.advance(task)
            yield item


def _pace(done: int, seconds: float, left: int) -> str:
    """How fast it goes and how long what is `left` takes: "3.1/s, 0:01:20 left"."""
    rate = done / max(seconds, 1e-3)
    return f"{rate:.1f}/s, {timedelta(seconds=round(left / rate))} left"


def say(*words: str) -> None:
    """A line that the next one overwrites, on a terminal only. Without words: wipe it."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{': '.join(words)}")
        sys.stderr.flush()
