"""Each layer of the sandbox holds something by itself: without it, an attack gets through.

Layers overlap on purpose, so that most attacks meet several. A test here takes away the others
that would meet its attack too, shows that the layer stops it alone, and that nothing does once the
layer is gone as well. Only the zygotes of these tests are changed.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import sys
import tempfile
import textwrap
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from grader import launcher, wire
from grader.errors import WorkerError
from grader.launcher import Isolation
from grader.measurement import Answer
from grader.model import Limits
from grader.worker import Ask, Worker

if sys.platform != "linux":
    pytest.skip("the sandbox is Linux's", allow_module_level=True)

from grader.sandbox import landlock, namespaces

PATIENCE = 60.0
PROBE = b"def attempt(module, a):\n    return {'got': module.attempt()}\n"
BUBBLEWRAP = namespaces.probe()

by_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give what this layer takes")
with_landlock = pytest.mark.skipif(not landlock.abi(), reason="this kernel has no Landlock")
with_bubblewrap = pytest.mark.skipif(not BUBBLEWRAP.usable, reason=BUBBLEWRAP.problem or "usable")

WITHOUT_STEPS = """
import grader.sandbox.confine as confine
every = confine.steps
confine.steps = lambda *given: tuple(s for s in every(*given) if s[0] not in {names!r})
"""

AS_ROOT = """
import os
import grader.sandbox.namespaces as namespaces
namespaces.drop_to_spare_uid = os.geteuid
"""

DUMPABLE_AT_FIRST = """
import grader.sandbox.namespaces as namespaces
from grader.sandbox import syscalls
drop = namespaces.drop_to_spare_uid
def drop_and_be_dumpable():
    uid = drop()
    syscalls.call("prctl", syscalls.PR_SET_DUMPABLE, 1, 0, 0, 0)
    return uid
namespaces.drop_to_spare_uid = drop_and_be_dumpable
"""
"""The zygote of an ordinary user is dumpable. That of root is not after it has become another."""

ALL_IMPORTS = """
import sys
import grader.sandbox.child as child
init = child.Child.__init__
def keep_finders(self, *given):
    finders, path = list(sys.meta_path), list(sys.path)
    init(self, *given)
    sys.meta_path[:], sys.path[:] = finders, path
child.Child.__init__ = keep_finders
child._forget = lambda: None
"""

A_STEP_THAT_FAILS = """
import grader.sandbox.landlock as landlock
def refuse():
    raise OSError("not today")
landlock.restrict_all = refuse
"""


class Layers:
    """Starts workers whose zygotes are changed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    @contextlib.contextmanager
    def without(
        self, *names: str, change: str = "", bwrap: str = "", seconds: float = PATIENCE
    ) -> Iterator[Worker]:
        """A worker whose children leave out the steps of these names. `change` is code that its
        zygote runs first."""
        code = WITHOUT_STEPS.format(names=set(names)) + change
        python = launcher._python

        def changed(interpreter: str, module: str, arguments: list[str]) -> list[str]:
            *start, program = python(interpreter, module, arguments)
            before, after = program.split(f"from {module} import main")
            return [*start, f"{before}exec({code!r}); from {module} import main{after}"]

        with self._monkeypatch.context() as patch:
            patch.setattr(launcher, "_python", changed)
            with Worker(Limits(seconds=seconds), Isolation(bwrap=bwrap)) as worker:
                worker.start()
                yield worker


@pytest.fixture
def layers(monkeypatch: pytest.MonkeyPatch) -> Layers:
    return Layers(monkeypatch)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user may enter."""
    with tempfile.TemporaryDirectory(prefix="layers-") as path:
        Path(path).chmod(0o755)
        yield Path(path)


def attempt(worker: Worker, code: str) -> Answer:
    """The answer of a submission whose function `attempt` runs `code`."""
    body = textwrap.indent(textwrap.dedent(code).strip(), "    ")
    source = f"import os\nimport numpy as np\n\ndef attempt():\n{body}\n    return np.ones(1)\n"
    with worker.open(PROBE, "m", source.encode()) as session:
        session.give({"c": {"x": np.ones(1)}})
        (answer,) = session.ask([Ask("c", "attempt")])
    return answer


def succeeds(worker: Worker, code: str) -> bool:
    return attempt(worker, code).failure is None


CTYPES = 'CDLL = next(c for c in object.__subclasses__() if c.__name__ == "CDLL")\n'

NEEDS_SECCOMP = {
    "socket": 'next(c for c in object.__subclasses__() if c.__name__ == "socket")(1, 1)',
    "pipe": "os.pipe()",
    "other_process": "os.pidfd_open(os.getppid())",
    "timer": "__import__('signal').setitimer(0, 1000)",
    "executable_memory": CTYPES
    + """
