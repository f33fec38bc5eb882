"""The sandbox's layers, each proved on its own in a forked child, beside a control without it."""

from __future__ import annotations

import ctypes
import errno
import faulthandler
import fcntl
import itertools
import json
import mmap
import os
import random
import re
import resource
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import textwrap
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("the sandbox is Linux's", allow_module_level=True)

from grader.errors import WorkerError
from grader.sandbox import landlock, limits, namespaces, seccomp, syscalls
from grader.sandbox.seccomp import ALLOW, DENY, KILL_PROCESS, STRICT, Argument, Policy, Rule

REPOSITORY = Path(__file__).parents[1]
NOBODY = 65534
ARCHES: tuple[syscalls.Arch, ...] = ("x86_64", "aarch64")
HERE = syscalls.machine()
ROOT = os.geteuid() == 0

as_root = pytest.mark.skipif(not ROOT, reason="only root can give up root")
on_x86_64 = pytest.mark.skipif(HERE != "x86_64", reason="this entry to the kernel is x86_64's")


# Running something in a child


@dataclass(frozen=True)
class Outcome:
    """What a child did: `raised` is the exception's type or empty, `signal` what killed it."""

    raised: str = ""
    errno: int | None = None
    text: str = ""
    signal: int = 0


def child(action: Callable[[], object], *layers: Callable[[], object]) -> Outcome:
    """Fork, put the layers in place, act, and say what came of it. Killed after 30 seconds."""
    ours, theirs = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a parallel run of pytest has threads
        pid = os.fork()
    if pid == 0:
        signal.alarm(30)
        try:
            try:
                for layer in layers:
                    layer()
                told: tuple[str, int | None, str] = ("", None, str(action()))
            except BaseException as e:
                told = (type(e).__name__, getattr(e, "errno", None), str(e))
            os.write(theirs, json.dumps(told).encode())
        finally:
            os._exit(0)
    os.close(theirs)
    with open(ours, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return Outcome(signal=os.WTERMSIG(status))
    if not said:
        return Outcome(raised="nothing said")
    raised, code, text = json.loads(said)
    return Outcome(raised, code, text)


def strict() -> None:
    seccomp.install(seccomp.program(HERE))


def under(*rules: Rule) -> Callable[[], None]:
    """A layer that stands for another kernel or container: these rules, everything else allowed."""
    return lambda: seccomp.install(seccomp.program(HERE, Policy(rules, default=ALLOW)))


def become_nobody() -> None:
    if ROOT:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


def two_sentences(text: str) -> bool:
    return bool(re.fullmatch(r"[^\n]+[.)] [A-Z][^\n]+\.", text))


# The filter as a function of the call, without installing it


@dataclass(frozen=True)
class Call:
    arch: int
    number: int
    arguments: tuple[int, ...] = (0, 0, 0, 0, 0, 0)


def evaluate(filter_program: bytes, call: Call) -> int:
    """The action that a kernel takes: the part of classic BPF that seccomp accepts."""
    data = struct.pack("<IIQ6Q", call.number, call.arch, 0, *call.arguments)
    code = list(struct.iter_unpack("<HBBI", filter_program))
    accumulator, at = 0, 0
    while True:
        op, yes, no, k = code[at]
        at += 1
        match op:
            case 0x20:
                assert k % 4 == 0
                (accumulator,) = struct.unpack_from("<I", data, k)
            case 0x54:
                accumulator &= k
            case 0x15:
                at += yes if accumulator == k else no
            case 0x35:
                at += yes if accumulator >= k else no
            case 0x06:
                return int(k)
            case _:
                raise AssertionError(f"unknown instruction {op:#x}")


def decide(policy: Policy, arch: syscalls.Arch, call: Call) -> int:
    """The same action, from the policy's definition."""
    if call.arch != syscalls.AUDIT_ARCH[arch]:
        return KILL_PROCESS
    if arch == "x86_64" and call.number >= seccomp.X32_BIT:
        return KILL_PROCESS
    for rule in policy.rules:
        if syscalls.number(rule.syscall, arch) == call.number and all(
            call.arguments[a.index] & a.mask == a.value for a in rule.when
        ):
            return rule.action
    return policy.default


def asked(arch: syscalls.Arch, name: str, *arguments: int) -> int:
    """What STRICT does about this call on `arch`."""
    number = syscalls.number(name, arch)
    assert number is not None
    padded = (*(a % 2**64 for a in arguments), *[0] * (6 - len(arguments)))
    call = Call(syscalls.AUDIT_ARCH[arch], number, padded)
    return evaluate(seccomp.program(arch), call)


@pytest.mark.parametrize("arch", ARCHES)
def test_the_program_decides_as_the_policy_says(arch: syscalls.Arch) -> None:
    code, rng = seccomp.program(arch), random.Random(3)
    native = syscalls.AUDIT_ARCH[arch]
    interesting = [0, 1, 2, 3, 4, 8, 9, 10, 14, 0x20, 0x22, 0x40, 0x80, 0x5421, 2**31, 2**32 - 1]
    interesting += [n + (1 << 32) for n in interesting] + [2**63, 2**64 - 1]
    numbers = [*range(-1, 600), 0x40000000, 0x40000001, 0x400001FF, 0x7FFFFFFF, 0x80000000]
    for number in numbers:
        for _ in range(30):
            arguments = tuple(rng.choice(interesting) for _ in range(6))
            call = Call(native, number % 2**32, arguments)
            assert evaluate(code, call) == decide(STRICT, arch, call), call


@pytest.mark.parametrize("arch", ARCHES)
def test_a_foreign_architecture_is_killed_whatever_it_asks(arch: syscalls.Arch) -> None:
    i386, arm, other = 0x40000003, 0x40000028, syscalls.AUDIT_ARCH[ARCHES[arch == "x86_64"]]
    for audit, number in itertools.product((i386, arm, other, 0), range(500)):
        assert evaluate(seccomp.program(arch), Call(audit, number)) == KILL_PROCESS


def test_every_x32_number_is_killed() -> None:
    code = seccomp.program("x86_64")
    for number in (*range(600), 0x3FFFFFFF):
        call = Call(syscalls.AUDIT_ARCH["x86_64"], seccomp.X32_BIT + number)
        assert evaluate(code, call) == KILL_PROCESS


@pytest.mark.parametrize("arch", ARCHES)
def test_what_is_not_listed_is_denied(arch: syscalls.Arch) -> None:
    listed = {rule.syscall for rule in STRICT.rules}
    for name in syscalls.NUMBERS.keys() - listed:
        if syscalls.number(name, arch) is not None:
            assert asked(arch, name) == DENY, name
    assert len(listed) == 33


@pytest.mark.parametrize("arch", ARCHES)
@pytest.mark.parametrize(
    ("name", "arguments", "action"),
    [
        ("mmap", (0, 4096, 0b011, 0x22, -1, 0), ALLOW),
        ("mmap", (0, 4096, 0b101, 0x22, -1, 0), DENY),
        ("mmap", (0, 4096, 0b111, 0x22, -1, 0), DENY),
        ("mmap", (0, 4096, 0b011 | 1 << 32, 0x22, -1, 0), DENY),
        ("mmap", (0, 4096, 0b011, 0x02, 3, 0), DENY),
        ("mprotect", (4096, 4096, 0b011), ALLOW),
        ("mprotect", (4096, 4096, 0b100), DENY),
        ("prlimit64", (0, 7, 0, 4096), ALLOW),
        ("prlimit64", (0, 7, 4096, 0), DENY),
        ("prlimit64", (0, 7, 1 << 32, 0), DENY),
        ("prlimit64", (1, 7, 0, 4096), DENY),
        ("madvise", (4096, 4096, 4), ALLOW),
        ("madvise", (4096, 4096, 100), DENY),
        ("madvise", (4096, 4096, 4 + (1 << 32)), DENY),
        ("futex", (4096, 9 | 0x80 | 0x100), ALLOW),
        ("futex", (4096, 6 | 0x80), DENY),
        ("sendto", (3, 4096, 8, 0x4000, 0, 0), ALLOW),
        ("sendto", (3, 4096, 8, 0, 4096, 16), DENY),
        ("sendto", (3, 4096, 8, 0, 1 << 32, 16), DENY),
        ("sendto", (3, 4096, 8, 1), DENY),
        ("recvfrom", (3, 4096, 8, 0), ALLOW),
        ("recvfrom", (3, 4096, 8, 1), DENY),
        ("ioctl", (3, 0x5421), ALLOW),
        ("ioctl", (0, 0x5412), DENY),
        ("fcntl", (3, 3), ALLOW),
        ("fcntl", (3, 8), DENY),
        ("sched_getaffinity", (0, 8, 4096), ALLOW),
        ("sched_getaffinity", (1, 8, 4096), DENY),
    ],
)
def test_arguments_are_compared_in_both_halves(
    arch: syscalls.Arch, name: str, arguments: tuple[int, ...], action: int
) -> None:
    assert asked(arch, name, *arguments) == action


@pytest.mark.parametrize("arch", ARCHES)
def test_the_program_is_one_that_a_kernel_accepts(arch: syscalls.Arch) -> None:
    code = list(struct.iter_unpack("<HBBI", seccomp.program(arch)))
    assert len(code) < 4096
    assert code[-1][0] == 0x06
    for at, (op, yes, no, _) in enumerate(code):
        assert op in (0x20, 0x54, 0x15, 0x35, 0x06)
        assert op == 0x06 or at + 1 + max(yes, no) < len(code)


def test_the_first_rule_that_holds_decides() -> None:
    policy = Policy(
        (Rule("clone", (Argument(0, 0, mask=0x10000000),)), Rule("clone", action=DENY)),
        default=ALLOW,
    )
    code, number = seccomp.program("aarch64", policy), 220
    native = syscalls.AUDIT_ARCH["aarch64"]
    assert evaluate(code, Call(native, number, (0x11, 0, 0, 0, 0, 0))) == ALLOW
    assert evaluate(code, Call(native, number, (0x10000011, 0, 0, 0, 0, 0))) == DENY
    assert evaluate(code, Call(native, 0)) == ALLOW


def test_a_name_that_no_machine_has_is_an_error() -> None:
    with pytest.raises(KeyError):
        seccomp.program("x86_64", Policy((Rule("opne"),)))


# The table of numbers


HEADERS = {
    "x86_64": "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
    "aarch64": "/usr/include/asm-generic/unistd.h",
}


@pytest.mark.parametrize("arch", ARCHES)
def test_the_numbers_are_those_of_the_kernels_headers(arch: syscalls.Arch) -> None:
    header = Path(HEADERS[arch])
    if not header.exists():
        pytest.skip(f"{header} is not installed")
    found = re.findall(r"#define\s+__NR(?:3264)?_(\w+)\s+(\d+)\s", header.read_text())
    known = {name: int(number) for name, number in found}
    if arch == "aarch64":
        known["newfstatat"] = known.pop("fstatat")
    compared = 0
    for name in syscalls.NUMBERS:
        if name in known or syscalls.number(name, arch) is None:
            assert syscalls.number(name, arch) == known.get(name), name
            compared += 1
    assert compared > 170  # older headers lack the newest calls


@pytest.mark.parametrize("arch", ARCHES)
def test_no_two_names_share_a_number(arch: syscalls.Arch) -> None:
    numbers = [n for name in syscalls.NUMBERS if (n := syscalls.number(name, arch)) is not None]
    assert len(numbers) == len(set(numbers))


def test_an_unknown_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    there = os.uname_result(("Linux", "host", "6", "1", "riscv64"))
    monkeypatch.setattr(os, "uname", lambda: there)
    with pytest.raises(WorkerError, match="riscv64") as e:
        syscalls.machine.__wrapped__()
    assert two_sentences(str(e.value))


# The filter in a real process


def raw(name: str, *arguments: int) -> Callable[[], object]:
    return lambda: syscalls.call(name, *arguments)


def a_page() -> tuple[mmap.mmap, int]:
    page = mmap.mmap(-1, mmap.PAGESIZE)
    return page, ctypes.addressof(ctypes.c_char.from_buffer(page))


PAGE, ADDRESS = a_page()
STREAM, OTHER_END = socket.socketpair()
DATAGRAM, _KEPT = socket.socketpair(type=socket.SOCK_DGRAM)
PARENT = os.getpid()
EXECUTABLE = mmap.PROT_READ | mmap.PROT_EXEC


def executable_mapping() -> None:
    mmap.mmap(-1, mmap.PAGESIZE, prot=EXECUTABLE).close()


FORBIDDEN: dict[str, Callable[[], object]] = {
    "open a file": lambda: os.open("/dev/null", os.O_RDONLY),
    "list a directory": lambda: os.listdir("/"),
    "stat a path": lambda: os.stat("/"),
    "ask whether a path exists": raw("faccessat", -1, ADDRESS, 0),
    "read a link": lambda: os.readlink("/proc/self/exe"),
    "change directory": lambda: os.chdir("/"),
    "make a directory": lambda: os.mkdir("/nowhere/at/all"),
    "remove a file": lambda: os.unlink("/nowhere"),
    "seek": lambda: os.lseek(STREAM.fileno(), 0, os.SEEK_SET),
    "make a file in memory": lambda: os.memfd_create("x"),
    "make a TCP socket": lambda: socket.socket(socket.AF_INET),
    "make a Unix socket": lambda: socket.socket(socket.AF_UNIX),
    "make a socket pair": socket.socketpair,
    "send to an address": lambda: DATAGRAM.sendto(b"x", "/nowhere"),
    "send out of band": lambda: STREAM.send(b"x", socket.MSG_OOB),
    "send a descriptor": lambda: socket.send_fds(STREAM, [b"x"], [0]),
    "receive a descriptor": lambda: STREAM.recvmsg(1, 64, socket.MSG_DONTWAIT),
    "accept": lambda: STREAM.accept(),
    "make a pipe": os.pipe,
    "duplicate a descriptor": lambda: os.dup(0),
    "duplicate it by fcntl": lambda: fcntl.fcntl(0, fcntl.F_DUPFD, 50),
    "have signals sent on input": lambda: fcntl.fcntl(STREAM, fcntl.F_SETOWN, PARENT),
    "ask a device": lambda: fcntl.ioctl(STREAM, 0x541B, b"\0" * 4),
    "make an epoll": select.epoll,
    "make an eventfd": lambda: os.eventfd(0),
    "watch files": raw("inotify_init1", 0),
    "start a process": lambda: os.fork() or os._exit(0),
    "start a process by clone3": raw("clone3", 0, 0),
    "run a program": lambda: os.execv("/nowhere", ["x"]),
    "run a program at a descriptor": raw("execveat", -1, 0, 0, 0, 0),
    "spawn a program": lambda: os.posix_spawn("/nowhere", ["x"], {}),
    "wait for a process": lambda: os.waitpid(-1, os.WNOHANG),
    "signal the parent": lambda: os.kill(PARENT, 0),
    "signal itself": lambda: os.kill(os.getpid(), 0),
    "raise a signal": lambda: signal.raise_signal(signal.SIGURG),
    "hold a process": lambda: os.pidfd_open(os.getpid()),
    "be traced": raw("ptrace", 0, 0, 0, 0),
    "read another's memory": raw("process_vm_readv", PARENT, 0, 0, 0, 0, 0),
    "map executable memory": executable_mapping,
    "make memory executable": raw("mprotect", ADDRESS, mmap.PAGESIZE, EXECUTABLE),
    "make it executable by a key": raw("pkey_mprotect", ADDRESS, mmap.PAGESIZE, EXECUTABLE, -1),
    "advise on pages": raw("madvise", ADDRESS, mmap.PAGESIZE, 20),
    "lock memory": raw("mlock", ADDRESS, mmap.PAGESIZE),
    "lend priority through a futex": raw("futex", ADDRESS, 6, 0, 0),
    "find shared memory": raw("shmget", 0x7A7A7A7A, 0, 0),
    "find a message queue": raw("msgget", 0x7A7A7A7A, 0),
    "change its limits": raw("prlimit64", 0, resource.RLIMIT_CORE, ADDRESS, 0),
    "read the parent's limits": lambda: resource.prlimit(PARENT, resource.RLIMIT_CORE),
    "ask for its usage": lambda: resource.getrusage(resource.RUSAGE_SELF),
    "set a timer": raw("setitimer", 1, ADDRESS, 0),
    "choose processors": lambda: os.sched_setaffinity(0, os.sched_getaffinity(0)),
    "lower its priority": lambda: os.setpriority(os.PRIO_PROCESS, 0, 19),
    "change its user": lambda: os.setuid(os.getuid()),
    "leave its session": os.setsid,
    "know its parent": raw("getppid"),
    "know the host": os.uname,
    "leave namespaces": raw("unshare", 0),
    "join a namespace": raw("setns", -1, 0),
    "change root": lambda: os.chroot("/nowhere"),
    "mount": raw("mount", 0, 0, 0, 0, 0),
    "ask for its personality": raw("personality", 0xFFFFFFFF),
    "become dumpable": raw("prctl", syscalls.PR_SET_DUMPABLE, 1, 0, 0, 0),
    "filter itself again": raw("seccomp", 2, 0, 0),
    "ask for Landlock": raw("landlock_create_ruleset", 0, 0, 1),
    "use io_uring": raw("io_uring_setup", 0, 0),
    "load a BPF program": raw("bpf", 0, 0, 0),
    "count events": raw("perf_event_open", 0, 0, 0, -1, 0),
    "handle page faults": raw("userfaultfd", 1),
    "use the keyring": raw("keyctl", 0, 0, 0),
    "close a range": raw("close_range", 900, 900, 0),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_filter_forbids_and_nothing_else_does(what: str) -> None:
    free = child(FORBIDDEN[what])
    if free.errno == errno.EPERM:
        pytest.skip("blocked without the filter too: proves nothing here")
    confined = child(FORBIDDEN[what], strict)
    assert (confined.raised, confined.errno) == ("PermissionError", errno.EPERM)
    assert "Operation not permitted" in confined.text


def test_an_ordinary_user_is_confined_by_the_same_filter() -> None:
    def errors() -> str:
        open_ones = []
        for what, action in FORBIDDEN.items():
            try:
                action()
                open_ones.append(what)
            except OSError as e:
                if e.errno != errno.EPERM:
                    open_ones.append(what)
        return ", ".join(open_ones)

    assert child(errors, become_nobody, strict) == Outcome()


def test_a_thread_cannot_be_started() -> None:
    def start() -> None:
        threading.Thread(target=int).start()

    assert child(start).raised == ""
    confined = child(start, strict)
    assert (confined.raised, confined.text) == ("RuntimeError", "can't start new thread")


def test_a_thread_that_already_runs_is_confined_too() -> None:
    def opened_by_a_thread() -> str:
        installed, said = threading.Event(), []

        def opens() -> None:
            installed.wait()
            try:
                os.open("/dev/null", os.O_RDONLY)
            except OSError as e:
                said.append(str(e.errno))

        thread = threading.Thread(target=opens)
        thread.start()
        strict()
        installed.set()
        thread.join()
        return "".join(said)

    assert child(opened_by_a_thread).text == str(errno.EPERM)


@on_x86_64
def test_an_x32_call_kills() -> None:
    getpid = seccomp.X32_BIT + 39
    if child(lambda: syscalls.raw(getpid)).signal:
        pytest.skip("killed without the filter too: proves nothing here")
    assert child(lambda: syscalls.raw(getpid), strict).signal == signal.SIGSYS


@on_x86_64
def test_a_32_bit_call_kills() -> None:
    code = mmap.mmap(-1, mmap.PAGESIZE, prot=EXECUTABLE | mmap.PROT_WRITE)
    code.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")  # mov eax, 20; int 0x80; ret
    address = ctypes.addressof(ctypes.c_char.from_buffer(code))
    getpid = ctypes.CFUNCTYPE(ctypes.c_int)(address)
    if child(getpid).signal:
        pytest.skip("killed without the filter too: proves nothing here")
    assert child(getpid, strict).signal == signal.SIGSYS


def test_abort_ends_the_process_although_it_may_not_signal() -> None:
    outcome = child(os.abort, faulthandler.disable, strict)
    assert outcome.signal in (signal.SIGABRT, signal.SIGSEGV, signal.SIGILL, signal.SIGTRAP)


def test_a_second_filter_cannot_loosen_the_first() -> None:
    def loosen() -> int:
        under()()
        return os.open("/dev/null", os.O_RDONLY)

    assert child(loosen, strict).raised == "WorkerError"
    only_files = under(Rule("openat", action=DENY))
    assert child(loosen, only_files).errno == errno.EPERM


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOSYS, errno.EPERM])
def test_a_kernel_that_refuses_a_filter_is_an_error_in_two_sentences(code: int) -> None:
    refused = child(strict, under(Rule("seccomp", action=seccomp.fails(code))))
    assert refused.raised == "WorkerError"
    assert two_sentences(refused.text)


