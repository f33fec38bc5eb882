"""How much memory a run takes that grades a class, by the size of the class.

Usage: memory.py [SIZE]... Prints a table; default: 1,000 and 10,000.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from classroom import SLUG, hand_in, students
from graders import ENVIRONMENT

ROOT = Path(__file__).parent.parent
SIZES = (1_000, 10_000)
WORKERS = 2
LOOK_EVERY = 0.2


@dataclass(frozen=True)
class Taken:
    """What one run took: MiB of resident memory at most, seconds in all."""

    size: int
    judge: float
    worker: float
    zygote: float
    seconds: float


def measure(size: int, folder: Path, course: Path = ROOT) -> Taken:
    """Grade a class of `size` into `folder` and watch the processes that do."""
    submissions = hand_in(students(size), folder / "class")
    command = [str(Path(sys.executable).parent / "grader"), "grade", str(submissions), "--json"]
    command += ["--course", str(course), "--assignment", SLUG, "--workers", str(WORKERS)]
    command += ["--results", str(folder / "results")]
    peaks = {"judge": 0.0, "worker": 0.0, "zygote": 0.0}
    begun = time.perf_counter()
    with (folder / "marks.json").open("wb") as out:
        run = subprocess.Popen(command, stdout=out, env={**os.environ, **ENVIRONMENT})
        while run.poll() is None:
            for kind, mib in _peaks(run.pid):
                peaks[kind] = max(peaks[kind], mib)
            time.sleep(LOOK_EVERY)
    if run.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)} ended with {run.returncode}.")
    return Taken(size, **peaks, seconds=time.perf_counter() - begun)


def table(taken: list[Taken]) -> list[str]:
    """Lines of Markdown."""
    lines = [
        "| submissions in a run | judge, MiB | a worker, MiB | below it, MiB | minutes |",
        "|--:|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {t.size:,} | {t.judge:.0f} | {t.worker:.0f} | {t.zygote:.0f} | {t.seconds / 60:.1f} |"
        for t in taken
    ]
    return lines


def _peaks(judge: int) -> Iterator[tuple[str, float]]:
    """What each process of a run has taken at most so far.

    Peaks are the kernel's (VmHWM), so nothing between two looks is missed.
    """
    yield "judge", _peak(judge)
    for worker in _children(judge):
        below = list(_descendants(worker))  # Python's resource tracker has none
        yield "worker", _peak(worker) if below else 0.0
        for zygote in below:
            yield "zygote", _peak(zygote)


def _descendants(pid: int) -> Iterator[int]:
    for child in _children(pid):
        yield child
        yield from _descendants(child)


def _peak(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text(errors="replace")
    except OSError:
        return 0.0
    kib = [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")]
    return kib[0] / 1024 if kib else 0.0


def _children(pid: int) -> list[int]:
    try:
        return [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


if __name__ == "__main__":
    found = []
    for size in [int(size) for size in sys.argv[1:]] or SIZES:
        with tempfile.TemporaryDirectory() as temporary:
            found.append(measure(size, Path(temporary)))
    print("\n".join(table(found)))