libc = CDLL(None)
libc.mmap.restype = CDLL.__init__.__globals__["c_void_p"]
assert libc.mmap(None, 4096, 7, 0x22, -1, 0) not in (None, 2**64 - 1)
""",
}


@pytest.mark.parametrize("what", NEEDS_SECCOMP)
def test_without_seccomp_the_kernel_does_what_it_is_asked(layers: Layers, what: str) -> None:
    with layers.without() as worker:
        assert not succeeds(worker, NEEDS_SECCOMP[what])
    with layers.without("seccomp") as worker:
        assert succeeds(worker, NEEDS_SECCOMP[what])


READ = "open('/etc/passwd').read()"


@with_landlock
def test_without_landlock_a_hole_in_the_filter_is_a_way_to_files(layers: Layers) -> None:
    with layers.without("seccomp") as worker:
        assert not succeeds(worker, READ)
    with layers.without("seccomp", "landlock") as worker:
        assert succeeds(worker, READ)


@with_bubblewrap
def test_without_bubblewrap_files_are_there_to_be_read(layers: Layers) -> None:
    left_out = ("seccomp", "landlock")
    with layers.without(*left_out, change=AS_ROOT, bwrap=BUBBLEWRAP.path) as worker:
        failure = attempt(worker, READ).failure
        assert failure is not None
        assert failure.type == "FileNotFoundError"
    with layers.without(*left_out, change=AS_ROOT) as worker:
        assert succeeds(worker, READ)


@by_root
def test_without_the_spare_uid_what_only_root_may_read_can_be_read(
    layers: Layers, folder: Path
) -> None:
    secret = folder / "secret"
    secret.write_text("secret")
    secret.chmod(0o600)
    read = f"open({str(secret)!r}).read()"
    with layers.without("seccomp", "landlock") as worker:
        assert not succeeds(worker, read)
    with layers.without("seccomp", "landlock", change=AS_ROOT) as worker:
        assert succeeds(worker, read)


def test_without_limits_memory_is_there_for_the_asking(layers: Layers) -> None:
    with layers.without() as worker:
        failure = attempt(worker, "np.empty(2**29)").failure
        assert failure is not None
        assert "MemoryError" in failure.type
    with layers.without("limits") as worker:
        assert succeeds(worker, "np.empty(2**29)")


@pytest.mark.slow
def test_without_limits_a_process_outlives_its_deadline_where_nobody_kills_it(
    layers: Layers,
) -> None:
    """The clock is the judge's. What has escaped it, because the judge hangs, ends by its CPU."""
    spin = b"while True: pass"
    for names, ends in (((), True), (("limits",), False)):
        with layers.without(*names, seconds=0.1) as worker:
            session = worker.open(PROBE, "m", spin)
            with held(session._process) as pidfd:
                assert bool(select.select([pidfd], [], [], PATIENCE if ends else 4.5)[0]) is ends
            session.close()


OPEN_DESCRIPTORS = """
found = []
for fd in (*range(3, 20), *range(21, 64)):
    try:
        os.get_inheritable(fd)
    except OSError:
        continue
    found.append(fd)
assert found
"""


def test_without_closing_descriptors_the_zygotes_own_are_there(layers: Layers) -> None:
    with layers.without() as worker:
        assert not succeeds(worker, OPEN_DESCRIPTORS)
    with layers.without("descriptors") as worker:
        assert succeeds(worker, OPEN_DESCRIPTORS)


@by_root
def test_without_no_new_privileges_a_set_uid_program_makes_root(
    layers: Layers, folder: Path
) -> None:
    """The two steps after it set it as well, so they are left out in both."""
    if os.statvfs(folder).f_flag & os.ST_NOSUID:
        pytest.skip("programs in temporary folders cannot be set-uid")
    touch = folder / "touch"
    shutil.copy(str(shutil.which("touch")), touch)
    touch.chmod(0o4755)
    for names, made in (((), False), (("no new privileges",), True)):
        marker = folder / "made-by-root"
        execute = f"os.execv({str(touch)!r}, ['touch', {str(marker)!r}])"
        with layers.without("seccomp", "landlock", *names) as worker:
            assert attempt(worker, execute).failure is not None
        assert soon(marker.exists) is made


