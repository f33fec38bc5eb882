"""The system-call filter: what a submission's process may ask of the kernel.

A policy is data; `program` compiles it to the classic BPF that the kernel runs on every call.
A call that is not allowed fails with EPERM and the process lives on: Python turns that into a
PermissionError with a line number, or "can't start new thread", which a student can read, and
which lets the rest of a harmless submission run. Only calls that no honest program makes, by
another architecture's entry or with x32 numbers (which would dodge the comparison of numbers),
kill the process.
"""

from __future__ import annotations

import ctypes
import errno
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from grader.errors import WorkerError
from grader.sandbox import syscalls
from grader.sandbox.syscalls import AUDIT_ARCH, Arch

# include/uapi/linux/seccomp.h
KILL_PROCESS = 0x80000000
ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_SET_MODE_FILTER = 1
_TSYNC = 1  # the filter holds for every thread of the process, or is refused

# struct seccomp_data: the number, the architecture, the instruction pointer, six arguments.
_NUMBER = 0
_ARCH = 4
_ARGUMENTS = 16

# include/uapi/linux/bpf_common.h: load a word; and with, jump if equal or above, return a constant.
_LOAD = 0x20
_AND = 0x54
_JUMP_EQUAL = 0x15
_JUMP_FROM = 0x35
_RETURN = 0x06

X32_BIT = 0x40000000
_MAX_JUMP = 255
_HALF = 0xFFFFFFFF
_WHOLE = 0xFFFFFFFFFFFFFFFF

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, constant


def fails(code: int) -> int:
    """The action that makes a call fail with this errno."""
    return _ERRNO | code


DENY = fails(errno.EPERM)


@dataclass(frozen=True)
class Argument:
    """Holds if `argument[index] & mask == value`, over all 64 bits that the kernel is given."""

    index: int
    value: int
    mask: int = _WHOLE


@dataclass(frozen=True)
class Rule:
    """What to do about one system call if all of `when` holds."""

    syscall: str
    when: tuple[Argument, ...] = ()
    action: int = ALLOW


@dataclass(frozen=True)
class Policy:
    """The first rule that holds decides; `default` decides the rest."""

    rules: tuple[Rule, ...]
    default: int = DENY


def _only(index: int, bits: int) -> Argument:
    """No other bits than these are set."""
    return Argument(index, 0, mask=_WHOLE & ~bits)


def _none(index: int) -> Argument:
    """The argument is 0 or NULL."""
    return Argument(index, 0)


_PROT_READ_WRITE = 0x1 | 0x2
_MAP_ANONYMOUS = 0x20
_MSG_DONTWAIT, _MSG_WAITALL, _MSG_NOSIGNAL = 0x40, 0x100, 0x4000
_FIONBIO = 0x5421
_F_GETFD, _F_GETFL = 1, 3
_MADVISE = (4, 8, 14)  # DONTNEED, FREE, HUGEPAGE; not HWPOISON, which breaks the page for all
_FUTEX = (0, 1, 9, 10)  # WAIT, WAKE and both with a bitset; not priority inheritance
_FUTEX_FLAGS = 0x80 | 0x100  # private, wall clock

