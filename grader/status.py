"""How far a run of `grader grade` has come: whether its process is there, how fast, how long yet.

A process is known by its number and by when it was started, so that a later process of the same
number is not taken for it.
"""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from grader.messages import plain
from grader.runs import Run, Running

SCHEMA = 1
MOST_BUSY = 8
RUNNING, DONE, INTERRUPTED, UNKNOWN = "running", "done", "interrupted", "unknown"


def this_process() -> Running:
    """The process that asks."""
    return Running(socket.gethostname(), os.getpid(), _started(os.getpid()), os.getcwd())


def alive(process: Running) -> bool | None:
    """Whether a process is there; None if that cannot be seen from here."""
    if process.host != socket.gethostname() or not process.started:
        return None
    return _started(process.pid) == process.started


def _started(pid: int) -> str:
    """When a process was started, in words of the system; "" if there is none, or none can say."""
    if Path("/proc/self/stat").is_file():
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
            boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        except OSError:
            return ""
        state, *rest = stat.rpartition(")")[2].split()
        return "" if state == "Z" else f"{boot} {rest[18]}"
    try:
        command = ["ps", "-o", "lstart=", "-p", str(pid)]
        return subprocess.run(command, capture_output=True, text=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


@dataclass(frozen=True)
class Status:
    """A run as seen at some moment. `rate` is in submissions a second, of those judged."""

    run: Run
    state: str
    seconds: float
    rate: float | None
    left: float | None


def status(run: Run, now: datetime) -> Status:
    """What to say of a run at the moment `now`."""
    told = run.progress
    there = None if told.ended else alive(run.process)
    state = told.ended or {True: RUNNING, False: INTERRUPTED, None: UNKNOWN}[there]
    until = now if state == RUNNING else datetime.fromisoformat(told.at) if told.at else run.since
    seconds = max((until - run.since).total_seconds(), 0.0)
    rate = told.worked / seconds if told.worked and seconds else None
    left = (told.total - told.done) / rate if rate and state == RUNNING else None
    return Status(run, state, seconds, rate, left)


def as_json(s: Status) -> dict[str, Any]:
    """A run in the document of `grader status --json`."""
    told, process = s.run.progress, s.run.process
    return {
        "state": s.state,
        "total": told.total,
        "done": told.done,
        "judged": told.worked,
        "not_judged": told.failed,
        "since": s.run.since.isoformat(),
        "last_word": told.at or None,
        "seconds": round(s.seconds, 3),
        "rate": s.rate and round(s.rate, 3),
        "seconds_left": s.left and round(s.left, 3),
        "busy": [{"student": student, "assignment": slug} for student, slug in told.busy],
        "errors": list(told.errors),
        "command": s.run.command,
        "folder": process.folder,
        "host": process.host,
        "pid": process.pid,
    }


def lines(s: Status, zone: Any = None) -> Iterator[str]:
    """The same for people; times are of `zone`, by default that of this machine."""
    told, process = s.run.progress, s.run.process
    since = f"{s.run.since.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    share = f"{told.done:,} of {told.total:,} submissions"
    pace = f", {s.rate:.1f}/s" if s.rate else ""
    if s.state == RUNNING:
        yield f"Running since {since} (process {process.pid}): {share}{pace}{_left(s.left)}."
    elif s.state == DONE:
        yield f"Done: {share}, begun {since}, in {_span(s.seconds)}{pace}."
    elif s.state == UNKNOWN:
        yield f"Begun {since} on {plain(process.host, 80)}, not to be seen from here: {share}."
        yield f"Its last word came {told.at or since}."
    else:
        yield f"Interrupted after {_span(s.seconds)}: {share}, begun {since}{pace}."
    if told.busy and s.state in (RUNNING, UNKNOWN):
        shown = ", ".join(
            plain(f"{student} ({slug})", 80) for student, slug in told.busy[:MOST_BUSY]
        )
        more = len(told.busy) - MOST_BUSY
        yield f"With the workers: {shown}{f' and {more} more' if more > 0 else ''}."
    if told.failed:
        yield f"{told.failed} could not be judged and will be tried again by the next run:"
        yield from (f"  {plain(line, 300)}" for line in told.errors)
    if s.state == INTERRUPTED or (s.state == DONE and told.failed):
        where = "" if process.folder == os.getcwd() else f"cd {shlex.quote(process.folder)} && "
        what = "What is done is kept. " if s.state == INTERRUPTED else ""
        yield f"{what}To go on: {plain(where + s.run.command, 2000)}"


def _left(seconds: float | None) -> str:
    return "" if seconds is None else f", {_span(seconds)} left"


def _span(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