def test_without_the_death_signal_a_child_outlives_the_zygote(layers: Layers) -> None:
    for names, survives in (((), False), (("die with the zygote",), True)):
        with layers.without(*names) as worker:
            session = worker.open(PROBE, "m", b"def attempt(): pass")
            with held(session._process) as pidfd:
                assert worker._zygote is not None
                worker._zygote._process.kill()
                alive = not select.select([pidfd], [], [], 1.0 if survives else 10.0)[0]
            assert alive is survives
            with contextlib.suppress(WorkerError):
                session.close()


def test_without_being_undumpable_others_of_the_same_user_may_look_inside(layers: Layers) -> None:
    for names, seen in (((), False), (("not dumpable",), True)):
        with (
            layers.without(*names, change=DUMPABLE_AT_FIRST) as worker,
            worker.open(PROBE, "m", b"") as session,
        ):
            assert worker._zygote is not None
            path = f"/proc/{session._process._pid}/environ"  # type: ignore[attr-defined]
            uid = int(str(worker._zygote.told["uid"]))
            assert as_user(uid, lambda: len(Path(path).read_bytes()) > 0) is seen  # noqa: B023


@pytest.mark.parametrize("module", ["ctypes", "subprocess", "socket", "grader.judge"])
def test_without_the_refusal_what_is_not_for_submissions_is_imported(
    layers: Layers, module: str
) -> None:
    with layers.without() as worker:
        failure = attempt(worker, f"import {module}").failure
        assert failure is not None
        assert failure.kind == "refused"
    with layers.without("seccomp", "landlock", change=ALL_IMPORTS) as worker:
        failure = attempt(worker, f"import {module}").failure
        assert failure is None or failure.kind != "refused"


def test_without_caps_the_judge_takes_whatever_is_sent(
    layers: Layers, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = 2 * wire.REPLY.body // 8
    send = f"""
        import struct
        described = b"\\x03\\x00\\x01got" + struct.pack("<Q", {numbers})
        body = len(described) + 8 * {numbers}
        os.write(20, struct.pack("<4sBBIII", b"BPH1", 11, 1, 0, 0, body) + described)
        sent = 0
        while sent < 8 * {numbers}:
            sent += os.write(20, bytes(min(1 << 20, 8 * {numbers} - sent)))
    """
    with layers.without() as worker:
        failure = attempt(worker, send).failure
        assert failure is not None
        assert failure.kind == "died"
        monkeypatch.setattr(wire, "REPLY", replace(wire.REPLY, body=16 * wire.REPLY.body))
        assert attempt(worker, send).arrays["got"].size == numbers


def test_without_a_deadline_an_answer_may_come_byte_by_byte(layers: Layers) -> None:
    dribble = """
        import struct, time
        described = b"\\x03\\x00\\x01got" + struct.pack("<Qd", 1, 1.0)
        for byte in struct.pack("<4sBBIII", b"BPH1", 11, 1, 0, 0, len(described)) + described:
            os.write(20, bytes([byte]))
            time.sleep(0.02)
    """
    for seconds, kind in ((0.3, "timeout"), (PATIENCE, "")):
        with layers.without(seconds=seconds) as worker:
            failure = attempt(worker, dribble).failure
            assert (failure.kind if failure else "") == kind


def test_a_layer_that_cannot_be_put_in_place_lets_nothing_run(layers: Layers) -> None:
    with (
        layers.without(change=A_STEP_THAT_FAILS) as worker,
        pytest.raises(WorkerError, match=r"landlock.*not today"),
    ):
        worker.open(PROBE, "m", b"")


def soon(holds: Callable[[], bool], seconds: float = 1.0) -> bool:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


@contextlib.contextmanager
def held(process: object) -> Iterator[int]:
    """A pidfd of a child, which is killed at the end whatever became of it."""
    pidfd = os.pidfd_open(process._pid)  # type: ignore[attr-defined]
    try:
        yield pidfd
    finally:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        os.close(pidfd)


def as_user(uid: int, ask: Callable[[], bool]) -> bool:
    """What `ask` returns in a process of user `uid`; False if it is not permitted."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a parallel run of pytest has threads
        pid = os.fork()
    if pid == 0:
        code = 1
        with contextlib.suppress(BaseException):
            if os.geteuid() == 0:
                os.setgroups([])
                os.setresgid(uid, uid, uid)
                os.setresuid(uid, uid, uid)
            code = 0 if ask() else 1
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
