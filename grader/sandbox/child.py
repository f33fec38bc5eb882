"""The student's side of the boundary: runs a submission and answers with arrays, nothing else.

The child knows the student's source, the probe and the input arrays it is given. It holds no
reference, expected value, tolerance, seed or score, so there is nothing in it to steal; and what
it answers is only ever compared, so there is nothing in it to win by lying about itself.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import io
import json
import linecache
import marshal
import os
import socket
import sys
import types
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from grader import wire
from grader.sandbox import cells
from grader.submission import is_notebook
from grader.wire import Frame, Kind

if TYPE_CHECKING:
    from grader.model import Array

_FORGOTTEN = {
    *("grader", "ctypes", "_ctypes", "subprocess", "_posixsubprocess", "socket", "_socket"),
    *("select", "selectors", "multiprocessing", "concurrent"),
}
"""Loaded because numpy or the child needs it, but nothing for a submission to import."""

PRINT_LIMIT = 4 << 10
MESSAGE_LIMIT = 1000


class ModuleRefused(ImportError):
    """A module that was not loaded before the sandbox closed."""


class _Refuse:
    """The only import finder left in the child: what is loaded may be imported, no more."""

    def __init__(self, allowed: str) -> None:
        self.allowed = allowed

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.partition(".")[0] == "grader":
            raise ModuleRefused(f"{name} is not for submissions. Use {self.allowed}.")
        raise ModuleRefused(f"{name} is not to be had here. Use {self.allowed}.")


class _Printed(io.TextIOBase):
    """Collects the first PRINT_LIMIT characters that student code prints, and drops the rest."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.room = PRINT_LIMIT

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self.room > 0:
            self.parts.append(text[: self.room])
            self.room -= len(text)
        return len(text)

    def take(self) -> bytes:
        text = "".join(self.parts)
        self.parts.clear()
        return text.encode("utf-8", "replace")[: wire.REPLY.text]


class Child:
    """One submission's process. `serve` returns when the judge hangs up."""

    def __init__(self, channel: socket.socket, allowed: str) -> None:
        self.channel = channel
        self.probe = types.ModuleType("probe")
        self.module: types.ModuleType | None = None
        self.cannot_load: bytes | None = None
        self.cases: dict[int, Mapping[str, Array]] = {}
        self.files: dict[str, int] = {}  # what the student's code is compiled as, and its cell
        self.printed = _Printed()
        sys.stdout = sys.stderr = self.printed
        sys.stdin = io.StringIO()
        sys.meta_path[:] = [_Refuse(allowed)]
        sys.path[:] = []

    def serve(self) -> None:
        asked: list[Frame] = []
        while (frame := self._receive()) is not None:
            match frame.kind:
                case Kind.PROBE:
                    # The judge's own words, for the same interpreter: safe to unmarshal.
                    exec(marshal.loads(frame.text), self.probe.__dict__)
                case Kind.SOURCE:
                    name, _, source = frame.text.partition(b"\0")
                    self._load(name.decode(), source)
                case Kind.CASE:
                    self.cases[frame.serial] = frame.arrays or {}
                case Kind.CALL | Kind.POINTS:
                    asked.append(frame)
                case Kind.RUN:
                    for request in asked:
                        self.channel.sendall(self._reply(request))
                    asked.clear()
                    self.channel.sendall(wire.encode(Frame(Kind.PRINTED, text=self.printed.take())))

    def _receive(self) -> Frame | None:
        head = self._exactly(wire.HEADER_SIZE)
        if head is None:
            return None
        header = wire.decode_header(head, wire.REQUEST)
        rest = self._exactly(header.rest)
        return None if rest is None else wire.decode_rest(header, rest)

    def _exactly(self, n: int) -> bytearray | None:
        raw = bytearray(n)
        view, at = memoryview(raw), 0
        while at < n:
            got = self.channel.recv_into(view[at:])
            if not got:
                return None
            at += got
        return raw

    def _load(self, name: str, source: bytes) -> None:
        if is_notebook(source):
            self._load_notebook(name, source)
            return
        module = types.ModuleType(name)
        module.__file__ = file_name = f"{name}.py"
        self._keep(module, {file_name: (0, source)})
        try:
            exec(compile(source, file_name, "exec", dont_inherit=True), module.__dict__)
        except BaseException as e:
            self.cannot_load = self._failure(e)

    def _load_notebook(self, name: str, source: bytes) -> None:
        module = cells.Notebook(name)
        try:
            found = cells.read(source)
            files = {c.file: (c.number, c.text.encode("utf-8", "replace")) for c in found}
            self._keep(module, files)
            cells.run(module, found)
        except BaseException as e:
            self.cannot_load = self._failure(e)

    def _keep(self, module: types.ModuleType, files: Mapping[str, tuple[int, bytes]]) -> None:
        """Make `module` known, and its source, so that a traceback shows it."""
        for file_name, (cell, source) in files.items():
            self.files[file_name] = cell
            linecache.cache[file_name] = _lines(source, file_name)
        sys.modules[module.__name__] = module
        self.module = module

    def _reply(self, request: Frame) -> bytes:
        if self.cannot_load is not None:
            return self.cannot_load
        try:
            if request.kind is Kind.CALL:
                call = getattr(self.probe, request.text.decode())
                return _value(call(self.module, _copies(self.cases[request.serial])))
            return _value(self._at_points(request))
        except BaseException as e:
            return self._failure(e)

    def _at_points(self, request: Frame) -> dict[str, object]:
        """What a probe function returns, stacked over the points of one input."""
        called, _, name = request.text.decode().partition("\0")
        call: Callable[[Any, dict[str, Array]], Mapping[str, Any]] = getattr(self.probe, called)
        base = self.cases[request.serial]
        outputs = []
        for point in (request.arrays or {})["points"]:
            a = _copies(base)
            a[name] = np.array(point)
            outputs.append(call(self.module, a))
        return {y: np.stack([o[y] for o in outputs]) for y in outputs[0]}

    def _failure(self, error: BaseException) -> bytes:
        file_name, line = self._student_line(error)
        try:
            message = str(error)
        except BaseException:
            message = ""
        kind, type_name = "exception", _name(type(error))
        if isinstance(error, cells.NotebookError):
            kind, type_name, message = "notebook", error.code, error.detail
        elif isinstance(error, ModuleRefused):
            kind = "refused"
        code = linecache.getline(file_name, line) if line else ""
        if isinstance(error, SyntaxError) and error.filename == file_name:
            code = error.text or code
        told = {
            "kind": kind,
            "type": type_name,
            "message": message[:MESSAGE_LIMIT],
            "cell": self.files.get(file_name, 0),
            "line": line,
            "code": code.strip()[:200],
        }
        text = json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")
        return wire.encode(Frame(Kind.FAILURE, text=text))

    def _student_line(self, error: BaseException) -> tuple[str, int]:
        """The innermost line of the student's that the error passed through: file and number."""
        if isinstance(error, SyntaxError) and error.filename in self.files:
            return error.filename, error.lineno or 0
        file_name, line, trace = "", 0, error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename in self.files:
                file_name, line = trace.tb_frame.f_code.co_filename, trace.tb_lineno
            trace = trace.tb_next
        return file_name, line


