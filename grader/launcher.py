"""Starting and ending the processes that run submissions. Loads no numpy: they do, meanwhile."""

from __future__ import annotations

import contextlib
import hmac
import importlib.util
import json
import os
import secrets
import select
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from grader.errors import WorkerError
from grader.model import Limits

START_SECONDS = 30.0
REPLY = struct.Struct("<ii")
READY_SIZE = 128
GRACE = 0.5
"""Seconds that a child whose socket has closed has to end, so that we see how."""
_PACKAGE_PARENT = Path(__file__).resolve().parent.parent


class Process(Protocol):
    """A running child: its socket, and how to end it."""

    channel: socket.socket

    def end(self) -> str:
        """Kill and reap. How it had ended by itself, or "" if it was still running."""
        ...


@dataclass(frozen=True)
class Isolation:
    """What confines submissions. `bwrap` is the path of a usable bubblewrap, or ""."""

    strict: bool = True
    bwrap: str = ""


class Zygote:
    """A running zygote (Linux) and the one socket to it."""

    def __init__(self, limits: Limits, isolation: Isolation) -> None:
        self.isolation = isolation
        self.told: Mapping[str, object] = {}
        self._ordered: socket.socket | None = None
        self._spare: _Forked | None = None
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                _zygote_command(theirs.fileno(), limits, isolation),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=_environment(),
                cwd="/",
            )

    def fork(self) -> Process:
        """A child. The next one is asked for already, so that it is there when it is needed."""
        self._order()
        self._settle()
        child, self._spare = self._spare, None
        assert child is not None
        try:
            self._order()
        except WorkerError:
            child.close()
            raise
        return child

    def reap(self, pid: int, *, wait: bool) -> int:
        """Have child `pid` waited for, which must be dead or dying.

        Its exit code, negative for a signal, if we `wait` for the zygote to say it; else 0.
        `pid` is the zygote's word for the child and means nothing outside of it.
        """
        try:
            if wait:
                self._settle()  # the zygote answers in order
            self._control.sendall(b"R" + REPLY.pack(pid, int(wait)))
            raw = self._control.recv(REPLY.size, socket.MSG_WAITALL) if wait else REPLY.pack(0, 0)
        except OSError:
            raw = b""
        if len(raw) != REPLY.size:
            raise self._dead()
        code: int = REPLY.unpack(raw)[1]
        return code

    def _order(self) -> None:
        """Ask for a child, unless one is there or asked for."""
        if self._spare is not None or self._ordered is not None:
            return
        self.wait_until_ready()
        self._ordered, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._control, [b"F" + REPLY.pack(0, 0)], [theirs.fileno()])
        except OSError:
            raise self._dead() from None

    def _settle(self) -> None:
        """Take in the child that was asked for, if any."""
        if self._ordered is None:
            return
        try:
            raw, descriptors, _, _ = socket.recv_fds(self._control, REPLY.size, 1)
        except OSError:
            raw, descriptors = b"", []
        if len(raw) != REPLY.size or len(descriptors) != 1:
            raise self._dead()
        self._spare = _Forked(self._ordered, REPLY.unpack(raw)[0], descriptors[0], self)
        self._ordered = None

    @property
    def alive(self) -> bool:
        return self._process.poll() is None and self._control.fileno() >= 0

    def close(self) -> None:
        """End the zygote; the kernel ends its children with it. May be called twice."""
        self._control.close()
        for end in (self._ordered, self._spare):
            if end is not None:
                end.close()
        self._ordered = self._spare = None
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stderr:
            self._process.stderr.close()

    def wait_until_ready(self) -> None:
        """Wait for the zygote's first word: what it is, once it has loaded everything."""
        if self.told:
            return
        self._control.settimeout(START_SECONDS)
        try:
            self.told = json.loads(self._control.recv(READY_SIZE, socket.MSG_WAITALL))
        except (OSError, ValueError):
            raise self._dead() from None

    def _dead(self) -> WorkerError:
        """The error to raise for a zygote that does not answer; it is ended and closed."""
        self._process.kill()
        pipe = self._process.stderr
        said = pipe.read() if pipe and not pipe.closed else b""
        self.close()
        last = said.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no message"]
        ours, _, own_words = last[0].partition("WorkerError: ")
        if own_words and ours in ("", "grader.errors."):
            return WorkerError(own_words)
        return WorkerError(
            f"The process that runs submissions has ended ({last[0]}). "
            "Run the command again; finished results are kept."
        )


