"""The judge's end of the boundary: start a child, ask it, bound it, end it.

A `Worker` owns one zygote (Linux) and opens a `Session` for each submission: a fresh process that
is asked in rounds under ONE deadline and is always killed and reaped. What comes back is an
`Answer` for each question, in order; a session never raises because of what a student's code does.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np

from grader import wire
from grader.errors import WireError, WorkerError
from grader.model import Answer, Failure, Limits
from grader.wire import Frame, Kind

if TYPE_CHECKING:
    from grader.model import Array

START_SECONDS = 30.0
READ_AHEAD = 1 << 18
_PACKAGE_PARENT = Path(__file__).resolve().parent.parent
_INTERNAL_FD = 20


@dataclass(frozen=True)
class Ask:
    """One question: call probe function `call` on case `case`.

    With `points` [n, *shape], the question is instead the outputs of `forward` with input `call`
    replaced by each point in turn.
    """

    case: str
    call: str
    points: Array | None = None


class Process(Protocol):
    """A running child: its socket, and how to end it."""

    channel: socket.socket

    def end(self) -> str:
        """Kill and reap. How it had ended by itself, or "" if it was still running."""
        ...


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
        self._read = bytearray()
        self.printed = ""
        self._send(
            wire.encode(Frame(Kind.PROBE, text=probe))
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
        """One answer for each of `asks`, in order.

        After `seconds`, or the session's own deadline if that is earlier, what is missing is
        answered with a "timeout" failure, and so is all that is asked later.
        """
        deadline = min(self._deadline, time.monotonic() + seconds)
        frames = []
        for a in asks:
            serial, text = self._serials[a.case], a.call.encode()
            if a.points is None:
                frames.append(wire.encode(Frame(Kind.CALL, serial, text)))
            else:
                frames.append(wire.encode(Frame(Kind.POINTS, serial, text, {"points": a.points})))
        frames.append(wire.encode(Frame(Kind.RUN)))
        self._send(b"".join(frames), deadline)
        answers: list[Answer] = []
        before = time.monotonic()
        for _ in asks:
            frame = self._receive(deadline)
            now = time.monotonic()
            answers.append(_answer(frame, now - before) if frame else Answer(failure=self._over))
            before = now
        frame = self._receive(deadline)
        if frame is not None:
            self.printed += frame.text.decode("utf-8", "replace")
        return answers

    def close(self) -> None:
        """Kill and reap the process. May be called twice."""
        self._process.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

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

    def _exactly(self, n: int, deadline: float) -> bytes:
        if self._over is not None:
            raise OSError("the session is over")
        raw = self._read
        while len(raw) < n:
            # One deadline for the whole conversation: a child that dribbles bytes gains nothing.
            self._channel.settimeout(max(deadline - time.monotonic(), 1e-3))
            chunk = self._channel.recv(READ_AHEAD)
            if not chunk:
                raise OSError("the child closed the connection")
            if time.monotonic() > deadline:
                raise TimeoutError
            raw += chunk
        taken = bytes(raw[:n])
        del raw[:n]
        return taken


class Worker:
    """Opens sessions. Use as a context manager; one session at a time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._zygote: _Zygote | None = None

    @property
    def isolation(self) -> str:
        """What confines a submission, in words for the person who reads the results."""
        return "not sandboxed"

    def start(self) -> None:
        """Start the zygote now, so that it loads numpy while the judge does something else."""
        if sys.platform == "linux" and self._zygote is None:
            self._zygote = _Zygote(self._limits)

    def open(self, probe: bytes, module: str, source: bytes) -> Session:
        """A fresh process for `source`, handed in as `<module>.py`.

        Raises WorkerError if no process can be started.
        """
        self.start()
        process = self._zygote.fork() if self._zygote else _Solo()
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


def _answer(frame: Frame, seconds: float) -> Answer:
    if frame.kind is Kind.VALUE:
        return Answer(frame.arrays or {}, returned=_texts(frame.text), seconds=seconds)
    if frame.kind is Kind.FAILURE:
        told = _texts(frame.text)
        line = told.get("line", "")
        failure = Failure(
            kind="refused" if told.get("kind") == "refused" else "exception",
            type=told.get("type", ""),
            message=told.get("message", ""),
            line=int(line) if line.isdecimal() and len(line) < 7 else 0,
            code=told.get("code", ""),
        )
        return Answer(failure=failure, seconds=seconds)
    return Answer(failure=Failure("died", message="unexpected reply"), seconds=seconds)


def _texts(raw: bytes) -> dict[str, str]:
    """The flat JSON object in `raw` with its values as text; empty for anything else."""
    if not raw:
        return {}
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return {str(k): str(v) for k, v in told.items()} if isinstance(told, dict) else {}


