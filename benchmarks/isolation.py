"""What the sandbox costs: the same submission in a forked child with and without its layers."""

import time
from pathlib import Path

from classroom import SLUG, students
from grader import exercise, known
from grader.course import load_course
from grader.judge import judge
from grader.launcher import Isolation
from grader.sandbox import namespaces
from grader.worker import Worker

RUNS = 150
SECRET = b"any secret does for timing"


def measure(course_dir: Path) -> dict[str, list[float]]:
    """Seconds per submission, by kind of isolation; the kinds take turns, so that they share
    whatever else the machine is doing."""
    course = load_course(course_dir)
    e = exercise.load(course, SLUG)
    recogniser = known.recogniser_of(e)
    source = next(s.source for s in students(12) if s.right).encode()
    kinds = {"limits only": Isolation(strict=False), "limits, Landlock, seccomp": Isolation()}
    bubblewrap = namespaces.probe()
    if bubblewrap.usable:
        kinds["the same in bubblewrap"] = Isolation(bwrap=bubblewrap.path)
    workers = {name: Worker(course.limits, kind) for name, kind in kinds.items()}
    seconds: dict[str, list[float]] = {name: [] for name in kinds}
    for run in range(RUNS):
        for name, worker in workers.items():
            before = time.perf_counter()
            bench = e.hidden_bench(SECRET, f"student-{run}")
            judged = judge(worker, source, e.probe.source, e.assignment, bench, recogniser)
            seconds[name].append(time.perf_counter() - before)
            assert all(c.status == "passed" for c in judged.checks), name
    for worker in workers.values():
        worker.close()
    return seconds


def table(seconds: dict[str, list[float]]) -> list[str]:
    """Markdown, with ratios to the first kind."""
    base = sorted(next(iter(seconds.values())))
    lines = [f"| a submission in a forked child, {RUNS} runs by turns | ms, median | ratio |"]
    lines += ["|---|--:|--:|"]
    for name, times in seconds.items():
        median = sorted(times)[len(times) // 2]
        lines.append(f"| {name} | {1e3 * median:.1f} | {median / base[len(base) // 2]:.2f} |")
    return lines
