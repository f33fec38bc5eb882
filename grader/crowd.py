"""Who runs judgements: this process, or processes of the judge's on this machine, a zygote each.

A crowd takes submissions as it can use them, so that never more than a few are in memory, and gives
judgements in any order.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from multiprocessing import active_children, get_context
from typing import Protocol

from grader import exercise, explain, known
from grader.errors import GraderError, WorkerError
from grader.exercise import Exercise
from grader.judge import judge
from grader.launcher import Isolation
from grader.messages import say
from grader.model import Course, Submission
from grader.verdict import Judgement
from grader.worker import Worker

POOLS = 3
"""How many pools of workers in a row may be killed without finishing anything, before giving up."""

AHEAD = 2
"""How many batches for each worker are under way: one is judged, the next one is there already."""

BATCH_SECONDS = 0.1
MOST_IN_BATCH = 16
"""A batch is about so much work: little, so that no worker waits long for another at the end."""

Outcome = Judgement | GraderError
"""What becomes of a submission: a judgement, or why no process could be had for it."""


class Crowd(Protocol):
    """What runs judgements."""

    def judged(self, todo: Iterable[Submission]) -> Iterator[tuple[Submission, Outcome]]:
        """Each of `todo` with its judgement, in any order, or the error if no process can be had.

        `todo` is read as there is room, never far ahead. When it ends, what was taken is finished
        and yielded: the very objects, with what became of them. Closing the iterator ends whatever
        runs.
        """
        ...


@dataclass(frozen=True)
class Job:
    """What a worker process needs to judge any submission of the course."""

    course: Course
    slugs: tuple[str, ...]
    secret: bytes
    isolation: Isolation


class Judge:
    """Judges submissions one after another, with one zygote."""

    def __init__(self, job: Job, exercises: Mapping[str, Exercise]) -> None:
        self._secret = job.secret
        self._exercises = exercises
        self._recognisers = {slug: known.recogniser_of(e) for slug, e in exercises.items()}
        self.worker = Worker(job.course.limits, job.isolation)

    def __call__(self, submission: Submission) -> Judgement:
        """The judgement of one submission. Raises WorkerError if no process can be had for it."""
        if submission.problem is not None:
            problem = submission.problem
            return Judgement((), say(f"submission.{problem.code}", **problem.details))
        try:
            judged = self._judge(submission)
            if not explain.killed(judged):
                return judged
        except WorkerError:
            pass  # the zygote was ended from outside; the next one is not
        return self._judge(submission)

    def outcome(self, submission: Submission) -> Outcome:
        """The judgement, or the error as a value."""
        try:
            return self(submission)
        except GraderError as e:
            return e

    def _judge(self, submission: Submission) -> Judgement:
        e = self._exercises[submission.assignment]
        return judge(
            self.worker,
            submission.source,
            e.probe.source,
            e.assignment,
            e.hidden_bench(self._secret, submission.student),
            self._recognisers[submission.assignment],
        )


@dataclass(frozen=True)
class Alone:
    """A crowd of one: this process. Its zygote is started when there is something to do."""

    job: Job
    exercises: Mapping[str, Exercise]

    def judged(self, todo: Iterable[Submission]) -> Iterator[tuple[Submission, Outcome]]:
        one = Judge(self.job, self.exercises)
        with one.worker:
            for s in todo:
                yield s, one.outcome(s)


@dataclass(frozen=True)
class Processes:
    """Processes of this machine, each a judge with its own zygote.

    Whoever is free takes the next batch. Workers that were killed from outside are replaced, and
    what they had is judged by the new ones.
    """

    job: Job
    workers: int

    def judged(self, todo: Iterable[Submission]) -> Iterator[tuple[Submission, Outcome]]:
        left, lives = iter(todo), POOLS
        while lives and (first := next(left, None)) is not None:
            left = chain([first], left)
            lives -= 1
            held: dict[Future[list[Outcome]], list[Submission]] = {}
            untaken: list[Submission] = []
            with self._pool() as pool:
                try:
                    for s, outcome in self._over(pool, left, held, untaken):
                        lives = POOLS
                        yield s, outcome
                except BrokenExecutor:
                    # A worker was killed from outside, and the pool with it.
                    lost = [*chain.from_iterable(held.values()), *untaken]
                    left = chain(lost, left)
        for s in left:
            yield s, WorkerError("Worker processes were killed again and again. Run again later.")

    def _over(
        self,
        pool: ProcessPoolExecutor,
        left: Iterator[Submission],
        held: dict[Future[list[Outcome]], list[Submission]],
        untaken: list[Submission],
    ) -> Iterator[tuple[Submission, Outcome]]:
        """What one pool does. Raises BrokenExecutor when a worker of it has died.

        Then `held` and `untaken` are what it was given and has not done.
        """
        began, done, size = time.monotonic(), 0, 1
        while True:
            while len(held) < AHEAD * self.workers:
                untaken[:] = islice(left, size)
                if not untaken:
                    break
                with _deaf():
                    held[pool.submit(_in_worker, list(untaken))] = list(untaken)
                untaken.clear()
            if not held:
                return
            for future in wait(held, return_when=FIRST_COMPLETED).done:
                outcomes = future.result()
                of = held.pop(future)
                done += len(of)
                yield from zip(of, outcomes, strict=True)
            each = (time.monotonic() - began) * self.workers / done
            size = max(1, min(MOST_IN_BATCH, round(BATCH_SECONDS / each)))

    @contextmanager
    def _pool(self) -> Iterator[ProcessPoolExecutor]:
        before = set(active_children())
        pool = ProcessPoolExecutor(
            self.workers,
            get_context("spawn"),
            initializer=_start_worker,
            initargs=(self.job, os.getpid()),
        )
        try:
            yield pool
        except (KeyboardInterrupt, GeneratorExit):
            for process in set(active_children()) - before:
                process.kill()  # what they are at would be waited for
            raise
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes started here do not get Ctrl-C, which a terminal sends to all: it is ours."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_this_worker: Judge | None = None


def _start_worker(job: Job, parent: int) -> None:
    """Once in each worker process: load the exercises, and die with the judge."""
    global _this_worker  # an executor's initialiser has no other place to leave something
    if sys.platform == "linux":
        from grader.sandbox import syscalls

        syscalls.die_with_parent(parent)
    _this_worker = Judge(job, {slug: exercise.load(job.course, slug) for slug in job.slugs})


def _in_worker(batch: Sequence[Submission]) -> list[Outcome]:
    assert _this_worker is not None
    return [_this_worker.outcome(s) for s in batch]