# What honest code does, in children of a process that has numpy loaded


SESSION = """
import gc, io, json, os, socket, sys
sys.path.insert(0, sys.argv[1])
import collections, contextlib, linecache, random, re, threading, time, traceback, warnings
import numpy as np
import numpy.fft, numpy.linalg, numpy.random, numpy.testing
from grader.sandbox import landlock, limits, seccomp, syscalls

program = seccomp.program(syscalls.machine())

def run(source):
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        printed = io.StringIO()
        sys.stdout = sys.stderr = printed
        try:
            limits.close_all_except({theirs.fileno()})
            limits.Limits(memory_bytes=512 << 20, cpu_seconds=20).apply()
            landlock.restrict_all()
            seccomp.install(program)
            try:
                exec(compile(source, "hello.py", "exec"), {**globals(), "judge": theirs})
            except BaseException:
                traceback.print_exc()
            theirs.sendall(printed.getvalue().encode())
        finally:
            os._exit(0)
    theirs.close()
    said = b""
    while part := ours.recv(1 << 16):
        if part == b"ping":
            ours.sendall(b"pong")
        else:
            said += part
    _, status = os.waitpid(pid, 0)
    return said.decode() if status == 0 else f"status {status}"

json.dump({name: run(source) for name, source in json.load(sys.stdin).items()}, sys.stdout)
"""

