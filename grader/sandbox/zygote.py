"""The zygote: a process with numpy loaded that forks one child for each submission.

It is exec'd, never forked from the judge, so nothing of the judge is in its memory; it runs
isolated (`python -I -S`) with a clean environment, and it never reads from a child. The judge
talks to it over one socket: `F` with a descriptor forks a child that serves on that descriptor,
and is answered with the child's pid and pidfd; `R` reaps a child, and is answered with how it
ended if that is asked. When the judge hangs up the zygote ends, and its child with it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import struct
import sys

_MODULES = """
    __future__ abc array bisect builtins cmath collections collections.abc contextlib copy csv
    dataclasses datetime decimal enum fractions functools gc heapq inspect io itertools json
    keyword linecache logging math numbers operator os pprint random re statistics string struct
    sys textwrap time timeit traceback types typing unicodedata warnings weakref
    numpy numpy.char numpy.fft numpy.lib.stride_tricks numpy.linalg numpy.ma numpy.polynomial
    numpy.random numpy.rec numpy.testing numpy.typing
"""
PRELOADED = tuple(_MODULES.split())
"""What a submission may import: loaded before the sandbox closes, since nothing loads after."""

_NEWER = ("numpy.exceptions", "numpy.dtypes", "numpy.strings")  # not in every numpy we support
_CODECS = ("ascii", "cp1252", "cp949", "euc_kr", "latin_1", "utf_16", "utf_8", "utf_8_sig")

ALLOWED = (
    "numpy, and of the standard library math, typing, dataclasses, functools, itertools, "
    "collections, enum, abc, copy, operator, random, statistics, string, re, json and time"
)
"""PRELOADED as a person would put it."""

REPLY = struct.Struct("<ii")
READY_SIZE = 128
CHANNEL_FD = 20
"""Where a child finds its socket: above what it may open itself."""


def main() -> None:
    """Serve fork requests on the descriptor in argv[1]; limits and kind of sandbox follow it."""
    control_fd, memory_mb, seconds, strict = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the judge's to handle
    control = socket.socket(fileno=int(control_fd))
    _load()
    from grader.sandbox import child, confine, landlock, namespaces, syscalls

    # Root first becomes nobody in particular, which also resets what is set next.
    uid = namespaces.drop_to_spare_uid() if strict == "strict" else os.geteuid()
    syscalls.die_with_parent(os.getppid())
    make = confine.steps if strict == "strict" else confine.loose_steps
    layers = make(int(memory_mb) << 20, float(seconds), CHANNEL_FD)
    told = {"strict": strict == "strict", "uid": uid, "landlock": landlock.abi()}
    forgotten = child.to_forget()
    control.sendall(json.dumps(told).encode().ljust(READY_SIZE))
    gc.collect()
    gc.freeze()
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1 + REPLY.size, 1)
        if not message:
            return
        if message[:1] == b"F":
            (fd,) = descriptors
            pid = os.fork()
            if pid == 0:
                os.dup2(fd, CHANNEL_FD)
                os.dup2(1, 2)  # /dev/null; the zygote's own stderr goes to the judge
                child.run(socket.socket(fileno=CHANNEL_FD), layers, ALLOWED, forgotten)
            os.close(fd)
            pidfd = os.pidfd_open(pid)
            socket.send_fds(control, [REPLY.pack(pid, 0)], [pidfd])
            os.close(pidfd)
        else:
            pid, wanted = REPLY.unpack(message[1:])
            _, status = os.waitpid(pid, 0)
            if wanted:
                control.sendall(REPLY.pack(pid, os.waitstatus_to_exitcode(status)))


def _load() -> None:
    """Load all that a submission may import; nothing can be loaded once the sandbox is closed."""
    for name in PRELOADED:
        importlib.import_module(name)
    for name in _NEWER:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for name in _CODECS:
        importlib.import_module(f"encodings.{name}")
    # `from numpy import *` would load the submodules that are left out here (f2py and the like).
    numpy = vars(sys.modules["numpy"])
    numpy["__all__"] = [name for name in numpy["__all__"] if name in numpy]