class _Zygote:
    """A running zygote (Linux) and the one socket to it."""

    def __init__(self, limits: Limits) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                _python("grader.sandbox.zygote", str(theirs.fileno()), limits),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=_environment(),
                cwd="/",
            )
        self._ready = False

    def fork(self) -> Process:
        self._wait_until_ready()
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._control, [b"F"], [theirs.fileno()])
            _, descriptors, _, _ = socket.recv_fds(self._control, 8, 1)
            if len(descriptors) != 1:
                raise OSError("the zygote ended")
        except OSError:
            ours.close()
            raise self._dead() from None
        return _Forked(ours, descriptors[0], self)

    def reap(self) -> int:
        """Wait for the child, which must be dead or dying; its exit code, negative for a signal."""
        from grader.sandbox.zygote import REPLY

        self._control.sendall(b"R")
        raw = self._control.recv(REPLY.size, socket.MSG_WAITALL)
        if len(raw) != REPLY.size:
            raise self._dead()
        code: int = REPLY.unpack(raw)[1]
        return code

    def close(self) -> None:
        self._control.close()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stderr:
            self._process.stderr.close()

    def _wait_until_ready(self) -> None:
        if self._ready:
            return
        self._control.settimeout(START_SECONDS)
        try:
            self._ready = self._control.recv(5, socket.MSG_WAITALL) == b"ready"
        except OSError:
            self._ready = False
        if not self._ready:
            raise self._dead()

    def _dead(self) -> WorkerError:
        self._process.kill()
        self._process.wait()
        said = self._process.stderr.read() if self._process.stderr else b""
        last = said.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no message"]
        return WorkerError(
            f"The process that runs submissions has ended ({last[0]}). "
            "Run the command again; finished results are kept."
        )


class _Forked:
    """A child of the zygote, held by its pidfd."""

    def __init__(self, channel: socket.socket, pidfd: int, zygote: _Zygote) -> None:
        self.channel = channel
        self._pidfd = pidfd
        self._zygote = zygote
        self._ended: str | None = None

    def end(self) -> str:
        if self._ended is not None:
            return self._ended
        # A moment's grace: a child whose socket has just closed is about to be a zombie.
        dead = bool(select.select([self._pidfd], [], [], 0.05)[0]) if self._hung_up() else False
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        os.close(self._pidfd)
        self.channel.close()
        code = self._zygote.reap()
        self._ended = _how(code) if dead else ""
        return self._ended

    def _hung_up(self) -> bool:
        poll = select.poll()
        poll.register(self.channel, select.POLLRDHUP)
        return bool(poll.poll(0))


class _Solo:
    """A plain subprocess that connects back over loopback, for systems without a zygote."""

    def __init__(self) -> None:
        token = secrets.token_hex(16).encode()
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(START_SECONDS)
            self._process = subprocess.Popen(
                _python("grader.sandbox.solo", str(server.getsockname()[1])),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_environment(),
            )
            assert self._process.stdin is not None
            self._process.stdin.write(token + b"\n")
            self._process.stdin.close()
            try:
                self.channel, _ = server.accept()
                self.channel.settimeout(START_SECONDS)
                shown = self.channel.recv(len(token), socket.MSG_WAITALL)
            except OSError:
                shown = b""
        if not hmac.compare_digest(shown, token):
            self._process.kill()
            self._process.wait()
            raise WorkerError(
                "The process that runs submissions did not start. "
                "Check that Python may open a connection to 127.0.0.1."
            )

    def end(self) -> str:
        code = self._process.poll()
        self._process.kill()
        self._process.wait()
        self.channel.close()
        return "" if code is None else _how(code)


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"


def _python(module: str, argument: str, limits: Limits | None = None) -> list[str]:
    """An isolated interpreter (`-I -S`) running `module`, able to import numpy and the package."""
    paths = [str(_PACKAGE_PARENT), str(Path(np.__file__).resolve().parent.parent)]
    bounds = [str(limits.memory_mb), str(limits.seconds)] if limits else []
    start = (
        f"import sys; sys.path += {paths!r}; sys.argv[1:] = {[argument, *bounds]!r}; "
        f"from {module} import main; main()"
    )
    return [sys.executable, "-I", "-S", "-c", start]


def _environment() -> dict[str, str]:
    """Nothing of the judge's environment but what the system needs to start a process."""
    keep = {k: os.environ[k] for k in ("SYSTEMROOT", "WINDIR") if k in os.environ}
    threads = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"),
        "1",
    )
    return {**keep, **threads, "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
