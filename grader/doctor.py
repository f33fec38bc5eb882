"""Whether the sandbox is tight here: what isolation can be had, proven by trying to break it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.errors import UsageError, WorkerError
from grader.launcher import Isolation, Zygote
from grader.model import Limits

if TYPE_CHECKING:
    from grader.attempts import Outcome
    from grader.sandbox.namespaces import Bubblewrap

DECISIVE = (
    "open_a_file",
    "open_a_unix_socket",
    "fork",
    "signal_its_parent",
    "map_executable_memory",
)
"""What is tried each time before others' code is run."""

_LINUX_ONLY = (
    "Other people's code can be confined on Linux only. Grade there, or type "
    "--unsafe-no-sandbox if you trust every submission."
)
_GET_ACTION_AVAIL = 2
_ERRNO_ACTION = 0x00050000
_LANDLOCK_KNOWS = {1: "files", 4: "TCP", 6: "abstract sockets and signals"}
"""From which ABI on Landlock denies what."""


@dataclass(frozen=True)
class Examination:
    """All that `grader doctor` finds.

    `layers` are those that hold here; `missing` says of each other one, in words, why it does not.
    `problem` is why no submission can be confined at all, or empty; nothing was tried then.
    """

    facts: dict[str, str]
    layers: tuple[str, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()
    problem: str = ""
    outcomes: tuple[Outcome, ...] = ()

    @property
    def tight(self) -> bool:
        return not self.problem and not self._count("open")

    def as_json(self) -> dict[str, object]:
        return {
            "schema": 1,
            "tight": self.tight,
            "facts": self.facts,
            "isolation": list(self.layers),
            "missing": dict(self.missing),
            "problem": self.problem,
            "attempts": [{**vars(o), "state": o.state.value} for o in self.outcomes],
        }

    def lines(self) -> Iterator[str]:
        for name, text in self.facts.items():
            yield f"{name:<12}{text}"
        yield f"{'isolation':<12}{', '.join(self.layers) or 'none'}"
        for name, why in self.missing:
            yield f"{'':<12}no {name}: {why}"
        if self.problem:
            yield f"{'':<12}{self.problem}"
            return
        yield ""
        yield from map(str, self.outcomes)
        yield ""
        blocked, open_, nothing = map(self._count, ("blocked", "open", "proves nothing"))
        yield (
            f"{len(self.outcomes)} attempts: {blocked} blocked, {open_} open, "
            f"{nothing} that prove nothing."
        )
        if any(o.outside and o.state == "blocked" for o in self.outcomes):
            yield (
                "An error after `open without the sandbox` is the kernel's own, to arguments that "
                "do no harm: the call got through to it."
            )

    def _count(self, state: str) -> int:
        return sum(o.state == state for o in self.outcomes)


def isolation(limits: Limits, *, unsafe: bool) -> Isolation:
    """The best isolation for grading others' work here; its short proof has been run.

    Raises UsageError where there is none or it does not hold, and WorkerError where a layer cannot
    be put in place, unless `unsafe` says to go on without.
    """
    if unsafe:
        return Isolation(strict=False)
    if sys.platform != "linux":
        raise UsageError(_LINUX_ONLY)
    from grader import attempts
    from grader.worker import Worker

    zygote, _ = _confined(limits)
    with Worker(limits, zygote=zygote) as worker:
        gaps = attempts.gaps(worker, DECISIVE)
    if gaps:
        raise UsageError(
            "The sandbox does not hold here: a submission could "
            f"{', '.join(map(attempts.label, gaps))}. Run `grader doctor` to see all of it, or "
            "type --unsafe-no-sandbox if you trust every submission."
        )
    return zygote.isolation


def examine(limits: Limits) -> Examination:
    """Look at the system, choose the isolation, and try to break out of it."""
    system = os.uname() if hasattr(os, "uname") else None
    facts = {
        "kernel": f"{system.sysname} {system.release}" if system else sys.platform,
        "machine": system.machine if system else "unknown",
    }
    if sys.platform != "linux":
        return Examination(facts, problem=_LINUX_ONLY)
    from grader import attempts
    from grader.worker import Worker

    with Worker(limits, Isolation(strict=False)) as loose:
        loose.start()  # loads numpy while the other one does
        facts |= {"user": _user(os.geteuid()), "seccomp": _seccomp(), "Landlock": _landlock()}
        try:
            zygote, bubblewrap = _confined(limits)
            with Worker(limits, zygote=zygote) as confined:
                facts["bubblewrap"] = _bubblewrap(bubblewrap)
                layers, missing = _layers(zygote, bubblewrap)
                found = attempts.outcomes(confined, loose, attempts.all_attempts())
        except WorkerError as e:
            return Examination(facts, problem=str(e))
    return Examination(facts, layers, missing, outcomes=found)


def _confined(limits: Limits) -> tuple[Zygote, Bubblewrap]:
    """A zygote in the best isolation there is, ready, and what was found out about bubblewrap.

    A bubblewrap that makes namespaces, but not so that Python and numpy start in them (they may
    live in places that it does not know of), is done without: seccomp is what has to hold.
    WorkerError if there is no zygote without it either.
    """
    from grader.sandbox import namespaces

    bubblewrap = namespaces.probe()
    if bubblewrap.usable:
        zygote = Zygote(limits, Isolation(bwrap=bubblewrap.path))
        try:
            zygote.wait_until_ready()
            return zygote, bubblewrap
        except WorkerError as e:
            zygote.close()
            why = str(e).partition(". ")[0]
            bubblewrap = namespaces.Bubblewrap(
                bubblewrap.path,
                f"bubblewrap works, but not around this Python: {why}. Use a Python whose files "
                "are all below its own prefix.",
            )
    zygote = Zygote(limits, Isolation())
    try:
        zygote.wait_until_ready()
    except WorkerError:
        zygote.close()
        raise
    return zygote, bubblewrap


def _layers(
    zygote: Zygote, bubblewrap: Bubblewrap
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """The layers around the children of `zygote`, and why the others are not there."""
    user = _user(os.geteuid())
    optional = {
        "Landlock": ""
        if zygote.told["landlock"]
        else "this kernel has none, or has it turned off. Boot one from 5.13 on, with landlock "
        "among its security modules.",
        "namespaces": bubblewrap.problem,
        "spare uid": ""
        if zygote.told["uid"] != os.geteuid()
        else f"only root can give one. Submissions run as {user}: grade as a user who owns little.",
    }
    held = ("limits", "seccomp", *(name for name, why in optional.items() if not why))
    return held, tuple((name, why) for name, why in optional.items() if why)


def _user(uid: int) -> str:
    import pwd

    try:
        return f"{pwd.getpwuid(uid).pw_name} ({uid})"
    except KeyError:
        return f"uid {uid}"


def _bubblewrap(found: Bubblewrap) -> str:
    if not found.path:
        return "not installed"
    return f"{found.path} {'works' if found.usable else 'is of no use'}"


def _seccomp() -> str:
    """Whether the kernel takes filters: whether it knows the action that makes a call fail."""
    import ctypes

    from grader.sandbox import syscalls

    action = ctypes.c_uint32(_ERRNO_ACTION)
    try:
        syscalls.call("seccomp", _GET_ACTION_AVAIL, 0, ctypes.addressof(action))
    except OSError as e:
        return f"none ({e.strerror})"
    return "filters can be installed"


def _landlock() -> str:
    from grader.sandbox import landlock

    try:
        version = landlock.abi()
    except WorkerError as e:
        return str(e)
    known = [what for since, what in _LANDLOCK_KNOWS.items() if since <= version]
    return f"ABI {version}: {', '.join(known)}" if version else "none"
