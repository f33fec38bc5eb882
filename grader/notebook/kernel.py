"""A conversation like that with a child, held with the student's own kernel.

No boundary here: the code and its author are where they are. What is kept of a child's answers is
that they are copies, that nothing is printed, and that there is one deadline where one can be kept.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import signal
import sys
import threading
import time
import types
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from grader import wire
from grader.measurement import Answer, Failure
from grader.messages import say
from grader.probe import copies

if TYPE_CHECKING:
    from grader.model import Array
    from grader.worker import Ask

PRINT_LIMIT = 4 << 10
MESSAGE_LIMIT = 1000
CODE_LIMIT = 90
AGAIN = 0.5
"""How many seconds after the deadline, and how often, code that swallows the alarm is told so."""


class _Late(BaseException):
    """The deadline has passed. No Exception, so that a student's `except Exception` lets it by."""


class Kernel:
    """A `grader.worker.Conversation` over the names a kernel's user has defined.

    `number_of` gives the number in brackets beside the cell whose code has a file name, or 0.
    """

    def __init__(
        self,
        probe: types.ModuleType,
        names: Mapping[str, Any],
        seconds: float,
        number_of: Callable[[str], int] = lambda name: 0,
    ) -> None:
        self._probe = probe
        self._names = names
        self._module = types.ModuleType("__main__")
        vars(self._module).update(names)
        self._deadline = time.monotonic() + seconds
        self._number_of = number_of
        self._cases: dict[str, Mapping[str, Array]] = {}
        self._over: Failure | None = None
        self._printed = _Printed()

    @property
    def printed(self) -> str:
        return self._printed.getvalue()

    def give(self, cases: Mapping[str, Mapping[str, Array]]) -> None:
        self._cases.update(cases)

    def ask(self, asks: Sequence[Ask], seconds: float = float("inf")) -> list[Answer]:
        return self.get(asks, time.monotonic() + seconds)

    def put(self, asks: Sequence[Ask]) -> None:
        """Nothing to send: `get` does the work."""

    def get(self, asks: Sequence[Ask], deadline: float = float("inf")) -> list[Answer]:
        return [self._answer(a, min(self._deadline, deadline)) for a in asks]

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        before = time.monotonic()
        yield
        self._deadline += time.monotonic() - before

    def _answer(self, ask: Ask, deadline: float) -> Answer:
        if self._over is not None:
            return Answer(failure=self._over)
        before = time.perf_counter()
        try:
            with _alarm(deadline - time.monotonic()), _quiet(self._printed):
                answer = self._outcome(ask)
        except _Late:
            answer = None
        seconds = time.perf_counter() - before
        if answer is None or time.monotonic() > deadline:
            self._over = Failure("timeout")
            return Answer(failure=self._over, seconds=seconds)
        arrays, rest, failure = answer
        return Answer(arrays, rest, failure, seconds)

    def _outcome(self, ask: Ask) -> tuple[dict[str, Array], dict[str, str], Failure | None]:
        try:
            arrays, rest = wire.sort_out(self._returned(ask))
            if sum(a.nbytes for a in arrays.values()) > wire.REPLY.body // 2:
                return {}, dict.fromkeys([*arrays, *rest], "too large"), None
            # Copies, since a student's next step may write into the same arrays.
            return {name: np.array(a, order="C") for name, a in arrays.items()}, rest, None
        except (_Late, KeyboardInterrupt):
            raise
        except BaseException as e:  # whatever it is, sys.exit() too
            return {}, {}, self._failure(e)

    def _returned(self, ask: Ask) -> Any:
        call = getattr(self._probe, ask.call)
        given = self._cases[ask.case]
        if ask.points is None:
            return call(self._module, copies(given))
        each = [call(self._module, copies({**given, ask.input: p})) for p in ask.points]
        return {y: np.stack([one[y] for one in each]) for y in each[0]}

    def _failure(self, error: BaseException) -> Failure:
        file, line = self._place(error)
        try:
            message = str(error)[:MESSAGE_LIMIT]
        except Exception:
            message = ""
        kind = str(type.__getattribute__(type(error), "__name__"))
        code = linecache.getline(file, line).strip() if line else ""
        if number := self._number_of(file):
            code = say("notebook.code", code=code[:CODE_LIMIT], number=number)
        return Failure("exception", kind, message, line, code)

    def _place(self, error: BaseException) -> tuple[str, int]:
        """File name and line of the innermost frame whose code stands in the notebook."""
        found, trace = ("", 0), error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_globals is self._names:
                found = trace.tb_frame.f_code.co_filename, trace.tb_lineno
            trace = trace.tb_next
        return found


class _Printed(io.StringIO):
    """Keeps the first PRINT_LIMIT characters and drops the rest."""

    def write(self, text: str) -> int:
        super().write(text[: max(PRINT_LIMIT - self.tell(), 0)])
        return len(text)


@contextlib.contextmanager
def _quiet(printed: _Printed) -> Iterator[None]:
    """Nothing reaches the cell's outputs: nbgrader gives 0 for a single warning on stderr."""
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raise _Late in what runs here after `seconds`, where signals can be had (not on Windows)."""
    possible = sys.platform != "win32" and threading.current_thread() is threading.main_thread()
    if not possible or not seconds < threading.TIMEOUT_MAX:
        yield
        return
    armed = True

    def ring(number: int, frame: object) -> None:
        if armed:
            raise _Late

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-3), AGAIN)
        yield
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
