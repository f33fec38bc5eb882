"""The judge's end of the boundary: start a child, ask it, bound it, end it.

A `Worker` owns one zygote (Linux) and opens a `Session` for each submission: a fresh process that
is asked in rounds under ONE deadline and is always killed and reaped. What comes back is an
`Answer` for each question, in order; a session never raises because of what a student's code does.
"""

from __future__ import annotations

import json
import marshal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from grader import wire
from grader.errors import WireError, WorkerError
from grader.launcher import Isolation, Process, Solo, Zygote
from grader.measurement import Answer, Failure
from grader.model import Limits
from grader.wire import Frame, Kind

if TYPE_CHECKING:
    from grader.model import Array

READ_AHEAD = 1 << 18
SANDBOXED, NOT_SANDBOXED = "sandboxed", "not sandboxed"


@dataclass(frozen=True)
class Ask:
    """One question: call probe function `call` on case `case`.

    With `points` [n, *shape], it is called for each point in turn, in the place of input `input`,
    and what it returns is stacked.
    """

    case: str
    call: str
    input: str = ""
    points: Array | None = None


class Conversation(Protocol):
    """What the judge asks a submission through: a child's `Session`, or a notebook's kernel.

    What each method does is said there.
    """

    @property
    def printed(self) -> str: ...

    def give(self, cases: Mapping[str, Mapping[str, Array]]) -> None: ...

    def ask(self, asks: Sequence[Ask], seconds: float = ...) -> list[Answer]: ...

    def put(self, asks: Sequence[Ask]) -> None: ...

    def get(self, asks: Sequence[Ask], deadline: float = ...) -> list[Answer]: ...

    def paused(self) -> AbstractContextManager[None]: ...


class Session:
    """One submission's process, until `close`. `seconds` of wall clock in all."""

    def __init__(
        self, process: Process, probe: bytes, module: str, source: bytes, seconds: float
    ) -> None:
        self._process = process
        self._channel = process.channel
        self._deadline = time.monotonic() + seconds
        self._serials: dict[str, int] = {}
        self._over: Failure | None = None
        self._read = memoryview(b"")
        self.printed = ""
        # Nothing is sent before the process says that it is confined.
        self._await_confinement()
        self._send(
            wire.encode(Frame(Kind.PROBE, text=_compiled(probe)))
            + wire.encode(Frame(Kind.SOURCE, text=module.encode() + b"\0" + source)),
            self._deadline,
        )

    def give(self, cases: Mapping[str, Mapping[str, Array]]) -> None:
        """Hand over the inputs of more cases, by case id."""
        frames = []
        for case, arrays in cases.items():
            serial = self._serials.setdefault(case, len(self._serials))
            frames.append(wire.encode(Frame(Kind.CASE, serial, arrays=arrays)))
        self._send(b"".join(frames), self._deadline)

    def ask(self, asks: Sequence[Ask], seconds: float = float("inf")) -> list[Answer]:
        """One answer for each of `asks`, in order: `put` and `get` in one."""
        deadline = time.monotonic() + seconds
        self.put(asks)
        return self.get(asks, deadline)

    def put(self, asks: Sequence[Ask]) -> None:
        """Put questions; the child begins to work on them. `get` must follow."""
        frames = []
        for a in asks:
            serial, text = self._serials[a.case], a.call.encode()
            if a.points is None:
                frames.append(wire.encode(Frame(Kind.CALL, serial, text)))
            else:
                text += b"\0" + a.input.encode()
                frames.append(wire.encode(Frame(Kind.POINTS, serial, text, {"points": a.points})))
        frames.append(wire.encode(Frame(Kind.RUN)))
        self._send(b"".join(frames), self._deadline)

    def get(self, asks: Sequence[Ask], deadline: float = float("inf")) -> list[Answer]:
        """The answers to what was put.

        After `deadline` (monotonic), or the session's own if that is earlier, what is missing is
        answered with a "timeout" failure, and so is all that is asked later.
        """
        deadline = min(self._deadline, deadline)
        answers: list[Answer] = []
        before = time.monotonic()
        for _ in asks:
            frame = self._receive(deadline)
            now = time.monotonic()
            answers.append(_answer(frame, now - before) if frame else Answer(failure=self._over))
            before = now
        frame = self._receive(deadline)
        if frame is not None and frame.kind is not Kind.PRINTED:
            self._give_up("died", "an answer too many")
        elif frame is not None:
            self.printed += frame.text.decode("utf-8", "replace")
        return answers

    @contextmanager
    def paused(self) -> Iterator[None]:
        """What the judge works out for itself is not taken from the submission's time."""
        before = time.monotonic()
        yield
        self._deadline += time.monotonic() - before

    def close(self) -> None:
        """Kill and reap the process. May be called twice."""
        self._process.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def _await_confinement(self) -> None:
        frame = self._receive(self._deadline)
        if frame is not None and frame.kind is Kind.CONFINED:
            return
        told = _texts(frame.text) if frame else {}
        self.close()
        raise WorkerError(
            f"A layer of the sandbox ({told.get('layer', 'unknown')}) cannot be put in place: "
            f"{told.get('message', 'the process ended').rstrip('.')}. "
            "Run `grader doctor` to see what is."
        )

    def _give_up(self, kind: str, message: str = "") -> None:
        if self._over is None:
            ended = self._process.end()
            self._over = Failure(kind, message=ended or message)

    def _send(self, raw: bytes, deadline: float) -> None:
        if self._over is not None:
            return
        try:
            self._channel.settimeout(max(deadline - time.monotonic(), 1e-3))
            self._channel.sendall(raw)
        except TimeoutError:
            self._give_up("timeout")
        except OSError:
            self._give_up("died")

    def _receive(self, deadline: float) -> Frame | None:
        """The next reply, or None: `_over` then says why there will be none."""
        try:
            header = wire.decode_header(self._exactly(wire.HEADER_SIZE, deadline), wire.REPLY)
            return wire.decode_rest(header, self._exactly(header.rest, deadline))
        except TimeoutError:
            self._give_up("timeout")
        except WireError as e:
            self._give_up("died", str(e))
        except OSError:
            self._give_up("died")
        return None

    def _exactly(self, n: int, deadline: float) -> memoryview:
        """The next `n` bytes. What came along with them is kept for the next time."""
        if self._over is not None:
            raise OSError("the session is over")
        taken, self._read = self._read[:n], self._read[n:]
        if len(taken) == n:
            return taken
        raw = bytearray(n)
        view, at = memoryview(raw), len(taken)
        view[:at] = taken
        while at < n:
            # One deadline for the whole conversation: a child that dribbles bytes gains nothing.
            self._channel.settimeout(max(deadline - time.monotonic(), 1e-3))
            if n - at >= READ_AHEAD:
                got = self._channel.recv_into(view[at:])
            else:
                chunk = memoryview(self._channel.recv(READ_AHEAD))
                got = min(len(chunk), n - at)
                view[at : at + got] = chunk[:got]
                self._read = chunk[got:]
            if not got:
                raise OSError("the child closed the connection")
            if time.monotonic() > deadline:
                raise TimeoutError
            at += got
        return view.toreadonly()


