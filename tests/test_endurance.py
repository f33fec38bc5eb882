"""Thousands of submissions, and two hundred kills: nothing grows, nothing is lost."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from course_kit import SLUG as AFFINE
from course_kit import Course, affine

from grader import exercise
from grader.batch import Job, Judge
from grader.course import load_course
from grader.launcher import Isolation
from grader.model import Submission
from grader.store import Store

ROOT = Path(__file__).resolve().parent.parent
CLASS = ROOT / "examples" / "class"
SECRET = "a secret for the tests only, long enough"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="counts processes in /proc"),
]


EDITS = {
    "right": ("", ""),
    "wrong": ("1 - h_next**2", "1 - h_next"),
    "unreadable": ("def backward(self, dh_next):", "def backward(self, dh_next)"),
    "ends": ("h_next = np.tanh(", "__import__('os')._exit(0)\n        h_next = np.tanh("),
    "takes": ("self.cache = None", "self.cache = np.ones((10_000, 1024, 128))"),
    "prints": (
        "x, h_prev, h_next = self.cache",
        "x, h_prev, h_next = self.cache; print(x, '=' * 9999)",
    ),
    "forgets": (
        "x, h_prev, h_next = self.cache",
        "(x, h_prev, h_next), self.cache = self.cache, ()",
    ),
}
"""What `ada` might have written instead, by what it does."""


def submission(deed: str) -> Submission:
    source = (CLASS / "ada" / "rnn_unit" / "rnn_unit.py").read_text(encoding="utf-8")
    old, new = EDITS[deed]
    assert old in source
    return Submission(deed, "rnn_unit", "rnn_unit.py", source.replace(old, new).encode())


def resident(pid: int) -> int:
    """Resident memory of a process, in KiB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def high_water(pid: int) -> int:
    """The most resident memory that a process has had, in KiB; 0 if it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    return next((int(x.split()[1]) for x in status.splitlines() if x.startswith("VmHWM")), 0)


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def children(pid: int) -> list[int]:
    try:
        return [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def descendants(pid: int) -> Iterator[int]:
    for child in children(pid):
        yield child
        yield from descendants(child)


def test_two_thousand_submissions_leave_no_trace() -> None:
    course = load_course(ROOT)
    exercises = {"rnn_unit": exercise.load(course, "rnn_unit")}
    judge = Judge(Job(course, ("rnn_unit",), SECRET.encode(), Isolation()), exercises)
    class_ = [submission(deed) for deed in EDITS]
    seen = []
    with judge.worker:
        for n, s in enumerate(itertools.islice(itertools.cycle(class_), 2000), 1):
            judge(s)
            if n in (200, 2000):
                (zygote,) = (c for c in children(os.getpid()))
                seen.append((resident(os.getpid()), resident(zygote), descriptors(zygote)))
                assert len(list(descendants(zygote))) <= 2  # one spare, one still being reaped
    (judge_then, zygote_then, fds_then), (judge_now, zygote_now, fds_now) = seen
    assert judge_now - judge_then < 8 << 10
    assert zygote_now - zygote_then < 2 << 10
    assert fds_now <= fds_then + 1


def grading(results: Path) -> subprocess.Popen[bytes]:
    command = [str(Path(sys.executable).with_name("grader")), "grade", *map(str, HAND_INS)]
    options = ["--assignment", "rnn_unit", "--results", str(results), "--workers", "1", "--json"]
    return subprocess.Popen(
        [*command, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "GRADER_SECRET": SECRET},
        cwd=ROOT,
    )


HAND_INS = [CLASS / s for s in ("ada", "dana", "hiro", "mina", "priya", "tomas", "ximena")]


def rows(results: Path) -> int:
    if not (results / "results.db").is_file():
        return 0
    with Store(results) as store:
        return len(list(store.attempts()))


def gone(pids: dict[int, str]) -> bool:
    """Whether none of these processes, by pid and start time, is there any more."""
    return not any(started(pid) == when for pid, when in pids.items())


def started(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    state, *rest = stat.rpartition(")")[2].split()
    return "" if state == "Z" else rest[18]


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        threading.Event().wait(0.005)
    return True


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> object:
    out, _ = grading(tmp_path_factory.mktemp("undisturbed")).communicate(timeout=60)
    return json.loads(out)


@pytest.mark.parametrize("number", range(200))
def test_a_kill_at_any_moment_loses_nothing(
    number: int, tmp_path: Path, undisturbed: object
) -> None:
    chance = random.Random(number)
    target = ("judge", "zygote", "child")[number % 3]
    run = grading(tmp_path)
    threading.Event().wait(chance.uniform(0.05, 1.0))
    seen = {pid: started(pid) for pid in (run.pid, *descendants(run.pid))}
    tree = {pid: when for pid, when in seen.items() if when}
    before = rows(tmp_path)
    victims = {
        "judge": [run.pid],
        "zygote": children(run.pid),
        "child": [c for z in children(run.pid) for c in descendants(z)],
    }[target]
    for pid in victims[-1:]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    out, _ = run.communicate(timeout=60)
    if run.returncode in (0, 1):  # it went on: then nothing is wrong with what it says
        assert json.loads(out) == undisturbed
    else:
        assert target == "judge" or run.returncode == 2
    assert eventually(lambda: gone(tree)), f"left over: {tree}"
    assert rows(tmp_path) >= before
    again, _ = grading(tmp_path).communicate(timeout=60)
    assert json.loads(again) == undisturbed


# A class, on two workers


class Class:
    """Submissions of the small course, no two of them equal, and runs of `grader grade` on them."""

    def __init__(self, folder: Path, size: int) -> None:
        self.course = Course(folder / "course")
        self.size = size
        self.folder = folder / "class"
        for n in range(size):
            home = self.folder / f"student-{n:05}" / AFFINE
            home.mkdir(parents=True)
            (home / f"{AFFINE}.py").write_text(f"{affine()}# {n}\n", encoding="utf-8")

    def start(self, results: Path, *more: str) -> subprocess.Popen[bytes]:
        program = str(Path(sys.executable).with_name("grader"))
        command = [program, "grade", str(self.folder), "--course", str(self.course.root)]
        return subprocess.Popen(
            [*command, "--results", str(results), "--json", "--workers", "2", *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "GRADER_SECRET": SECRET},
            start_new_session=True,  # as a terminal does: what it sends goes to all of them
        )

    def status(self, results: Path) -> dict[str, Any]:
        program = str(Path(sys.executable).with_name("grader"))
        done = subprocess.run(
            [program, "status", "--results", str(results), "--json"], stdout=subprocess.PIPE
        )
        (run,) = json.loads(done.stdout)["runs"]
        return dict(run)


@pytest.fixture(scope="module")
def class_(tmp_path_factory: pytest.TempPathFactory) -> Class:
    return Class(tmp_path_factory.mktemp("class"), 150)


@pytest.fixture(scope="module")
def whole(class_: Class, tmp_path_factory: pytest.TempPathFactory) -> Any:
    out, _ = class_.start(tmp_path_factory.mktemp("whole")).communicate(timeout=300)
    return json.loads(out)


SIGNALS = {
    "Ctrl-C": [signal.SIGINT],
    "Ctrl-C twice": [signal.SIGINT, signal.SIGINT],
    "SIGTERM": [signal.SIGTERM],
    "SIGKILL": [signal.SIGKILL],
}


@pytest.mark.parametrize("how", SIGNALS)
def test_a_run_that_is_stopped_amid_a_class_is_finished_by_the_next(
    how: str, class_: Class, whole: Any, tmp_path: Path
) -> None:
    run = class_.start(tmp_path)
    assert eventually(lambda: rows(tmp_path) > 10, 120)
    seen = {pid: started(pid) for pid in (run.pid, *descendants(run.pid))}
    tree = {pid: when for pid, when in seen.items() if when}
    assert class_.status(tmp_path)["state"] == "running"
    for number in SIGNALS[how]:
        if number is signal.SIGINT:
            os.killpg(run.pid, number)
        else:
            os.kill(run.pid, number)
        threading.Event().wait(0.05)
    out, err = run.communicate(timeout=120)
    assert out == b""
    kept = rows(tmp_path)
    told = class_.status(tmp_path)
    assert (told["state"], told["total"]) == ("interrupted", class_.size)
    assert told["done"] <= kept < class_.size
    if how != "SIGKILL":
        assert run.returncode == 130
        assert b"Traceback" not in err
        assert b"go on" in err
    assert eventually(lambda: gone(tree), 30), f"left over: {tree}"
    again, _ = class_.start(tmp_path).communicate(timeout=300)
    assert json.loads(again) == whole
    told = class_.status(tmp_path)
    assert (told["state"], told["done"]) == ("done", class_.size)
    assert told["judged"] == class_.size - kept  # nothing was judged twice


def test_memory_does_not_grow_with_the_class(tmp_path: Path) -> None:
    peaks = []
    for size in (200, 2000):
        several = Class(tmp_path / str(size), size)
        peak = 0
        with several.start(tmp_path / f"results-{size}") as run:
            assert run.stdout is not None
            reader = threading.Thread(target=deque, args=(run.stdout, 0))  # or it would wait
            reader.start()
            while run.poll() is None:
                peak = max(peak, high_water(run.pid))
                threading.Event().wait(0.05)
            reader.join()
        assert run.returncode == 0
        peaks.append(peak)
    few, many = peaks
    assert many - few < 16 << 10
