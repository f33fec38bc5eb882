"""Grading many submissions: what is judged already is left alone, the rest goes to workers.

A worker is a process of the judge's with its own zygote; with one worker it is this process. Each
judgement is stored as it arrives, so that nothing finished is ever lost.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context

from grader import exercise, explain, keys, known
from grader.errors import GraderError, WorkerError
from grader.exercise import Exercise
from grader.judge import judge
from grader.launcher import Isolation
from grader.messages import say
from grader.model import Course, Judgement, Submission
from grader.store import Store
from grader.worker import Worker

POOLS = 3
"""How often a pool of workers is made anew, after some process was killed, before giving up."""


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


def grade(
    job: Job,
    exercises: Mapping[str, Exercise],
    submissions: Sequence[Submission],
    store: Store,
    workers: int,
    force: bool,
) -> Iterator[tuple[Submission, Judgement | GraderError | None]]:
    """Judge what is not judged yet. Yields each submission as it is done: None if it was already.

    A submission that no process could be had for yields the error and is not stored, so that the
    next run tries it again; until then the student's attempts are those that were found before.
    Closing the iterator stops the work; what is stored stays.
    """
    kept = {
        id(s): keys.key(keys.decides(exercises[s.assignment], job.secret, s)) for s in submissions
    }
    attempts: dict[tuple[str, str], list[Submission]] = {}
    for s in submissions:
        attempts.setdefault((s.student, s.assignment), []).append(s)
    left = {whose: len(own) for whose, own in attempts.items()}

    def judged(s: Submission) -> None:
        whose = s.student, s.assignment
        left[whose] -= 1
        if not left[whose]:
            store.set_attempts([(own, kept[id(own)]) for own in attempts[whose]])

    todo: dict[tuple[str, str, str], list[Submission]] = {}  # who hands in the same twice
    for s in submissions:
        if not force and store.has(s, kept[id(s)]):
            judged(s)
            yield s, None
        else:
            todo.setdefault((s.student, s.assignment, kept[id(s)]), []).append(s)
    first = [same[0] for same in todo.values()]
    for s, done in _judged(job, exercises, first, min(workers, len(first))):
        if isinstance(done, Judgement):
            store.put(s, kept[id(s)], done)
        for same in todo[s.student, s.assignment, kept[id(s)]]:
            if isinstance(done, Judgement):
                judged(same)
            yield same, done


def _judged(
    job: Job, exercises: Mapping[str, Exercise], todo: Sequence[Submission], workers: int
) -> Iterator[tuple[Submission, Judgement | GraderError]]:
    if workers <= 1:
        one = Judge(job, exercises)
        with one.worker:
            for s in todo:
                yield s, _try(one, s)
        return
    for _ in range(POOLS):
        done: set[int] = set()
        pool = ProcessPoolExecutor(
            workers, get_context("spawn"), initializer=_start_worker, initargs=(job, os.getpid())
        )
        try:
            for s, outcome in _over(pool, todo):
                done.add(id(s))
                yield s, outcome
            return
        except BrokenExecutor:
            # A worker was killed from outside, and the pool with it. What is left gets a new one.
            todo = [s for s in todo if id(s) not in done]
        finally:
            pool.shutdown(cancel_futures=True)
    for s in todo:
        yield s, WorkerError("Worker processes were killed again and again. Run again later.")


def _over(
    executor: Executor, todo: Iterable[Submission]
) -> Iterator[tuple[Submission, Judgement | GraderError]]:
    """Each submission as it is done. Raises BrokenExecutor when a worker has died."""
    of = {executor.submit(_in_worker, s): s for s in todo}
    for future in as_completed(of):
        yield of[future], future.result()


def _try(judge_one: Callable[[Submission], Judgement], s: Submission) -> Judgement | GraderError:
    try:
        return judge_one(s)
    except GraderError as e:
        return e


_this_worker: Callable[[Submission], Judgement] | None = None


def _start_worker(job: Job, parent: int) -> None:
    """Once in each worker process: load the exercises, and die with the judge."""
    global _this_worker  # an executor's initialiser has no other place to leave something
    if sys.platform == "linux":
        from grader.sandbox import syscalls

        syscalls.die_with_parent(parent)
    _this_worker = Judge(job, {slug: exercise.load(job.course, slug) for slug in job.slugs})


def _in_worker(submission: Submission) -> Judgement | GraderError:
    assert _this_worker is not None
    return _try(_this_worker, submission)