STRICT = Policy(
    (
        # The descriptors that are open: the reply socket and /dev/null. No address, no descriptor
        # and no out-of-band byte can be sent.
        Rule("read"),
        Rule("write"),
        Rule("recvfrom", (_only(3, _MSG_DONTWAIT | _MSG_WAITALL),)),
        Rule("sendto", (_only(3, _MSG_DONTWAIT | _MSG_NOSIGNAL), _none(4))),
        Rule("poll"),
        Rule("ppoll"),
        Rule("close"),
        Rule("ioctl", (Argument(1, _FIONBIO),)),
        *(Rule("fcntl", (Argument(1, command),)) for command in (_F_GETFD, _F_GETFL)),
        # Memory that holds data and never code.
        Rule("brk"),
        Rule(
            "mmap",
            (_only(2, _PROT_READ_WRITE), Argument(3, _MAP_ANONYMOUS, mask=_MAP_ANONYMOUS)),
        ),
        Rule("mprotect", (_only(2, _PROT_READ_WRITE),)),
        Rule("mremap"),
        Rule("munmap"),
        *(Rule("madvise", (Argument(2, advice),)) for advice in _MADVISE),
        # Locks, clocks, chance.
        *(Rule("futex", (Argument(1, op, _WHOLE & ~_FUTEX_FLAGS),)) for op in _FUTEX),
        Rule("clock_getres"),
        Rule("clock_gettime"),
        Rule("clock_nanosleep"),
        Rule("gettimeofday"),
        Rule("getrandom"),
        Rule("sched_yield"),
        # The process itself.
        Rule("getpid"),
        Rule("gettid"),
        Rule("sched_getaffinity", (_none(0),)),
        Rule("prlimit64", (_none(0), _none(2))),  # its own limits, to read
        Rule("rt_sigaction"),
        Rule("rt_sigprocmask"),
        Rule("rt_sigreturn"),
        Rule("sigaltstack"),
        Rule("restart_syscall"),
        Rule("exit"),
        Rule("exit_group"),
    )
)
"""What a running Python with numpy and one open socket needs, and nothing else."""


def program(arch: Arch, policy: Policy = STRICT) -> bytes:
    """Compile a policy for one machine. Pure: the machine need not be this one.

    Calls that `arch` does not have (poll on aarch64) are left out. KeyError for a name that
    neither machine has.
    """
    blocks: dict[int, list[Instruction]] = {}
    for rule in policy.rules:
        if (number := syscalls.number(rule.syscall, arch)) is not None:
            blocks.setdefault(number, []).extend(_alternative(rule))
    code: list[Instruction] = [
        (_LOAD, 0, 0, _ARCH),
        (_JUMP_EQUAL, 1, 0, AUDIT_ARCH[arch]),
        (_RETURN, 0, 0, KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if arch == "x86_64":
        code += [(_JUMP_FROM, 0, 1, X32_BIT), (_RETURN, 0, 0, KILL_PROCESS)]
    for number, block in blocks.items():
        # A block replaces the number by arguments in the accumulator, so it always ends here.
        block.append((_RETURN, 0, 0, policy.default))
        code += [(_JUMP_EQUAL, 0, _jump(block), number), *block]
    code.append((_RETURN, 0, 0, policy.default))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


def _alternative(rule: Rule) -> list[Instruction]:
    """The rule's action if its conditions hold; falls out at the end if one does not."""
    code: list[Instruction] = [(_RETURN, 0, 0, rule.action)]
    for argument in reversed(rule.when):
        # Little-endian: the low half of an argument is first. Comparing only one half would let
        # through every value that differs in the other.
        for part in (1, 0):
            mask = argument.mask >> 32 * part & _HALF
            value = argument.value >> 32 * part & _HALF
            check: list[Instruction] = [
                (_LOAD, 0, 0, _ARGUMENTS + 8 * argument.index + 4 * part),
                (_AND, 0, 0, mask),
                (_JUMP_EQUAL, 0, _jump(code), value),
            ]
            if mask:
                code = check + code
    return code


def _jump(over: Sequence[Instruction]) -> int:
    if len(over) > _MAX_JUMP:
        raise ValueError("too many rules for one system call")
    return len(over)


def install(filter_program: bytes) -> None:
    """Confine this process with all its threads, for good. WorkerError if the kernel refuses.

    Sets no_new_privs, without which only root may install a filter.
    """
    buffer = ctypes.create_string_buffer(filter_program, len(filter_program))
    head = struct.pack("@HP", len(filter_program) // 8, ctypes.addressof(buffer))
    described = ctypes.create_string_buffer(head, len(head))
    try:
        syscalls.set_no_new_privs()
        thread = syscalls.call("seccomp", _SET_MODE_FILTER, _TSYNC, ctypes.addressof(described))
    except OSError as e:
        raise WorkerError(
            f"The kernel refuses the system-call filter ({e.strerror}). "
            "Grade on a kernel with CONFIG_SECCOMP_FILTER, outside of a container that forbids it."
        ) from e
    if thread:
        raise WorkerError(
            f"Thread {thread} has a system-call filter of its own, so one filter cannot hold for "
            "all. Confine a process before it starts threads."
        )
