"""What a hostile submission would try, one function an attempt; handed in by `grader doctor`.

It runs as any submission does, so it imports only what a submission may, and finds its way to
system calls as an attacker would. An attempt that returns got through; being stopped raises. Each
is chosen to do no harm where nothing stops it, since it runs there too, and so that an ordinary
user may do it: where the real thing would need root or break something, the call is made with
arguments that the kernel turns down only once the call has reached it.
"""

from __future__ import annotations

import errno
import functools
import os
import struct
import sys
import threading
import time
import types
from typing import Any

import numpy as np

NUMBERS: dict[str, int] = {}
"""System calls by name. Whoever hands this file in adds the table for the machine at its end; an
attacker would know it by heart."""

KNOWN_VARIABLES = frozenset(
    {"LC_ALL", "LC_CTYPE", "PATH", "PWD", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"}
    | {"MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "GLIBC_TUNABLES"}
    | {"MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_", "MALLOC_TRIM_THRESHOLD_"}
)
"""The environment that a submission is started with, whoever starts it."""

_NOWHERE = "/nonexistent/grader-doctor"
_PAGE = 4096
_READ_WRITE, _READ_EXECUTE = 0x3, 0x5
_PRIVATE_ANONYMOUS = 0x22
_NEW_USER_NAMESPACE = 0x10000000
_READ_IMPLIES_EXEC = 0x0400000
_LIMIT_OF_DESCRIPTORS = 7
_UNIX, _INET = 1, 2
_STREAM = 1
_SOL_SOCKET, _SCM_RIGHTS = 1, 1
_MUCH = 1 << 30
_LONG = 0.5


class NothingThere(Exception):
    """There was nothing to be had."""


# Files


def open_a_file() -> None:
    os.close(os.open("/etc/passwd", os.O_RDONLY))


def list_a_directory() -> None:
    os.listdir("/")


def ask_about_a_path() -> None:
    os.stat("/")


def create_a_file() -> None:
    path = _new_path()
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    os.unlink(path)


def remove_a_file() -> None:
    os.unlink(_NOWHERE)


def make_a_symbolic_link() -> None:
    path = _new_path()
    os.symlink("nowhere", path)
    os.unlink(path)


def make_a_hard_link() -> None:
    os.link(_NOWHERE, _NOWHERE + "2")


def change_directory() -> None:
    os.chdir("/")


def change_the_root() -> None:
    os.chroot(_NOWHERE)


def mount() -> None:
    _call("mount", 0, 0, 0, 0, 0)


def watch_files() -> None:
    _call("inotify_init1", 0)


def make_a_file_in_memory() -> None:
    _call("memfd_create", _address(np.frombuffer(b"x\0", np.uint8)), 0)


def open_its_own_memory_as_a_file() -> None:
    os.close(os.open("/proc/self/mem", os.O_RDWR))


# Sockets and descriptors


def open_an_internet_socket() -> None:
    _call("socket", _INET, _STREAM, 0)


def open_a_unix_socket() -> None:
    _call("socket", _UNIX, _STREAM, 0)


def make_a_pair_of_sockets() -> None:
    _call("socketpair", _UNIX, _STREAM, 0, _address(np.zeros(2, np.int32)))


def send_a_descriptor_to_the_judge() -> None:
    # No byte goes with it, so that the judge's reading is not upset where this gets through.
    control = np.frombuffer(struct.pack("=QIIiI", 20, _SOL_SOCKET, _SCM_RIGHTS, 0, 0), np.uint8)
    message = np.array([0, 0, 0, 0, _address(control), len(control), 0], np.uint64)
    _call("sendmsg", _open_descriptors()[-1], _address(message), 0)


def duplicate_a_descriptor() -> None:
    os.dup(0)


def use_an_inherited_descriptor() -> None:
    # Three are /dev/null, one is the reply socket. One more is the zygote's, or the judge's.
    if len(_open_descriptors()) <= 4:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


# Processes


def fork() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def start_a_thread() -> None:
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()


def run_a_program() -> None:
    os.execv(_NOWHERE, ["x"])


def signal_its_parent() -> None:
    os.kill(os.getppid(), 0)


def hold_its_parent() -> None:
    _call("pidfd_open", os.getppid(), 0)


def be_traced() -> None:
    _call("ptrace", 0, 0, 0, 0)


def read_the_memory_of_its_parent() -> None:
    # A child of the zygote has its layout, so what is at this address here is there too.
    here = np.zeros(1, np.uint64)
    local = np.array([_address(here), 8], np.uint64)
    remote = np.array([id(sys), 8], np.uint64)
    _call("process_vm_readv", os.getppid(), _address(local), 1, _address(remote), 1, 0)


def make_namespaces() -> None:
    _call("unshare", _NEW_USER_NAMESPACE)


def choose_processors() -> None:
    os.sched_setaffinity(0, os.sched_getaffinity(0))


# Memory


def map_executable_memory() -> None:
    _call("mmap", 0, _PAGE, _READ_EXECUTE, _PRIVATE_ANONYMOUS, -1, 0)


def make_memory_executable() -> None:
    page = _call("mmap", 0, _PAGE, _READ_WRITE, _PRIVATE_ANONYMOUS, -1, 0)
    _call("mprotect", page, _PAGE, _READ_EXECUTE)


def have_all_memory_executable() -> None:
    _call("personality", _READ_IMPLIES_EXEC)


def take_too_much_memory() -> None:
    bytes(_MUCH)  # address space only: no page of it is touched


def share_memory() -> None:
    _call("shmget", 0x7A7A7A7A, 0, 0)


def handle_page_faults() -> None:
    _call("userfaultfd", 1)  # of user space only, which asks for no privilege


# Identity, limits and what the sandbox itself is made of


def change_its_user() -> None:
    os.setuid(os.getuid())


def change_its_group() -> None:
    os.setgid(os.getgid())


def change_a_limit() -> None:
    now = np.zeros(2, np.uint64)
    _call("prlimit64", 0, _LIMIT_OF_DESCRIPTORS, 0, _address(now))
    _call("prlimit64", 0, _LIMIT_OF_DESCRIPTORS, _address(now), 0)


def become_dumpable() -> None:
    _call("prctl", 4, 1, 0, 0, 0)


def outlive_its_parent() -> None:
    _call("prctl", 1, 0, 0, 0, 0)


def filter_its_calls_anew() -> None:
    _call("prctl", 22, 2, 0, 0, 0)


def set_the_clock() -> None:
    time.clock_settime(time.CLOCK_MONOTONIC, 0.0)


def use_the_keyring() -> None:
    _call("keyctl", 0, -3, 0)


# Corners of the kernel where holes have been found


def use_io_uring() -> None:
    _call("io_uring_setup", 1, _address(np.zeros(30, np.uint32)))


def load_a_bpf_program() -> None:
    _call("bpf", 0, 0, 1 << 20)


def count_hardware_events() -> None:
    _call("perf_event_open", 0, 0, -1, -1, -1)


# The judge


def find_the_environment_of_the_judge() -> None:
    if not set(os.environ) - KNOWN_VARIABLES:
        raise NothingThere


def run_past_the_deadline() -> None:
    end = time.monotonic() + _LONG
    while time.monotonic() < end:
        pass


# How they are done


def _new_path() -> str:
    return f"/tmp/grader-doctor-{os.urandom(8).hex()}"


def _open_descriptors() -> list[int]:
    return [fd for fd in range(1024) if _is_open(fd)]


def _is_open(fd: int) -> bool:
    try:
        _call("fcntl", fd, 1)  # F_GETFD
    except OSError:
        return False
    return True


def _call(name: str, *arguments: int) -> int:
    """Make a system call, past every wrapper that Python or the C library has for it."""
    ctypes, libc = _ctypes_and_libc()
    result: int = libc.syscall(*map(ctypes.c_long, (NUMBERS[name], *arguments)))
    if result == -1 and (code := ctypes.get_errno()):
        raise OSError(code, os.strerror(code))
    return result


@functools.cache
def _ctypes_and_libc() -> tuple[Any, Any]:
    ctypes = _find("ctypes")
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return ctypes, libc


def _find(name: str) -> Any:
    """A module that may not be imported any more, in the hands of one that was loaded with it."""
    for holder in list(sys.modules.values()):
        for value in list(getattr(holder, "__dict__", {}).values()):
            if isinstance(value, types.ModuleType) and value.__name__ == name:
                return value
    raise LookupError(f"no loaded module holds {name}")


def _address(array: np.ndarray[Any, Any]) -> int:
    address: int = array.__array_interface__["data"][0]
    return address