class _Forked:
    """A child of the zygote, held by its pidfd."""

    def __init__(self, channel: socket.socket, pid: int, pidfd: int, zygote: Zygote) -> None:
        self.channel = channel
        self._pid = pid
        self._pidfd = pidfd
        self._zygote = zygote
        self._ended: str | None = None

    def end(self) -> str:
        if self._ended is not None:
            return self._ended
        dead = bool(select.select([self._pidfd], [], [], GRACE)[0]) if self._hung_up() else False
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        self.close()
        self._ended = ""
        code = self._zygote.reap(self._pid, wait=dead)
        if dead:
            self._ended = _how(code)
        return self._ended

    def close(self) -> None:
        """Let go of it without ending it."""
        os.close(self._pidfd)
        self.channel.close()

    def _hung_up(self) -> bool:
        poll = select.poll()
        poll.register(self.channel, select.POLLRDHUP)
        return bool(poll.poll(0))


class Solo:
    """A plain subprocess that connects back over loopback, for systems without a zygote."""

    def __init__(self) -> None:
        token = secrets.token_hex(16).encode()
        try:
            listening = socket.create_server(("127.0.0.1", 0))
        except OSError as e:
            raise WorkerError(
                f"Python may not listen on 127.0.0.1 here ({e.strerror}). "
                "Allow it: submissions answer over such a connection."
            ) from None
        with listening as server:
            server.settimeout(START_SECONDS)
            self._process = subprocess.Popen(
                _python(sys.executable, "grader.sandbox.solo", [str(server.getsockname()[1])]),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_environment(),
            )
            shown = b""
            with contextlib.suppress(OSError):  # it has ended, or does not connect
                assert self._process.stdin is not None
                with self._process.stdin as pipe:
                    pipe.write(token + b"\n")
                self.channel, _ = server.accept()
                self.channel.settimeout(START_SECONDS)
                shown = self.channel.recv(len(token), socket.MSG_WAITALL)
        if not hmac.compare_digest(shown, token):
            if hasattr(self, "channel"):
                self.channel.close()
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


def _zygote_command(control_fd: int, limits: Limits, isolation: Isolation) -> list[str]:
    kind = "strict" if isolation.strict else "loose"
    arguments = [str(control_fd), str(limits.memory_mb), str(limits.seconds), kind]
    if not isolation.bwrap:
        return _python(sys.executable, "grader.sandbox.zygote", arguments)
    from grader.sandbox import namespaces

    return namespaces.wrapped(
        isolation.bwrap,
        _python(namespaces.interpreter(), "grader.sandbox.zygote", arguments),
        readable=namespaces.python_paths(["numpy", "grader"]),
        environment=_environment(),
    )


def _python(interpreter: str, module: str, arguments: list[str]) -> list[str]:
    """An isolated interpreter (`-I -S`) running `module`, able to import numpy and the package."""
    numpy = importlib.util.find_spec("numpy")
    if numpy is None or numpy.origin is None:
        raise WorkerError("numpy is not installed here. Run: python -m pip install numpy")
    paths = [str(_PACKAGE_PARENT), str(Path(numpy.origin).parent.parent)]
    start = (
        f"import sys; sys.path += {paths!r}; sys.argv[1:] = {arguments!r}; "
        f"from {module} import main; main()"
    )
    return [interpreter, "-I", "-S", "-c", start]


def _environment() -> dict[str, str]:
    """Nothing of the judge's environment but what the system needs to start a process."""
    keep = {k: os.environ[k] for k in ("SYSTEMROOT", "WINDIR") if k in os.environ}
    threads = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"),
        "1",
    )
    # Pages of memory that a child touches for the first time are most of what it costs. So memory
    # is taken in large pages where the system has them, and kept once it was taken.
    memory = {
        "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
        "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
        "MALLOC_TRIM_THRESHOLD_": str(128 << 20),
        "MALLOC_TOP_PAD_": str(8 << 20),
    }
    return {**keep, **threads, **memory, "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
