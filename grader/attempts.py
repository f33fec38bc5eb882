"""What an intruder gets done, with the sandbox and without it, and what that proves.

The attempts are the functions of `grader.sandbox.intruder`, which is handed in like any other
submission and asked for one of them at a time.
"""

from __future__ import annotations

import errno
import importlib.resources
import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from grader.errors import WorkerError
from grader.launcher import Process, Solo
from grader.sandbox import intruder, syscalls
from grader.worker import Ask, Session, Worker

if TYPE_CHECKING:
    from grader.measurement import Answer

_STOPPED = frozenset({"EPERM", "EACCES"})
_STOPPED_ALSO_BY = {
    "fork": frozenset({"EAGAIN"}),
    "start_a_thread": frozenset({"RuntimeError"}),
    "take_too_much_memory": frozenset({"MemoryError"}),
    "use_an_inherited_descriptor": frozenset({"EBADF"}),
    "find_the_environment_of_the_judge": frozenset({"NothingThere"}),
    "run_past_the_deadline": frozenset({"timeout"}),
}
_IN_THE_JUDGE = "find_the_environment_of_the_judge"
"""No process that the judge starts is given its environment, so the judge itself is the control."""

_DEADLINE = {"run_past_the_deadline": 0.2}
"""Seconds that an attempt to go on for longer is given inside."""

_UNCONFINED_SECONDS = 20.0

_PROBE = b"""
import numpy as np

def __getattr__(name):
    def attempt(module, a):
        try:
            getattr(module, name)()
        except OSError as e:
            return {"errno": np.array(e.errno or -1)}
        return {"errno": np.array(0)}
    return attempt
"""
"""The intruder's probe: every call is an attempt, which takes and gives nothing."""


class State(StrEnum):
    """How an attempt came out."""

    BLOCKED = "blocked"
    OPEN = "open"
    VACUOUS = "proves nothing"


@dataclass(frozen=True)
class Outcome:
    """One attempt, with the sandbox (`inside`) and without it (`outside`).

    Either is "" if the attempt got through, or else one word: the error, the exception's type, the
    signal, or "timeout". Only a word that the sandbox is known to say counts as being stopped.
    """

    attempt: str
    inside: str
    outside: str

    @property
    def state(self) -> State:
        if not _is_stop(self.attempt, self.inside):
            return State.OPEN
        # A kernel that lacks the call would have stopped anybody.
        if self.outside == "ENOSYS" or _is_stop(self.attempt, self.outside):
            return State.VACUOUS
        return State.BLOCKED

    def __str__(self) -> str:
        if self.state is State.VACUOUS:
            control = f"proves nothing here: blocked without the sandbox too, {self.outside}"
        elif self.attempt == _IN_THE_JUDGE:
            control = "open in the judge itself"
        else:
            control = "open without the sandbox" + (f": {self.outside}" if self.outside else "")
        found = "OPEN" if self.state is State.OPEN else "blocked"
        return f"{label(self.attempt):<34}{found:<8}{self.inside:<13}({control})"


def all_attempts() -> tuple[str, ...]:
    """The names of all attempts, in the order of the intruder's source."""
    functions = inspect.getmembers(intruder, inspect.isfunction)
    own = [f for name, f in functions if f.__module__ == intruder.__name__ and name[0] != "_"]
    return tuple(f.__name__ for f in sorted(own, key=lambda f: f.__code__.co_firstlineno))


def label(attempt: str) -> str:
    """The attempt's name for people."""
    return attempt.replace("_", " ")


def outcomes(confined: Worker, loose: Worker, attempts: Iterable[str]) -> tuple[Outcome, ...]:
    """Try everything in `confined`, each attempt in a process of its own, beside its control.

    The control is a process of `loose`, which has limits on what it uses up and nothing else.
    What those limits stop is tried once more in a process with none at all.
    """
    attempts = tuple(attempts)
    inside = {a: _alone(confined, a, _DEADLINE.get(a, float("inf"))) for a in attempts}
    outside = {a: _alone(loose, a) for a in attempts}
    limited = [a for a in attempts if _is_stop(a, outside[a])]
    outside.update(_without_limits([a for a in limited if a != _IN_THE_JUDGE]))
    if _IN_THE_JUDGE in outside:
        outside[_IN_THE_JUDGE] = _in_the_judge()
    return tuple(Outcome(a, inside[a], outside[a]) for a in attempts)


def gaps(confined: Worker, attempts: Iterable[str]) -> list[str]:
    """Those of `attempts` that are not stopped, all tried in one process. No controls."""
    attempts = tuple(attempts)
    with confined.open(_PROBE, "intruder", _source()) as session:
        words = _try(session, attempts)
    return [a for a in attempts if not _is_stop(a, words[a])]


def _is_stop(attempt: str, word: str) -> bool:
    return word in _STOPPED_ALSO_BY.get(attempt, _STOPPED) or word in _STOPPED


def _alone(worker: Worker, attempt: str, seconds: float = float("inf")) -> str:
    with worker.open(_PROBE, "intruder", _source()) as session:
        return _try(session, [attempt], seconds)[attempt]


def _without_limits(attempts: list[str]) -> Mapping[str, str]:
    """The attempts in a plain subprocess; none where no such process can be had."""
    if not attempts:
        return {}
    try:
        process: Process = Solo()
        with Session(process, _PROBE, "intruder", _source(), _UNCONFINED_SECONDS) as session:
            return _try(session, attempts)
    except (WorkerError, OSError):  # it connects back over loopback, which may be forbidden
        return {}


def _in_the_judge() -> str:
    try:
        intruder.find_the_environment_of_the_judge()
    except intruder.NothingThere:
        return "NothingThere"
    return ""


def _try(
    session: Session, attempts: Iterable[str], seconds: float = float("inf")
) -> dict[str, str]:
    """What came of each attempt, in one word; "" for success."""
    attempts = tuple(attempts)
    session.give({"nothing": {}})
    answers = session.ask([Ask("nothing", a) for a in attempts], seconds)
    return {a: _word(answer) for a, answer in zip(attempts, answers, strict=True)}


def _word(answer: Answer) -> str:
    if (failure := answer.failure) is not None:
        return failure.type or (failure.message if failure.kind == "died" else "") or failure.kind
    number = int(answer.arrays["errno"])
    return errno.errorcode.get(number, str(number)) if number else ""


@cache
def _source() -> bytes:
    """The intruder's file with this machine's system calls, which it cannot ask for."""
    numbers = {name: syscalls.number(name, syscalls.machine()) for name in syscalls.NUMBERS}
    source = importlib.resources.files("grader.sandbox").joinpath("intruder.py").read_bytes()
    return source + f"\nNUMBERS = {numbers!r}\n".encode()
