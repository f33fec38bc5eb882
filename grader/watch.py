"""`grader check --watch`: checked again on every save, one screen at a time.

What is slow to start is started once and stays: this process with numpy, and the zygote with its
own. The student's code is run in a fresh child each time. Files are looked at by `os.stat`, which
works on every system and every file system, and sees an editor that replaces the file as well as
one that writes into it.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType

import click

from grader import own
from grader.errors import ConfigError, GraderError
from grader.model import Limits
from grader.screen import Look, Seen, compared, report
from grader.worker import Worker

POLL = 0.05
"""Seconds between two looks at the files."""

SETTLE = 0.01
"""Seconds that a file must stay as it is: half of a save is not checked."""

PATIENCE = 0.5
"""Seconds that a file which is gone or empty has to come back: some editors save so."""

HANGS = 0.5
"""Seconds after which a check that still runs makes way for a newer save."""

TRIES = 3
"""How often a result is thrown away because the file was saved meanwhile, before one is shown."""

Target = tuple[str, Path]
"""An exercise and the file or folder that is checked."""

Stamp = Mapping[Path, tuple[int, int, int]]
"""When each file was changed (ns), its size in bytes and its inode: equal if nothing was saved."""


class _Superseded(BaseException):
    """The file was saved again while its check ran. Not an Exception: nobody may handle it."""


class Screen:
    """Where results go: one that is drawn over on a terminal, else one below the other."""

    def __init__(self) -> None:
        self._drawn: os.terminal_size | None = None
        self._shown: tuple[Seen, tuple[Seen, ...]] | None = None
        self._is_terminal = sys.stdout.isatty()

    def show(self, seen: Seen, others: Iterable[Seen]) -> None:
        """Show `seen` in full and a word on each of the `others`."""
        self._shown = seen, tuple(others)
        if not self._is_terminal:
            click.echo("\n".join(report(*self._shown)) + "\n")
            return
        size = shutil.get_terminal_size()
        lines = list(report(*self._shown, size.columns, size.lines))
        start = "\033[H" if self._drawn == size else "\033[2J\033[H"
        # In one piece, each line wiped as it is drawn over: nothing flickers.
        click.echo(start + "\033[K\n".join(lines) + "\033[K\033[J", nl=False)
        self._drawn = size

    def fit(self) -> None:
        """Draw again if the terminal has another size now."""
        if self._shown and self._drawn not in (None, shutil.get_terminal_size()):
            self.show(*self._shown)

    def say(self, text: str) -> None:
        """What is going on, in place of the last line."""
        if self._is_terminal:
            click.echo("\r\033[K" + click.style(text, dim=True), nl=False)

    def end(self) -> None:
        """Leave the cursor where the shell's next prompt belongs."""
        if self._is_terminal:
            click.echo("\r\033[K", nl=False)


def watch(root: Path, targets: Sequence[Target], screen: Screen) -> None:
    """Check `targets`, and each again when it is saved, until KeyboardInterrupt.

    What cannot be checked is shown as such and waited for. Of several targets, the one that was
    saved last is shown in full.
    """
    seen: dict[Target, Seen] = {}
    stamps = {t: _stamp(root, t) for t in targets}
    due = sorted(targets, key=lambda t: max((s[0] for s in stamps[t].values()), default=0))
    with Worker(Limits()) as worker:
        worker.start()
        while True:
            for n, target in enumerate(due):
                screen.say(f"Checking {target[0]} …")
                stamps[target], looked = _look(root, target, stamps[target], worker)
                seen[target] = compared(looked, seen.get(target))
                if n == len(due) - 1 or not sys.stdout.isatty():
                    screen.show(seen[target], [s for t, s in seen.items() if t != target])
            due = []
            while not due:
                time.sleep(POLL)
                screen.fit()
                due = [t for t in targets if _is_newer(root, t, stamps[t])]


def _look(root: Path, target: Target, before: Stamp, worker: Worker) -> tuple[Stamp, Look]:
    """The result of the file as it is when it has been saved, and which state of it that is."""
    tries = 0
    while True:
        stamp = _settled(root, target, before)
        start = time.perf_counter()
        outcome: own.Checked | str
        try:
            with _giving_way(functools.partial(_is_newer, root, target, stamp)):
                outcome = own.check(root, *target, worker)
        except _Superseded:
            worker.close()  # in the middle of a conversation; the next check starts another
            continue
        except ConfigError as e:
            outcome = "\n".join(str(p) for p in e.problems)
        except GraderError as e:
            outcome = str(e)
        except OSError as e:
            outcome = f"A file went away while it was read ({e.strerror}). Save it again."
        tries += 1
        if tries == TRIES or not _is_newer(root, target, stamp):
            return stamp, Look(*target, outcome, datetime.now(), time.perf_counter() - start)


def _is_newer(root: Path, target: Target, stamp: Stamp) -> bool:
    return _stamp(root, target) != stamp


def _stamp(root: Path, target: Target) -> Stamp:
    """What is there of the files that a result depends on."""
    slug, path = target
    files = [root / "assignments" / slug / name for name in ("probe.py", "examples.json")]
    with contextlib.suppress(OSError):
        files += [Path(e.path) for e in os.scandir(path) if e.name.endswith((".py", ".ipynb"))]
    stamp = {}
    for file in (*files, path):
        with contextlib.suppress(OSError):
            found = file.stat()
            if not stat.S_ISDIR(found.st_mode):
                stamp[file] = (found.st_mtime_ns, found.st_size, found.st_ino)
    return stamp


def _settled(root: Path, target: Target, before: Stamp) -> Stamp:
    """The files' stamp once it stays the same, with all there that was there `before`."""
    deadline = time.monotonic() + PATIENCE
    stamp = _stamp(root, target)
    while True:
        time.sleep(SETTLE)
        now = _stamp(root, target)
        whole = all(file in now and now[file][1] for file, (_, size, _) in before.items() if size)
        if now == stamp and (whole or time.monotonic() > deadline):
            return now
        stamp = now


@contextmanager
def _giving_way(changed: Callable[[], bool]) -> Iterator[None]:
    """Raise _Superseded in what runs here once it `changed`, if it takes long.

    A loop that never ends would otherwise keep its author waiting with the mended file. Where
    there are no timers it does.
    """
    if not hasattr(signal, "setitimer"):
        yield
        return

    def look(number: int, frame: FrameType | None) -> None:
        if changed():
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise _Superseded

    old = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, HANGS, POLL)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
