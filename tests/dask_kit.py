"""A real Dask cluster on loopback, in processes of its own, for tests to use and to break."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import distributed
from golden.kit import PATIENCE, until

DASK = Path(sys.executable).with_name("dask")


class Dask:
    """A scheduler, and workers as they are asked for. Whatever is left is killed in the end."""

    def __init__(self, folder: Path, *options: str, protocol: str = "tcp") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._options = options
        self._protocol = protocol
        self._clients = contextlib.ExitStack()

    def __enter__(self) -> Self:
        where = self.folder / "scheduler.json"
        listen = ("--host", f"{self._protocol}://127.0.0.1", "--port", "0", "--no-dashboard")
        self._start("scheduler", "scheduler", *listen, "--scheduler-file", str(where))
        until(lambda: where.is_file() and where.read_text().endswith("}"), "the scheduler")
        self.address = json.loads(where.read_text())["address"]
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self.processes):
            self.kill(name)

    def worker(self, name: str, *options: str) -> int:
        """Start a worker without a nanny, wait until it is in the cluster; its process."""
        self.start_worker(name, "--no-nanny", *options)
        until(lambda: name in self.workers() or self.ended(name), f"worker {name}")
        assert not self.ended(name), self.said(name)
        return self.processes[name].pid

    def start_worker(self, name: str, *options: str) -> None:
        local = self.folder / name
        given = ("--name", name, "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1")
        self._start(name, "worker", self.address, *given, "--local-directory", str(local), *options)

    def workers(self) -> dict[str, str]:
        """The addresses of the scheduler's workers, by name."""
        # Sent by value: the scheduler does not know this module.
        named: dict[str, str] = self.client.run_on_scheduler(
            lambda dask_scheduler: {str(w.name): a for a, w in dask_scheduler.workers.items()}
        )
        return named

    @property
    def client(self) -> Any:
        if not hasattr(self, "_client"):
            client = distributed.Client(self.address, timeout=PATIENCE, set_as_default=False)
            self._client = self._clients.enter_context(client)
        return self._client

    def ended(self, name: str) -> bool:
        return self.processes[name].poll() is not None

    def kill(self, name: str) -> None:
        if name == "scheduler":
            self._clients.close()
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def said(self, name: str) -> str:
        """What the process has written."""
        return (self.folder / f"{name}.log").read_text(encoding="utf-8")

    def _start(self, name: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self.processes[name] = subprocess.Popen(
                [DASK, *arguments, *self._options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
