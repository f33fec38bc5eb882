"""nbgrader with its own preprocessors and with our judge in their place, in one environment.

Usage: preprocessors.py. It needs an environment with rnn-grader[nbgrader].
"""

import importlib.util
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from classroom import require_fair_marks, students
from graders import Grader
from notebooks import Judged, Nbgrader

SIZE = 24
ROUNDS = 3


@dataclass(frozen=True)
class Time:
    """Seconds of one `nbgrader autograde` for one student and for the class, in each round."""

    grader: Grader
    one: tuple[float, ...]
    everyone: tuple[float, ...]

    @property
    def submission(self) -> float:
        """Seconds that one more submission adds, the median of the rounds."""
        pairs = zip(self.one, self.everyone, strict=True)
        return statistics.median((whole - first) / (SIZE - 1) for first, whole in pairs)


def measure(course: Path, support: Path, folder: Path) -> list[Time]:
    """Time both by turns, so that a busy moment hits both; nothing if nbgrader is not here."""
    if importlib.util.find_spec("nbgrader") is None:
        return []
    environment = Path(sys.executable).parent.parent
    graders: list[Grader] = [Nbgrader(support, environment), Judged(course, environment)]
    homes = [folder / f"preprocessors-{i}" for i in range(len(graders))]
    seconds: dict[str, tuple[list[float], list[float]]] = {}
    for grader, home in zip(graders, homes, strict=True):
        home.mkdir()
        grader.prepare(students(SIZE), home)
        seconds[grader.name] = [], []
    for n in range(ROUNDS):
        for grader, home in zip(graders, homes, strict=True):
            print(f"round {n + 1} of {ROUNDS}: {grader.name}", file=sys.stderr)
            for times, only_first in zip(seconds[grader.name], (True, False), strict=True):
                start = time.perf_counter()
                grader.mark(home, only_first)
                times.append(time.perf_counter() - start)
            require_fair_marks(grader.name, SIZE, grader.marks(home))
    return [Time(g, *map(tuple, seconds[g.name])) for g in graders]


def table(times: list[Time]) -> list[str]:
    """The times as lines of Markdown; ratios are to our judge, the last of `times`."""
    if not times:
        return []
    ours = times[-1]
    lines = [
        f"| a class of {SIZE} notebooks, median of {ROUNDS} rounds by turns | one student, s "
        "| the class, s | a further one, ms | ratio |",
        "|---|--:|--:|--:|--:|",
    ]
    for t in times:
        one, everyone = statistics.median(t.one), statistics.median(t.everyone)
        lines.append(
            f"| {t.grader.name} | {one:.1f} | {everyone:.1f} | {1000 * t.submission:.0f} "
            f"| {t.submission / ours.submission:.2g} |"
        )
    return lines


if __name__ == "__main__":
    from run import ROOT, lay_support_files

    with tempfile.TemporaryDirectory() as temporary:
        there = Path(temporary)
        support = lay_support_files(ROOT, there / "support")
        print("\n".join(table(measure(ROOT, support, there))))