HONEST = {
    "matrix products": """
        a = np.random.default_rng(1).normal(size=(400, 400))
        print(np.allclose(a @ a, np.einsum("ij,jk->ik", a, a)), (np.eye(2) @ [[1], [2]]).tolist())
    """,
    "linear algebra": """
        a = np.random.default_rng(1).normal(size=(50, 50))
        u, s, v = np.linalg.svd(a)
        print(np.allclose(np.linalg.inv(a) @ a, np.eye(50)), np.allclose(u * s @ v, a))
    """,
    "random numbers": """
        print(np.random.default_rng().normal() != np.random.default_rng().normal(),
              len(np.random.rand(3)) == 3, random.random() < 1)
    """,
    "sorting, transforming and printing": """
        print(np.sort([3.0, 1.0]), np.fft.ifft(np.fft.fft([1.0, 2.0])).real)
    """,
    "memory taken and given back": """
        for _ in range(20):
            np.ones(10_000_000).sum()
        [bytes(1000) for _ in range(100_000)]
        print(gc.collect() >= 0)
    """,
    "too much memory": """
        for much in (lambda: np.zeros(10**9), lambda: bytearray(10**10), lambda: [0] * 10**9):
            try:
                much()
            except MemoryError as e:
                print("MemoryError", np.zeros(1000).sum())
    """,
    "tracebacks": """
        def divide():
            return 1 / 0
        try:
            divide()
        except ZeroDivisionError:
            print(traceback.format_exc())
    """,
    "endless recursion": """
        def f(n):
            return f(n + 1)
        try:
            f(0)
        except RecursionError as e:
            print(e)
    """,
    "warnings": "np.array([1.0]) / 0",
    "clocks": """
        wall, cpu, mono = time.time(), time.process_time(), time.monotonic()
        time.sleep(0.02)
        print(0.02 <= time.monotonic() - mono < 10, time.time() > wall, cpu < 10)
    """,
    "locks": """
        lock = threading.Lock()
        print(lock.acquire(), lock.acquire(timeout=0.01), threading.Event().wait(0.01))
    """,
    "threads": "threading.Thread(target=print).start()",
    "the judge's socket": """
        judge.settimeout(5)
        judge.sendall(b"ping")
        print(judge.recv(4))
    """,
    "files": "open('/etc/passwd')",
    "missing modules": "import torch",
    "processors": "print(os.cpu_count() >= 1, len(os.sched_getaffinity(0)) >= 1)",
}


