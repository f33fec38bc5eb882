"""What the parts of a cluster cost, measured here: the input of simulation.py.

Usage: cluster_costs.py. Writes cluster_costs.json. All is in seconds of processor time, of judge
and submission together, since a worker of a cluster has one core; a busy machine changes that
little. A submission that does not end by itself costs its deadline.
"""

import importlib
import json
import pickle
import queue
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader import batch, cluster, doctor, exercise
from grader.course import load_course
from grader.crowd import Job, Judge, Outcome
from grader.model import Attempt, Submission
from grader.store import Store

psutil: Any = importlib.import_module("psutil")  # distributed brings it, and it has no types
ROOT = Path(__file__).parent.parent
CLASS = ROOT / "examples" / "class"
WRITTEN = Path(__file__).with_suffix(".json")
ROUNDS = 10
TASKS = 1500
STORED = 1500
SECRET = b"any secret does for measuring"


@dataclass(frozen=True)
class Costs:
    """Seconds. `submissions` are those of the sample class, each as often as it is there."""

    submissions: list[float]
    result: float
    client_task: float
    scheduler_task: float
    scheduler_worker: float
    worker_start: float


class Ready:
    """A crowd that has judged already."""

    def __init__(self, outcomes: dict[bytes, Outcome]) -> None:
        self._outcomes = outcomes

    def judged(self, todo: Any) -> Iterator[tuple[Submission, Outcome]]:
        for s in todo:
            yield s, self._outcomes[s.source]


def main() -> None:
    course = load_course(ROOT)
    exercises = {slug: exercise.load(course, slug) for slug in course.slugs}
    class_ = list(handed_in())
    job = Job(course, course.slugs, SECRET, doctor.isolation(course.limits, unsafe=False))
    judge = Judge(job, exercises)
    outcomes: dict[bytes, Outcome] = {}
    seconds = []
    with judge.worker:
        for s in class_:
            began = time.monotonic()
            outcomes[s.source] = judge.outcome(s)
            if time.monotonic() - began >= course.limits.seconds:  # it does not end by itself
                seconds.append(course.limits.seconds)
                continue
            before = used()
            for _ in range(ROUNDS):
                judge.outcome(s)
            seconds.append(round((used() - before) / ROUNDS, 5))
    costs = Costs(seconds, of_result(exercises, class_, outcomes), *of_dask(course, exercises))
    rounded = {k: v if isinstance(v, list) else round(v, 6) for k, v in vars(costs).items()}
    WRITTEN.write_text(json.dumps(rounded, indent=1) + "\n", encoding="utf-8")


def used() -> float:
    """Processor seconds of this process, its zygote, and the ended processes of submissions."""
    zygotes = [z.cpu_times() for z in psutil.Process().children()]
    children = sum(z.user + z.system + z.children_user + z.children_system for z in zygotes)
    return time.process_time() + float(children)


def handed_in() -> Iterator[Submission]:
    for path in sorted(CLASS.glob("*/*/**/*")):
        if path.suffix in (".py", ".ipynb"):
            student, slug = path.relative_to(CLASS).parts[:2]
            yield Submission(student, slug, path.name, path.read_bytes())


def of_result(
    exercises: dict[str, exercise.Exercise],
    class_: list[Submission],
    outcomes: dict[bytes, Outcome],
) -> float:
    """Processor seconds of the grading process for one result: its key, its row, its attempts."""
    works = [
        [Submission(f"s{i}", s.assignment, s.file, s.source, attempt=Attempt())]
        for i, s in zip(range(STORED), class_ * (STORED // len(class_) + 1), strict=False)
    ]
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder), create=True) as store:
        before = time.process_time()
        done = sum(1 for _ in batch.grade(Ready(outcomes), exercises, SECRET, works, store))
        return (time.process_time() - before) / done


def of_dask(
    course: Any, exercises: dict[str, exercise.Exercise]
) -> tuple[float, float, float, float]:
    """Of a task: the client's and the scheduler's processor seconds. Of a worker: the scheduler's
    to send it the course, and the seconds until it is ready to judge."""
    payload = pickle.dumps([next(handed_in())] * 8)
    dask = str(Path(sys.executable).with_name("dask"))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "scheduler.json")
        where = ("--scheduler-file", str(file), "--no-dashboard", "--host", "127.0.0.1")
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        processes = [subprocess.Popen([dask, "scheduler", "--port", "0", *where], **quiet)]
        local = ("--nthreads", "1", "--local-directory", folder)
        processes += [subprocess.Popen([dask, "worker", *where, *local], **quiet) for _ in "12"]
        try:
            while not (file.is_file() and file.read_text().endswith("}")):
                time.sleep(0.05)
            address = json.loads(file.read_text())["address"]
            with cluster._connected(address) as client:
                client.wait_for_workers(2)
                crowd = cluster.Cluster(course, exercises, SECRET, address, False, print)
                used = client.run_on_scheduler(time.process_time)
                started = time.perf_counter()
                with crowd._manned(client):
                    ready = time.perf_counter() - started
                    sent = client.run_on_scheduler(time.process_time) - used
                ours, theirs = tasks(client, payload)
        finally:
            for process in processes[::-1]:
                process.terminate()
                process.wait()
    return ours, theirs, sent / 2, ready


def tasks(client: Any, payload: bytes) -> tuple[float, float]:
    """The client's and the scheduler's processor seconds of a task that does nothing."""
    executor = client.get_executor(pure=False)
    done: queue.SimpleQueue[None] = queue.SimpleQueue()

    def send() -> None:
        executor.submit(len, payload).add_done_callback(lambda _: done.put(None))

    theirs, ours = client.run_on_scheduler(time.process_time), time.process_time()
    for _ in range(2 * cluster.AHEAD):
        send()
    for left in range(TASKS, 0, -1):
        done.get()
        if left > 2 * cluster.AHEAD:
            send()
    ours = time.process_time() - ours
    theirs = client.run_on_scheduler(time.process_time) - theirs
    return ours / TASKS, theirs / TASKS


if __name__ == "__main__":
    main()
