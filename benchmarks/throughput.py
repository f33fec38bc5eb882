"""What one more submission costs with one and with two workers, beside the floor.

The floor is what nobody who runs each submission in a process of its own can go below: a sandboxed
child that answers all questions of the exercise, and the reference's answers; nothing is compared,
nothing kept. Figures on one core are of processes that may use that core alone.

Usage: throughput.py [--course DIR] [--class-size N] [--rounds N]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from classroom import SLUG, hand_in, students
from grader import exercise
from grader.course import load_course
from grader.launcher import Isolation
from grader.probe import questions
from grader.sandbox import namespaces
from grader.worker import Ask, Worker
from graders import ENVIRONMENT

ROOT = Path(__file__).parent.parent
SECRET = b"any secret does for timing"


@dataclass(frozen=True)
class Way:
    """A way to mark a class: so many workers on so many cores; no workers: the floor."""

    name: str
    workers: int
    cores: int


WAYS = (
    Way("the floor, one core", 0, 1),
    Way("one worker, one core", 1, 1),
    Way("one worker, two cores", 1, 2),
    Way("two workers, two cores", 2, 2),
)


@dataclass(frozen=True)
class Pace:
    """Seconds of wall clock that one more submission adds."""

    way: Way
    seconds: float


def measure(course: Path, folder: Path, size: int, rounds: int) -> list[Pace]:
    """Every way in every round, so that a busy moment hits all; the best of each counts."""
    folder.mkdir(exist_ok=True)
    few = max(size // 10, 1)
    hand_in(students(size), folder / "class")
    hand_in(students(few), folder / "few")
    runs = {
        way: {
            n: _floor(course, n, way.cores)
            if not way.workers
            else _grade(course, folder, name, way)
            for n, name in ((size, "class"), (few, "few"))
        }
        for way in WAYS
    }
    best: dict[tuple[Way, int], float] = {}
    for _ in range(rounds):
        for way, both in runs.items():
            for n, run in both.items():
                begun = time.perf_counter()
                run()
                took = time.perf_counter() - begun
                best[way, n] = min(best.get((way, n), took), took)
    return [Pace(way, (best[way, size] - best[way, few]) / (size - few)) for way in WAYS]


def table(paces: list[Pace]) -> list[str]:
    """Lines of Markdown. Ratios are to the floor, and to one worker on one core."""
    floor, one = paces[0], paces[1]
    lines = [
        "| one more submission | ms | to the floor | faster than one core |",
        "|---|--:|--:|--:|",
    ]
    for p in paces:
        lines.append(
            f"| {p.way.name} | {1e3 * p.seconds:.1f} "
            f"| {p.seconds / floor.seconds:.2f} | {one.seconds / p.seconds:.2f} |"
        )
    return lines


def _grade(course: Path, folder: Path, which: str, way: Way) -> Callable[[], None]:
    """`grader grade` of one of the classes in `folder`."""

    def run() -> None:
        with tempfile.TemporaryDirectory() as results:
            command = [str(Path(sys.executable).parent / "grader"), "grade", str(folder / which)]
            command += ["--course", str(course), "--results", results, "--assignment", SLUG]
            _run([*command, "--json", "--workers", str(way.workers)], way.cores, accept=(0, 1))

    return run


def _floor(course: Path, size: int, cores: int) -> Callable[[], None]:
    def run() -> None:
        _run([sys.executable, __file__, "--course", str(course), "--floor", str(size)], cores)

    return run


def _run(command: list[str], cores: int, accept: tuple[int, ...] = (0,)) -> None:
    every = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, every[:cores])  # a child begins with its parent's
    try:
        done = subprocess.run(
            command, env={**os.environ, **ENVIRONMENT}, capture_output=True, text=True
        )
    finally:
        os.sched_setaffinity(0, every)
    if done.returncode not in accept:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")


def answer_only(course_dir: Path, size: int) -> None:
    """The floor: children that answer, and the reference's answers."""
    course = load_course(course_dir)
    e = exercise.load(course, SLUG)
    bubblewrap = namespaces.probe()
    isolation = Isolation(bwrap=bubblewrap.path if bubblewrap.usable else "")
    with Worker(course.limits, isolation) as worker:
        for student in students(size):
            bench = e.hidden_bench(SECRET, student.name)
            cases = list(bench.cases.values())
            asks = [Ask(*question) for question in questions(e.assignment, cases)]
            with worker.open(e.probe.source, SLUG, student.source.encode()) as session:
                session.give(bench.inputs)
                session.put(asks)
                len(bench.expected)  # solved while the child is at work
                session.get(asks)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--course", type=Path, default=ROOT)
    parser.add_argument("--class-size", type=int, default=240)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--floor", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.floor:
        answer_only(options.course, options.floor)
    else:
        with tempfile.TemporaryDirectory() as temporary:
            found = measure(
                options.course.absolute(), Path(temporary), options.class_size, options.rounds
            )
        print("\n".join(table(found)))