@pytest.fixture(scope="module")
def honest() -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-I", "-c", SESSION, str(REPOSITORY)],
        input=json.dumps({name: textwrap.dedent(source) for name, source in HONEST.items()}),
        capture_output=True,
        text=True,
        env={"OPENBLAS_NUM_THREADS": "1"},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, str] = json.loads(done.stdout)
    return said


@pytest.mark.parametrize(
    ("what", "printed"),
    [
        ("matrix products", "True [[1.0], [2.0]]"),
        ("linear algebra", "True True"),
        ("random numbers", "True True True"),
        ("sorting, transforming and printing", "[1. 3.] [1. 2.]"),
        ("memory taken and given back", "True"),
        ("too much memory", "MemoryError 0.0\nMemoryError 0.0\nMemoryError 0.0"),
        ("clocks", "True True True"),
        ("locks", "True False False"),
        ("the judge's socket", "b'pong'"),
        ("processors", "True True"),
    ],
)
def test_honest_code_works_under_all_layers(
    honest: dict[str, str], what: str, printed: str
) -> None:
    assert honest[what].strip() == printed


@pytest.mark.parametrize(
    ("what", "ending"),
    [
        ("tracebacks", "ZeroDivisionError: division by zero"),
        ("endless recursion", "maximum recursion depth exceeded"),
        ("warnings", "RuntimeWarning: divide by zero encountered in divide"),
        ("threads", "RuntimeError: can't start new thread"),
        ("files", "PermissionError: [Errno 1] Operation not permitted: '/etc/passwd'"),
        ("missing modules", "ModuleNotFoundError: No module named 'torch'"),
    ],
)
def test_what_fails_under_all_layers_can_be_read(
    honest: dict[str, str], what: str, ending: str
) -> None:
    assert ending in honest[what].strip().splitlines()[-1]