def _name(kind: type) -> str:
    """The name of an exception's class, whatever a metaclass makes of it."""
    try:
        return str(kind.__name__)[:100]
    except BaseException:
        return "Exception"


def _value(returned: object) -> bytes:
    """A VALUE frame of what can travel; its text says what the rest was."""
    arrays, rest = wire.sort_out(returned)
    if sum(a.nbytes for a in arrays.values()) > wire.REPLY.body // 2:
        arrays, rest = {}, dict.fromkeys([*arrays, *rest], "too large")
    text = json.dumps(rest).encode() if rest else b""
    return wire.encode(Frame(Kind.VALUE, text=text, arrays=arrays))


def _copies(arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {name: np.array(a) for name, a in arrays.items()}


def _lines(source: bytes, name: str) -> tuple[int, None, list[str], str]:
    """A linecache entry, so that a traceback shows source that is on no disk."""
    try:
        text = importlib.util.decode_source(source)
    except (SyntaxError, UnicodeError, LookupError):
        text = source.decode("latin-1")
    # At line ends only: str.splitlines would also split at form feeds and the like.
    return len(text), None, [line + "\n" for line in text.split("\n")], name


def run(
    channel: socket.socket,
    layers: Iterable[tuple[str, Callable[[], object]]],
    allowed: str,
    forgotten: Iterable[str],
) -> None:
    """Confine this process, say so, serve one submission, and end. Never returns.

    If a layer fails nothing is served: the one reply is a FAILURE that names the layer.
    `forgotten` are the modules to take from the registry, as `to_forget` names them.
    """
    try:
        for name, apply in layers:
            try:
                apply()
            except BaseException as e:
                told = json.dumps({"layer": name, "message": str(e)}).encode()
                channel.sendall(wire.encode(Frame(Kind.FAILURE, text=told)))
                return
        for name in forgotten:
            sys.modules.pop(name, None)
        channel.sendall(wire.encode(Frame(Kind.CONFINED)))
        Child(channel, allowed).serve()
    finally:
        os._exit(0)


def to_forget() -> list[str]:
    """What a submission may not import; whoever holds it keeps it.

    Asked for before the fork: going through all modules touches each of their names, and a page of
    memory that is touched after the fork is copied.
    """
    return [name for name in sys.modules if name.partition(".")[0] in _FORGOTTEN]
