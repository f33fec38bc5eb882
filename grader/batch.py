"""Grading many submissions: what is judged already is left alone, the rest goes to a crowd.

One process, this one, stores each judgement as it arrives, so that nothing finished is ever lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from grader import keys
from grader.crowd import Alone, Crowd, Job, Judge, Outcome, Processes
from grader.exercise import Exercise
from grader.model import Submission
from grader.runs import Progress
from grader.store import Store
from grader.verdict import Judgement

__all__ = ["Alone", "Crowd", "Job", "Judge", "Outcome", "Processes", "grade"]

MOST_ERRORS = 20
"""How many lines of a run's errors are kept for `grader status`."""


def grade(
    crowd: Crowd,
    exercises: Mapping[str, Exercise],
    secret: bytes,
    works: Iterable[Sequence[Submission]],
    store: Store,
    *,
    force: bool = False,
    stop: Callable[[], bool] = lambda: False,
    total: int = 0,
    log: Callable[[Progress], None] = lambda progress: None,
) -> Iterator[tuple[Submission, Outcome | None]]:
    """Judge what is not judged yet. Yields each submission as it is done: None if it was already.

    Each of `works` are all attempts of one student at one assignment, `total` in all; they are
    read as there is room for them. Once `stop()` is true nothing new is begun, and what is under
    way is finished. `log` is told how far it has come, whenever that changes.

    A submission that no process could be had for yields the error and is not stored, so that the
    next run tries it again; until then the student's attempts are those that were found before.
    Closing the iterator stops the work; what is stored stays.
    """
    run = _Run(exercises, secret, store, Progress(total), log)
    for s, outcome in crowd.judged(run.todo(works, force, stop)):
        yield from run.passed_over()
        yield from run.settle(s, outcome)
    yield from run.passed_over()


@dataclass
class _Work:
    """The attempts of one student at one assignment with their keys, `left` of them not judged."""

    attempts: Sequence[tuple[Submission, str]]
    left: int


@dataclass(frozen=True)
class _Taken:
    """A submission that the crowd has, and those that are the same, itself among them."""

    work: _Work
    same: Sequence[Submission]
    key: str
    decided: Mapping[str, str]


@dataclass
class _Run:
    """What is under way in one run of `grade`."""

    exercises: Mapping[str, Exercise]
    secret: bytes
    store: Store
    progress: Progress
    log: Callable[[Progress], None]
    passed: list[Submission] = field(default_factory=list)
    taken: dict[int, _Taken] = field(default_factory=dict)

    def todo(
        self, works: Iterable[Sequence[Submission]], force: bool, stop: Callable[[], bool]
    ) -> Iterator[Submission]:
        """What has to be judged, read one work after another; what need not be is passed over."""
        for submissions in works:
            every = [
                keys.decides(self.exercises[s.assignment], self.secret, s) for s in submissions
            ]
            attempts = [(s, keys.key(d)) for s, d in zip(submissions, every, strict=True)]
            work = _Work(attempts, len(attempts))
            new: dict[str, _Taken] = {}  # who hands in the same twice
            for (s, key), decided in zip(attempts, every, strict=True):
                if not force and self.store.has(s, key):
                    self.passed.append(replace(s, source=b""))
                    self._done(work, 1)
                elif key in new:
                    new[key] = replace(new[key], same=[*new[key].same, s])
                else:
                    new[key] = _Taken(work, [s], key, decided)
            for one in new.values():
                if stop():
                    return
                self.taken[id(one.same[0])] = one
                self._tell()
                yield one.same[0]
            if stop():
                return

    def passed_over(self) -> Iterator[tuple[Submission, None]]:
        """What need not be judged, of the works read since the last time."""
        passed, self.passed = self.passed, []
        if passed:
            self._tell(done=self.progress.done + len(passed))
        for s in passed:
            yield s, None

    def settle(self, s: Submission, outcome: Outcome) -> Iterator[tuple[Submission, Outcome]]:
        """Keep what became of a submission."""
        one = self.taken.pop(id(s))
        n = len(one.same)
        if isinstance(outcome, Judgement):
            self.store.put(s, one.key, one.decided, outcome)
            self._done(one.work, n)
            failed, errors = self.progress.failed, self.progress.errors
        else:
            failed = self.progress.failed + n
            lines = [f"{s.student}, {s.assignment}: {outcome}"]
            errors = (*self.progress.errors, *lines)[:MOST_ERRORS]
        done, worked = self.progress.done + n, self.progress.worked + n
        self._tell(done=done, worked=worked, failed=failed, errors=errors)
        for same in one.same:
            yield same, outcome

    def _done(self, work: _Work, n: int) -> None:
        """So many more attempts of a work are judged. Once all are, they are the student's."""
        work.left -= n
        if not work.left:
            self.store.set_attempts(work.attempts)

    def _tell(self, **changed: Any) -> None:
        busy = tuple((t.same[0].student, t.same[0].assignment) for t in self.taken.values())
        at = datetime.now(UTC).isoformat()
        self.progress = replace(self.progress, busy=busy, at=at, **changed)
        self.log(self.progress)