# Landlock


LANDLOCK = landlock.abi()
with_landlock = pytest.mark.skipif(not LANDLOCK, reason="this kernel has no Landlock")


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (1, [2**13 - 1]),
        (2, [2**14 - 1]),
        (3, [2**15 - 1]),
        (4, [2**15 - 1, 3]),
        (5, [2**16 - 1, 3]),
        (6, [2**16 - 1, 3, 3]),
        (7, [2**16 - 1, 3, 3]),
        (99, [2**16 - 1, 3, 3]),
    ],
)
def test_a_ruleset_handles_every_right_of_its_version(version: int, words: list[int]) -> None:
    assert landlock.ruleset(version) == struct.pack(f"<{len(words)}Q", *words)


@with_landlock
@pytest.mark.parametrize("user", [None, become_nobody])
def test_landlock_alone_leaves_no_file(user: Callable[[], None] | None) -> None:
    layers = [user] if user else []
    for action in (
        lambda: os.open("/dev/null", os.O_RDONLY),
        lambda: os.listdir("/"),
        lambda: os.posix_spawn(shutil.which("true") or "", ["true"], {}),
    ):
        assert child(action, *layers).raised == ""
        confined = child(action, *layers, landlock.restrict_all)
        assert (confined.raised, confined.errno) == ("PermissionError", errno.EACCES)


