"""The zygote: a process with numpy loaded that forks one child for each submission.

It is exec'd, never forked from the judge, so nothing of the judge is in its memory; it runs
isolated (`python -I -S`) with a clean environment, and it never reads from a child. The judge
talks to it over one socket: `F` with a descriptor forks a child that serves on that descriptor,
and is answered with the child's pid and pidfd; `R` reaps the child, and is answered with how it
ended. When the judge hangs up the zygote ends, and its child with it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
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

ALLOWED = "numpy and of the standard library " + ", ".join(
    m for m in PRELOADED if "numpy" not in m and "." not in m and not m.startswith("__")
)

REPLY = struct.Struct("<ii")


def main() -> None:
    """Serve fork requests on the descriptor named by argv[1], with the limits after it."""
    control_fd, memory_mb, seconds = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the judge's to handle
    control = socket.socket(fileno=int(control_fd))
    for name in PRELOADED:
        importlib.import_module(name)
    for name in _NEWER:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for name in _CODECS:
        importlib.import_module(f"encodings.{name}")
    from grader.sandbox import child, confine

    steps = confine.steps(int(memory_mb) << 20, float(seconds))
    control.sendall(b"ready")
    gc.collect()
    gc.freeze()
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        if message == b"F":
            (fd,) = descriptors
            pid = os.fork()
            if pid == 0:
                control.close()
                child.run(socket.socket(fileno=fd), steps, ALLOWED)
            os.close(fd)
            pidfd = os.pidfd_open(pid)
            socket.send_fds(control, [REPLY.pack(pid, 0)], [pidfd])
            os.close(pidfd)
        else:
            _, status = os.waitpid(pid, 0)
            control.sendall(REPLY.pack(pid, os.waitstatus_to_exitcode(status)))
