"""What surrounds a run of `grader grade`: its signals, and the log of how far it has come."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from dataclasses import replace
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Self

from grader.cli.common import INTERRUPTED
from grader.errors import GraderError

if TYPE_CHECKING:
    from grader.runs import Progress
    from grader.store import Store

PATIENCE = 2.0
"""Seconds that a second signal waits for things to be put away. What is done is stored already."""

_FIRST = b"\nFinishing what is under way. Ctrl-C again stops at once.\n"


class Stopping:
    """Ctrl-C and SIGTERM: the first asks for an end, the second raises KeyboardInterrupt."""

    def __init__(self) -> None:
        self._asked = False
        self._before: dict[signal.Signals, Any] = {}

    def asked(self) -> bool:
        return self._asked

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._on)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _on(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            # An exception may come amid anything, such as the locks of a pool, and end nothing.
            last = threading.Timer(PATIENCE, os._exit, (INTERRUPTED,))
            last.daemon = True
            last.start()
            raise KeyboardInterrupt
        self._asked = True
        os.write(2, _FIRST)  # not through a buffer, which may be in use right now


class Log:
    """Tells the store how far a run has come, and in the end how it ended."""

    def __init__(self, store: Store, command: str, total: int) -> None:
        from grader.runs import Progress
        from grader.status import this_process

        self.told = Progress(total)
        self._store = store
        self._number = store.begin(command, this_process(), self.told)

    def __call__(self, progress: Progress) -> None:
        self.told = progress
        self._store.tell(self._number, progress)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        from grader.status import DONE, INTERRUPTED

        whole = e is None and self.told.done == self.told.total
        # A disk that is full is told once, and no line on the end of a run hides it.
        with contextlib.suppress(GraderError):
            self(replace(self.told, busy=(), ended=DONE if whole else INTERRUPTED))