@pytest.mark.skipif(LANDLOCK < 4, reason="this kernel's Landlock does not know TCP")
def test_landlock_alone_leaves_no_tcp() -> None:
    def connect() -> None:
        socket.create_connection(("127.0.0.1", 1), timeout=5)

    def bind() -> None:
        socket.socket().bind(("127.0.0.1", 0))

    assert child(connect).errno == errno.ECONNREFUSED
    assert child(connect, landlock.restrict_all).errno == errno.EACCES
    assert child(bind).raised == ""
    assert child(bind, landlock.restrict_all).errno == errno.EACCES


@pytest.mark.skipif(LANDLOCK < 6, reason="this kernel's Landlock does not know scopes")
def test_landlock_alone_leaves_no_signal_and_no_abstract_socket_outside() -> None:
    def signals() -> None:
        os.kill(PARENT, 0)

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("\0grader-test-" + str(PARENT))
        listening.listen()

        def connect() -> None:
            socket.socket(socket.AF_UNIX).connect(listening.getsockname())

        for action in (signals, connect):
            assert child(action).raised == ""
            assert child(action, landlock.restrict_all).errno == errno.EPERM


@with_landlock
def test_open_descriptors_outlive_landlock() -> None:
    zero = os.open("/dev/zero", os.O_RDONLY)
    assert child(lambda: os.read(zero, 2), landlock.restrict_all).text == str(b"\0\0")
    os.close(zero)


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_kernel_without_landlock_is_told_apart(code: int) -> None:
    missing = under(Rule("landlock_create_ruleset", action=seccomp.fails(code)))
    assert child(landlock.restrict_all, missing).text == "0"


@with_landlock
@pytest.mark.parametrize("name", ["landlock_create_ruleset", "landlock_restrict_self"])
def test_a_kernel_that_has_landlock_and_refuses_is_an_error(name: str) -> None:
    refused = child(landlock.restrict_all, under(Rule(name, action=DENY)))
    assert refused.raised == "WorkerError"
    assert two_sentences(refused.text)


# Limits and descriptors


LIMITS = limits.Limits(memory_bytes=1 << 30, cpu_seconds=5)


@pytest.mark.parametrize("user", [None, become_nobody])
def test_limits_hold_and_cannot_be_raised(user: Callable[[], None] | None) -> None:
    def raise_them() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40))

    def look() -> list[object]:
        names = ("AS", "CPU", "FSIZE", "NPROC", "CORE", "MEMLOCK", "NOFILE")
        return [resource.getrlimit(getattr(resource, f"RLIMIT_{name}")) for name in names]

    layers = [user] if user else []
    gib = 1 << 30
    expected = [(gib, gib), (5, 6), (0, 0), (0, 0), (0, 0), (0, 0), (32, 32)]
    assert child(look, *layers, LIMITS.apply).text == str(expected)
    if user or not ROOT:
        assert child(raise_them, *layers, LIMITS.apply).raised == "ValueError"


def test_a_stricter_limit_stays() -> None:
    tight = limits.Limits(memory_bytes=1 << 29, cpu_seconds=1).apply
    assert child(lambda: resource.getrlimit(resource.RLIMIT_AS), tight, LIMITS.apply).text == str(
        (1 << 29, 1 << 29)
    )


def test_memory_is_limited() -> None:
    def take() -> None:
        mmap.mmap(-1, 2 << 30).close()

    assert child(take).raised == ""
    assert child(take, LIMITS.apply).errno == errno.ENOMEM


def test_no_file_grows(tmp_path: Path) -> None:
    def write() -> int:
        return (tmp_path / "file").write_bytes(b"x")

    assert child(write).raised == ""
    assert child(write, LIMITS.apply).errno == errno.EFBIG


