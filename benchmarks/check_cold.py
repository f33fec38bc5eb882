"""How long a student waits: `grader check` from the command line, in a new process each time.

Beside it, in the same run, what no program that uses numpy can go below: importing it.

Usage: check_cold.py
"""

import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from classroom import SLUG, students

RUNS = 15


@dataclass(frozen=True)
class Wait:
    """Seconds of wall clock of one command, for each of its runs."""

    command: str
    seconds: tuple[float, ...]


def measure(course: Path, folder: Path) -> list[Wait]:
    """Time the commands by turns, so that a busy moment hits all of them."""
    grader = str(Path(sys.executable).parent / "grader")
    right = _write(folder / "right", next(s.source for s in students(12) if s.right))
    wrong = _write(folder / "wrong", next(s.source for s in students(12) if not s.right))
    check = [grader, "check", "--course", str(course)]
    commands = {
        "`import numpy`": [sys.executable, "-c", "import numpy"],
        f"`grader check`, {SLUG} as handed out": [*check, SLUG],
        f"`grader check`, right {SLUG}.py": [*check, str(right)],
        f"`grader check`, wrong {SLUG}.py": [*check, str(wrong)],
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(RUNS + 1):
        for name, command in commands.items():
            seconds[name].append(_time(command))
    # The first round fills the disk's cache and is not counted.
    return [Wait(name, tuple(s[1:])) for name, s in seconds.items()]


def table(waits: list[Wait]) -> list[str]:
    """The waits as lines of Markdown."""
    lines = [f"| a new process each time, {RUNS} runs | ms, best | ms, median |", "|---|--:|--:|"]
    for wait in waits:
        best, median = min(wait.seconds), statistics.median(wait.seconds)
        lines.append(f"| {wait.command} | {1000 * best:.0f} | {1000 * median:.0f} |")
    return lines


def _write(folder: Path, source: str) -> Path:
    folder.mkdir()
    path = folder / f"{SLUG}.py"
    path.write_text(source, encoding="utf-8")
    return path


def _time(command: list[str]) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    took = time.perf_counter() - start
    if done.returncode not in (0, 1):  # 1: a check failed
        raise SystemExit(
            f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}"
        )
    return took


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        print("\n".join(table(measure(Path(__file__).parent.parent, Path(temporary)))))
