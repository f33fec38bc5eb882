"""How long a student waits after saving: `grader check --watch`, beside the checks themselves.

The checks themselves are those of a process that has everything loaded, by turns with the saves.

Usage: watch.py
"""

import contextlib
import os
import pty
import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from check_cold import Wait
from classroom import SLUG, students
from grader import own
from grader.model import Limits
from grader.worker import Worker

RUNS = 40
PATIENCE = 30.0
SHOWN = b"Ctrl-C ends it."
"""The end of every screen."""


def measure(course: Path, folder: Path) -> list[Wait]:
    """Save right and wrong files by turns; each is checked without watching, too."""
    files = {True: [s.source for s in students(60) if s.right]}
    files[False] = [s.source for s in students(240) if not s.right]
    path = folder / f"{SLUG}.py"
    path.write_text(files[True][0], encoding="utf-8")
    seconds: dict[str, list[float]] = {}
    with _watching(course, path) as terminal, Worker(Limits()) as worker:
        own.check(course, SLUG, path, worker)
        for n in range(2 * RUNS):
            right = n % 2 == 0
            what = f"{'right' if right else 'wrong'} {SLUG}.py"
            # Saves come at any moment between two looks at the file.
            time.sleep(0.1 + 0.05 * n / (2 * RUNS))
            start = time.perf_counter()
            path.write_text(files[right][n // 2 % len(files[right])], encoding="utf-8")
            _wait(terminal)
            watched = time.perf_counter() - start
            start = time.perf_counter()
            own.check(course, SLUG, path, worker)
            alone = time.perf_counter() - start
            for name, took in (
                ("from the save to the screen", watched),
                ("the checks alone", alone),
                ("beyond the checks", watched - alone),
            ):
                seconds.setdefault(f"{what}, {name}", []).append(took)
    return [Wait(name, tuple(s)) for name, s in seconds.items()]


@contextlib.contextmanager
def _watching(course: Path, path: Path) -> Iterator[int]:
    """Our end of a terminal in which the command runs and has shown its first result."""
    ours, theirs = pty.openpty()
    command = [str(Path(sys.executable).with_name("grader")), "check", str(path), "--watch"]
    with subprocess.Popen(
        [*command, "--course", str(course)], stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        try:
            _wait(ours)
            yield ours
        finally:
            process.terminate()
            os.close(ours)


def _wait(terminal: int) -> None:
    """Read until a whole screen has been drawn."""
    said = b""
    while SHOWN not in said:
        if not select.select([terminal], [], [], PATIENCE)[0]:
            raise SystemExit(f"Nothing was shown within {PATIENCE:g} s of a save.")
        said += os.read(terminal, 1 << 16)


def table(waits: list[Wait]) -> list[str]:
    """The waits as lines of Markdown."""
    lines = [f"| {RUNS} saves each | ms, median | ms, longest |", "|---|--:|--:|"]
    for wait in waits:
        median, longest = statistics.median(wait.seconds), max(wait.seconds)
        lines.append(f"| {wait.command} | {1000 * median:.0f} | {1000 * longest:.0f} |")
    return lines


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        print("\n".join(table(measure(Path(__file__).parent.parent, Path(temporary)))))