def test_no_process_starts_for_an_ordinary_user() -> None:
    def fork() -> None:
        if os.fork() == 0:
            os._exit(0)

    assert child(fork, become_nobody).raised == ""
    assert child(fork, become_nobody, LIMITS.apply).errno == errno.EAGAIN


def test_no_descriptor_above_the_limit() -> None:
    def many() -> list[int]:
        return [os.dup(0) for _ in range(40)]

    assert child(many).raised == ""
    assert child(many, LIMITS.apply).errno == errno.EMFILE


def test_cpu_time_runs_out_even_for_who_ignores_the_warning() -> None:
    def burn() -> None:
        signal.signal(signal.SIGXCPU, signal.SIG_IGN)
        while True:
            pass

    brief = limits.Limits(memory_bytes=1 << 30, cpu_seconds=0.5)
    assert child(burn, brief.apply).signal == signal.SIGKILL


def is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    "kernel", [None, under(Rule("close_range", action=seccomp.fails(errno.ENOSYS)))]
)
@pytest.mark.parametrize("keep", [set(), {0}, {1, 2, 77}, {200}, {-1, 3}])
def test_every_descriptor_but_the_kept_ones_is_closed(
    keep: set[int], kernel: Callable[[], None] | None
) -> None:
    ours, theirs = os.pipe()

    def close() -> None:
        for fd in (3, 50, 77, 78, 200, 201):
            os.dup2(0, fd)
        os.dup2(theirs, 250)
        limits.close_all_except({*keep, 250})
        still = [fd for fd in range(250) if is_open(fd)]
        os.write(250, json.dumps(still).encode())

    layers = [kernel] if kernel else []
    assert child(close, *layers).raised == "nothing said"  # the pipe for that is closed too
    os.close(theirs)
    with open(ours, "rb") as pipe:
        assert json.loads(pipe.read()) == sorted(fd for fd in keep if fd >= 0)


# prctl


def test_a_process_dies_with_its_parent() -> None:
    ours, theirs = os.pipe()

    def orphan() -> None:
        middle = os.getpid()
        ready, tell = os.pipe()
        if os.fork() == 0:
            syscalls.die_with_parent(middle)
            os.write(tell, b"x")
            time.sleep(30)
            os._exit(0)
        os.read(ready, 1)

    assert child(orphan).raised == ""
    os.close(theirs)
    start = time.monotonic()
    assert os.read(ours, 1) == b""  # the last holder of the other end is gone
    os.close(ours)
    assert time.monotonic() - start < 10


def test_a_parent_that_has_ended_already_is_noticed() -> None:
    outcome = child(lambda: syscalls.die_with_parent(PARENT + 1))
    assert outcome.raised == "WorkerError"
    assert two_sentences(outcome.text)


