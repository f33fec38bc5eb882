"""Where the milliseconds of one submission go: processor time of the judge, by what it does, and
of the sandboxed processes.

Usage: phases.py [--submissions N]. Times of processors, so that a busy machine changes little.
"""

import argparse
import resource
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from classroom import SLUG, students
from grader import batch, exercise, judge, slopes, worker
from grader.course import load_course
from grader.exercise import Exercise
from grader.launcher import Isolation
from grader.model import Submission

ROOT = Path(__file__).parent.parent
SECRET = b"any secret does for timing"
ROUNDS = 5

PHASES: dict[str, tuple[tuple[Any, str], ...]] = {
    "drawing the hidden inputs": ((Exercise, "hidden_bench"),),
    "sending cases and questions": ((worker.Session, "_send"),),
    "receiving answers": ((worker.Session, "_receive"),),
    "comparing answers with the reference's": (
        (judge, "evidence"),
        (judge, "with_answers"),
    ),
    "numerical derivatives": ((slopes, "measure"),),
    "what each check makes of it": ((judge, "conclude"),),
}


@dataclass
class Clock:
    """Seconds of this thread's processor time by phase; what is inside of another is not of it."""

    spent: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    _open: list[float] = field(default_factory=list)

    def timed(self, phase: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **more: Any) -> Any:
            begun = time.thread_time()
            self._open.append(0.0)
            try:
                return function(*arguments, **more)
            finally:
                whole = time.thread_time() - begun
                self.spent[phase] += whole - self._open.pop()
                if self._open:
                    self._open[-1] += whole

        return run


@contextmanager
def watched(clock: Clock) -> Iterator[None]:
    patches = [
        mock.patch.object(owner, name, clock.timed(phase, getattr(owner, name)))
        for phase, places in PHASES.items()
        for owner, name in places
    ]
    for patch in patches:
        patch.start()
    try:
        yield
    finally:
        for patch in patches:
            patch.stop()


def sandboxed(run: Callable[[], None]) -> float:
    """Seconds of processor time of the processes that `run` starts and ends."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def one_round(course: Path, count: int) -> dict[str, float]:
    """Milliseconds of processor time a submission, by phase."""
    loaded = load_course(course)
    e = exercise.load(loaded, SLUG)
    everyone = [s for s in students(2 * count) if s.right][:count]
    job = batch.Job(loaded, (SLUG,), SECRET, Isolation())
    clock, judging = Clock(), 0.0

    def nothing() -> None:
        with worker.Worker(loaded.limits, Isolation()) as w:
            w.start()

    def empty() -> None:
        with worker.Worker(loaded.limits, Isolation()) as w:
            for s in everyone:
                w.open(e.probe.source, SLUG, s.source.encode()).close()

    def marked() -> None:
        nonlocal judging
        judged = batch.Judge(job, {SLUG: e})
        with judged.worker:
            judged.worker.start()
            begun = time.thread_time()
            for s in everyone:
                judged(Submission(s.name, SLUG, f"{SLUG}.py", s.source.encode()))
            judging = time.thread_time() - begun

    start = sandboxed(nothing)
    bare = sandboxed(empty) - start
    with watched(clock):
        children = sandboxed(marked) - start
    told = {f"judge: {phase}": clock.spent[phase] for phase in PHASES}
    told["judge: the rest, with the reference's answers"] = judging - sum(clock.spent.values())
    told["sandbox: a child begun, confined and ended"] = bare
    told["sandbox: the source loaded, all questions answered"] = children - bare
    return {name: 1e3 * seconds / count for name, seconds in told.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--course", type=Path, default=ROOT)
    parser.add_argument("--submissions", type=int, default=100)
    options = parser.parse_args()
    rounds = [one_round(options.course, options.submissions) for _ in range(ROUNDS)]
    middle = {name: statistics.median(r[name] for r in rounds) for name in rounds[0]}
    print(f"Milliseconds of processor time for a right submission of `{SLUG}`, median of {ROUNDS}")
    print("rounds:\n\n| | ms |\n|---|--:|")
    for name, ms in middle.items():
        print(f"| {name} | {ms:.1f} |")
    print(f"| **in all** | **{sum(middle.values()):.1f}** |")


if __name__ == "__main__":
    main()
