"""Processes that mark the sources of a course: mistakes, alternatives and mutants side by side.

Like `batch`, but what is marked is the author's and nothing is kept. A member is a process of the
judge's with its own zygote; a crew of one is this process.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context
from types import TracebackType
from typing import Self

from grader import exercise
from grader.errors import ConfigError, WorkerError
from grader.model import Course
from grader.trial import Fate, Marker
from grader.verdict import Result
from grader.worker import Worker

SECRET = b"verification uses no secret"
STUDENT = "verify"


@dataclass(frozen=True)
class Task:
    """A source to mark as a submission of exercise `slug`; or only to see if it loses anything."""

    slug: str
    source: bytes
    trial: bool = False


@dataclass
class _Member:
    """What one process keeps: its worker, and each exercise once it was needed."""

    course: Course
    worker: Worker
    markers: dict[str, Marker] = field(default_factory=dict)

    def __call__(self, task: Task) -> Result | Fate:
        if task.slug not in self.markers:
            e = exercise.load(self.course, task.slug)
            bench = e.hidden_bench(SECRET, STUDENT)
            self.markers[task.slug] = Marker(e, bench, self.worker, STUDENT)
        marker = self.markers[task.slug]
        return marker.fate(task.source) if task.trial else marker.mark(task.source)


class Crew:
    """`workers` processes for a whole course. Use as a context manager."""

    def __init__(self, course: Course, workers: int) -> None:
        self._member = _Member(course, Worker(course.limits))
        self._pool: ProcessPoolExecutor | None = None
        if workers > 1:
            self._pool = ProcessPoolExecutor(
                workers, get_context("spawn"), initializer=_join, initargs=(course, os.getpid())
            )

    def outcomes(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Result | Fate]]:
        """Each task's Result, or Fate if it is a trial, as they are done.

        Processes begin at once; alone, one task is done whenever the next is asked for. Raises
        WorkerError if processes cannot be had, or are killed.
        """
        if self._pool is None:
            return ((task, self._member(task)) for task in tasks)
        try:
            return _collected({self._pool.submit(_do, task): task for task in tasks})
        except BrokenExecutor:
            raise _killed() from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._member.worker.close()


def _collected(
    of: Mapping[Future[Result | Fate], Task],
) -> Iterator[tuple[Task, Result | Fate]]:
    try:
        for future in as_completed(of):
            yield of[future], future.result()
    except BrokenExecutor:
        raise _killed() from None


def _killed() -> WorkerError:
    return WorkerError("A process that marks the course was killed. Run the command again.")


_this_member: _Member | None = None


def _join(course: Course, parent: int) -> None:
    """Once in each process of the pool: be ready, and die with the judge."""
    global _this_member  # an executor's initialiser has no other place to leave something
    if sys.platform == "linux":
        from grader.sandbox import syscalls

        syscalls.die_with_parent(parent)
    _this_member = _Member(course, Worker(course.limits))


def _do(task: Task) -> Result | Fate:
    assert _this_member is not None
    try:
        return _this_member(task)
    except ConfigError as e:  # a file was changed meanwhile; its problems do not travel
        raise WorkerError(str(e)) from None