class Worker:
    """Opens sessions. Use as a context manager; one session at a time.

    On Linux a zygote is started, or the running `zygote` is used. Elsewhere each session is a
    plain subprocess, and `isolation` does not matter.
    """

    def __init__(
        self, limits: Limits, isolation: Isolation | None = None, zygote: Zygote | None = None
    ) -> None:
        self._limits = limits
        self._wanted = isolation or Isolation()
        self._zygote = zygote

    @property
    def isolation(self) -> str:
        """What confines a submission, in words for the person who reads the results.

        Only the strict seccomp filter makes a sandbox; it is the same wherever it holds, so that
        results do not differ with the machine.
        """
        strict = self._zygote is not None and self._zygote.isolation.strict
        return SANDBOXED if strict else NOT_SANDBOXED

    def start(self) -> None:
        """Start the zygote, if none runs: it loads numpy while the judge does something else."""
        if sys.platform != "linux":
            return
        if self._zygote is not None and not self._zygote.alive:
            self._zygote.close()
            self._zygote = None
        if self._zygote is None:
            self._zygote = Zygote(self._limits, self._wanted)

    def open(self, probe: bytes, module: str, source: bytes) -> Session:
        """A fresh process for `source`: a module or, if its bytes look so, a notebook.

        Raises WorkerError if no process can be started, or it cannot be confined.
        """
        self.start()
        process = self._zygote.fork() if self._zygote else Solo()
        return Session(process, probe, module, source, self._limits.seconds)

    def close(self) -> None:
        if self._zygote is not None:
            self._zygote.close()
            self._zygote = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()


@cache
def _compiled(probe: bytes) -> bytes:
    """The probe, which is the course author's, compiled once for all children."""
    return marshal.dumps(compile(probe, "probe.py", "exec", dont_inherit=True))


def _answer(frame: Frame, seconds: float) -> Answer:
    if frame.kind is Kind.VALUE:
        return Answer(frame.arrays or {}, returned=_texts(frame.text), seconds=seconds)
    if frame.kind is Kind.FAILURE:
        told = _texts(frame.text)
        kind = told.get("kind", "")
        failure = Failure(
            kind=kind if kind in ("refused", "notebook") else "exception",
            type=told.get("type", ""),
            message=told.get("message", ""),
            line=_number(told.get("line", "")),
            code=told.get("code", ""),
            cell=_number(told.get("cell", "")),
        )
        return Answer(failure=failure, seconds=seconds)
    return Answer(failure=Failure("died", message="unexpected reply"), seconds=seconds)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 7 else 0


def _texts(raw: bytes) -> dict[str, str]:
    """The flat JSON object in `raw` with its values as text; empty for anything else."""
    if not raw:
        return {}
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return {str(k): str(v) for k, v in told.items()} if isinstance(told, dict) else {}