def test_a_process_is_not_dumpable_and_gains_no_privileges() -> None:
    def state() -> tuple[int, int]:
        syscalls.set_undumpable()
        syscalls.set_no_new_privs()
        return (
            syscalls.call("prctl", syscalls.PR_GET_DUMPABLE, 0, 0, 0, 0),
            syscalls.call("prctl", syscalls.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
        )

    assert child(state).text == "(0, 1)"
    assert child(state, become_nobody).text == "(0, 1)"


# The spare uid


@as_root
def test_root_becomes_a_user_that_owns_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    secret.chmod(0o600)

    def identity() -> str:
        return json.dumps([sorted({*os.getresuid(), *os.getresgid()}), os.getgroups()])

    (uid,), groups = json.loads(child(identity, namespaces.drop_to_spare_uid).text)
    assert uid >= 0x70000000
    assert groups == []
    assert child(secret.read_text).text == "x"
    for action in (secret.read_text, lambda: os.setuid(0), lambda: os.setgroups([0])):
        assert child(action, namespaces.drop_to_spare_uid).raised == "PermissionError"


@as_root
def test_two_drops_choose_two_users() -> None:
    assert child(namespaces.drop_to_spare_uid).text != child(namespaces.drop_to_spare_uid).text


@as_root
def test_a_namespace_with_few_uids_still_has_a_spare_one() -> None:
    unmapped = Argument(0, 0x70000000, mask=0x70000000)
    small = under(Rule("setresgid", (unmapped,), seccomp.fails(errno.EINVAL)))
    assert 65520 <= int(child(namespaces.drop_to_spare_uid, small).text) < 65534


@as_root
@pytest.mark.parametrize(
    "rule",
    [
        Rule("setresuid", action=DENY),
        Rule("setresuid", action=seccomp.fails(errno.EINVAL)),
        Rule("setresuid", action=seccomp.fails(0)),
        Rule("setgroups", action=seccomp.fails(0)),
    ],
)
def test_a_root_that_does_not_get_rid_of_its_rights_is_an_error(rule: Rule) -> None:
    def with_groups() -> None:
        os.setgroups([1])

    outcome = child(namespaces.drop_to_spare_uid, with_groups, under(rule))
    assert outcome.raised == "WorkerError"
    assert two_sentences(outcome.text)


def test_an_ordinary_user_stays_who_they_are() -> None:
    expected = NOBODY if ROOT else os.geteuid()
    assert child(namespaces.drop_to_spare_uid, become_nobody).text == str(expected)


# Namespaces


BUBBLEWRAP = namespaces.probe()
in_namespaces = pytest.mark.skipif(not BUBBLEWRAP.usable, reason=BUBBLEWRAP.problem)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with `true` and whatever a test puts beside it."""
    (tmp_path / "true").symlink_to(shutil.which("true") or "/bin/true")
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_no_bubblewrap_is_said_in_words(programs: Path) -> None:
    found = namespaces.probe()
    assert not found.usable
    assert "not installed" in found.problem
    assert two_sentences(found.problem)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("#!/bin/sh\necho bwrap: setting up uid map: Permission denied >&2\nexit 1", "uid map"),
        ("#!/bin/sh\nexit 1", "it gave no reason"),
        ("#!/bin/sh\nsleep 20", "more than 0.1 s"),
        ("#!/no/such/shell\n", "cannot be run"),
    ],
)
def test_a_bubblewrap_that_fails_is_said_in_words(
    programs: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    monkeypatch.setattr(namespaces, "_PROBE_SECONDS", 0.1 if "sleep" in script else 10)
    (programs / "bwrap").write_text(
        script.replace("sleep", shutil.which("sleep", path="/bin") or "")
    )
    (programs / "bwrap").chmod(0o755)
    found = namespaces.probe()
    assert not found.usable
    assert said in found.problem
    assert two_sentences(found.problem)


@in_namespaces
def test_a_container_that_denies_namespaces_is_said_in_words() -> None:
    any_namespace = 0x7E020000
    container = under(
        Rule("unshare", action=DENY),
        Rule("clone", (Argument(0, 0, mask=any_namespace),)),
        Rule("clone", action=DENY),
        Rule("clone3", action=seccomp.fails(errno.ENOSYS)),
    )
    problem = child(lambda: namespaces.probe().problem, container).text
    assert "cannot make namespaces" in problem
    assert two_sentences(problem)


def test_the_command_line_mounts_the_outermost_paths_only(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "ab").mkdir()
    paths = [tmp_path / "a" / "b", tmp_path / "ab", tmp_path / "a", tmp_path / "missing"]
    argv = namespaces.wrapped("bwrap", ["x", "-y"], readable=paths, environment={"A": "1"})
    mounted = [argv[i + 2] for i, word in enumerate(argv) if word == "--ro-bind"]
    assert [m for m in mounted if m.startswith(str(tmp_path))] == [
        str(tmp_path / "a"),
        str(tmp_path / "ab"),
    ]
    assert argv[-3:] == ["--", "x", "-y"]
    at = argv.index("--setenv")
    assert argv[at : at + 3] == ["--setenv", "A", "1"]


def test_a_package_is_made_readable_and_what_holds_it_is_not() -> None:
    paths = namespaces.python_paths(["grader"])
    assert REPOSITORY / "grader" in paths
    assert not any(p == REPOSITORY or p in REPOSITORY.parents for p in paths)
    with pytest.raises(WorkerError) as e:
        namespaces.python_paths(["no_such_package"])
    assert two_sentences(str(e.value))


INSIDE = """
import json, os, socket, sys
sys.path += sys.argv[2:]
import numpy, grader.sandbox.namespaces as namespaces

def attempt(f):
    try:
        f()
        return "open"
    except OSError as e:
        return e.strerror

channel = socket.socket(fileno=int(sys.argv[1]))
said = {
    "root": sorted(os.listdir("/")),
    "interfaces": [name for _, name in socket.if_nameindex()],
    "environment": sorted(os.environ),
    "pid": os.getpid(),
    "write": attempt(lambda: open("/file", "w")),
    "course": attempt(lambda: os.listdir(sys.argv[2] + "/tests")),
    "uid": namespaces.drop_to_spare_uid(),
}
channel.sendall(json.dumps(said).encode() + b"\\n")
channel.recv(1)
"""


MOUNTS = ("--ro-bind", "--dev-bind", "--symlink")


@in_namespaces
def test_inside_there_is_python_and_nothing_else() -> None:
    numpy_home = Path(next(p for p in namespaces.python_paths(["numpy"]) if p.name == "numpy"))
    ours, theirs = socket.socketpair()
    command = [namespaces.interpreter(), "-I", "-S", "-c", INSIDE, str(theirs.fileno())]
    argv = namespaces.wrapped(
        BUBBLEWRAP.path,
        [*command, str(REPOSITORY), str(numpy_home.parent)],
        readable=namespaces.python_paths(["numpy", "grader"]),
        environment={"OPENBLAS_NUM_THREADS": "1"},
    )
    with subprocess.Popen(argv, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL) as process:
        theirs.close()
        ours.settimeout(30)
        with ours, ours.makefile("rb") as lines:
            said = json.loads(lines.readline())
            process.kill()
            assert lines.read() == b""  # nothing inside survives bubblewrap
    mounted = [argv[i + 2] for i, word in enumerate(argv) if word in MOUNTS]
    assert set(said["root"]) == {Path(target).parts[1] for target in mounted}
    assert said["interfaces"] == ["lo"]
    assert set(said["environment"]) <= {"OPENBLAS_NUM_THREADS", "PWD", "LC_CTYPE"}
    assert said["pid"] < 5
    assert said["write"] == os.strerror(errno.EROFS)
    assert said["course"] == os.strerror(errno.ENOENT)
    assert said["uid"] != 0
