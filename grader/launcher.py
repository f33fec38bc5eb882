"""Starting and ending the processes that run submissions. Loads no numpy: they do, meanwhile."""

from __future__ import annotations

import contextlib
import hmac
import importlib.util
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Protocol

from grader.errors import WorkerError
from grader.model import Limits

START_SECONDS = 30.0
_PACKAGE_PARENT = Path(__file__).resolve().parent.parent


class Process(Protocol):
    """A running child: its socket, and how to end it."""

    channel: socket.socket

    def end(self) -> str:
        """Kill and reap. How it had ended by itself, or "" if it was still running."""
        ...


class Zygote:
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

    def __init__(self, channel: socket.socket, pidfd: int, zygote: Zygote) -> None:
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


class Solo:
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
    numpy = importlib.util.find_spec("numpy")
    if numpy is None or numpy.origin is None:
        raise WorkerError("numpy is not installed here. Run: python -m pip install numpy")
    paths = [str(_PACKAGE_PARENT), str(Path(numpy.origin).resolve().parent.parent)]
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
