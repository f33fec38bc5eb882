"""System calls by name: their numbers on two machines, and the calls that need no wrapper.

Only ctypes and the standard library: these modules run in the zygote and in its children.
Numbers are from the kernel's arch/x86/entry/syscalls/syscall_64.tbl and
include/uapi/asm-generic/unistd.h, which aarch64 uses.
"""

from __future__ import annotations

import ctypes
import os
import signal
import struct
from functools import cache
from types import MappingProxyType
from typing import Final, Literal, get_args

from grader.errors import WorkerError

Arch = Literal["x86_64", "aarch64"]

AUDIT_ARCH: Final = MappingProxyType[Arch, int]({"x86_64": 0xC000003E, "aarch64": 0xC00000B7})
"""What the kernel calls each machine (include/uapi/linux/audit.h)."""

PR_SET_PDEATHSIG = 1
PR_GET_DUMPABLE = 3
PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38
PR_GET_NO_NEW_PRIVS = 39

NUMBERS: Final = MappingProxyType[str, tuple[int, int | None]](
    {
        # Reading, writing and waiting on descriptors
        "read": (0, 63),
        "write": (1, 64),
        "close": (3, 57),
        "poll": (7, None),
        "ppoll": (271, 73),
        "recvfrom": (45, 207),
        "sendto": (44, 206),
        "ioctl": (16, 29),
        "fcntl": (72, 25),
        # Memory
        "mmap": (9, 222),
        "mprotect": (10, 226),
        "munmap": (11, 215),
        "mremap": (25, 216),
        "madvise": (28, 233),
        "brk": (12, 214),
        # Time, signals, scheduling and the process itself
        "clock_getres": (229, 114),
        "clock_gettime": (228, 113),
        "clock_nanosleep": (230, 115),
        "gettimeofday": (96, 169),
        "exit": (60, 93),
        "exit_group": (231, 94),
        "futex": (202, 98),
        "getpid": (39, 172),
        "getrandom": (318, 278),
        "gettid": (186, 178),
        "prlimit64": (302, 261),
        "restart_syscall": (219, 128),
        "rt_sigaction": (13, 134),
        "rt_sigprocmask": (14, 135),
        "rt_sigreturn": (15, 139),
        "sched_getaffinity": (204, 123),
        "sched_yield": (24, 124),
        "sigaltstack": (131, 132),
        # Files by path, and new descriptors for files
        "access": (21, None),
        "chdir": (80, 49),
        "chmod": (90, None),
        "chown": (92, None),
        "chroot": (161, 51),
        "creat": (85, None),
        "faccessat": (269, 48),
        "faccessat2": (439, 439),
        "fanotify_init": (300, 262),
        "fchmodat": (268, 53),
        "fsopen": (430, 430),
        "fstat": (5, 80),
        "ftruncate": (77, 46),
        "getdents64": (217, 61),
        "inotify_init1": (294, 26),
        "link": (86, None),
        "linkat": (265, 37),
        "lseek": (8, 62),
        "memfd_create": (319, 279),
        "memfd_secret": (447, 447),
        "mkdir": (83, None),
        "mkdirat": (258, 34),
        "mknodat": (259, 33),
        "mount": (165, 40),
        "move_mount": (429, 429),
        "name_to_handle_at": (303, 264),
        "newfstatat": (262, 79),
        "open": (2, None),
        "open_by_handle_at": (304, 265),
        "open_tree": (428, 428),
        "openat": (257, 56),
        "openat2": (437, 437),
        "pivot_root": (155, 41),
        "pread64": (17, 67),
        "pwrite64": (18, 68),
        "readlink": (89, None),
        "readlinkat": (267, 78),
        "readv": (19, 65),
        "rename": (82, None),
        "renameat2": (316, 276),
        "stat": (4, None),
        "statx": (332, 291),
        "symlink": (88, None),
        "truncate": (76, 45),
        "umount2": (166, 39),
        "unlink": (87, None),
        "unlinkat": (263, 35),
        "writev": (20, 66),
        # Sockets, pipes and other channels
        "accept4": (288, 242),
        "bind": (49, 200),
        "connect": (42, 203),
        "copy_file_range": (326, 285),
        "dup": (32, 23),
        "dup2": (33, None),
        "dup3": (292, 24),
        "epoll_create1": (291, 20),
        "eventfd2": (290, 19),
        "getsockname": (51, 204),
        "getsockopt": (55, 209),
        "listen": (50, 201),
        "mq_open": (240, 180),
        "msgget": (68, 186),
        "pipe": (22, None),
        "pipe2": (293, 59),
        "recvmmsg": (299, 243),
        "recvmsg": (47, 212),
        "semget": (64, 190),
        "sendfile": (40, 71),
        "sendmmsg": (307, 269),
        "sendmsg": (46, 211),
        "setsockopt": (54, 208),
        "shmat": (30, 196),
        "shmget": (29, 194),
        "shutdown": (48, 210),
        "signalfd4": (289, 74),
        "socket": (41, 198),
        "socketpair": (53, 199),
        "splice": (275, 76),
        "timerfd_create": (283, 85),
        "vmsplice": (278, 75),
        # Other processes, threads and programs
        "clone": (56, 220),
        "clone3": (435, 435),
        "execve": (59, 221),
        "execveat": (322, 281),
        "fork": (57, None),
        "kcmp": (312, 272),
        "kill": (62, 129),
        "pidfd_getfd": (438, 438),
        "pidfd_open": (434, 434),
        "pidfd_send_signal": (424, 424),
        "process_madvise": (440, 440),
        "process_vm_readv": (310, 270),
        "process_vm_writev": (311, 271),
        "ptrace": (101, 117),
        "rt_sigqueueinfo": (129, 138),
        "rt_tgsigqueueinfo": (297, 240),
        "set_robust_list": (273, 99),
        "setns": (308, 268),
        "tgkill": (234, 131),
        "tkill": (200, 130),
        "unshare": (272, 97),
        "vfork": (58, None),
        "wait4": (61, 260),
        "waitid": (247, 95),
        # Identity, limits and privileges
        "add_key": (248, 217),
        "capget": (125, 90),
        "capset": (126, 91),
        "getppid": (110, 173),
        "getuid": (102, 174),
        "keyctl": (250, 219),
        "personality": (135, 92),
        "prctl": (157, 167),
        "request_key": (249, 218),
        "sched_setaffinity": (203, 122),
        "sched_setscheduler": (144, 119),
        "seccomp": (317, 277),
        "setgid": (106, 144),
        "setgroups": (116, 159),
        "setitimer": (38, 103),
        "setpriority": (141, 140),
        "setresgid": (119, 149),
        "setresuid": (117, 147),
        "setrlimit": (160, 164),
        "setsid": (112, 157),
        "setuid": (105, 146),
        "timer_create": (222, 107),
        "landlock_add_rule": (445, 445),
        "landlock_create_ruleset": (444, 444),
        "landlock_restrict_self": (446, 446),
        # The kernel's more dangerous corners
        "arch_prctl": (158, None),
        "bpf": (321, 280),
        "io_setup": (206, 0),
        "io_uring_enter": (426, 426),
        "io_uring_register": (427, 427),
        "io_uring_setup": (425, 425),
        "mbind": (237, 235),
        "membarrier": (324, 283),
        "mlock": (149, 228),
        "mlockall": (151, 230),
        "modify_ldt": (154, None),
        "perf_event_open": (298, 241),
        "pkey_mprotect": (329, 288),
        "remap_file_pages": (216, 234),
        "rseq": (334, 293),
        "sync": (162, 81),
        "syslog": (103, 116),
        "sysinfo": (99, 179),
        "uname": (63, 160),
        "userfaultfd": (323, 282),
        "close_range": (436, 436),
        "getrusage": (98, 165),
    }
)
"""Name -> (number on x86_64, number on aarch64 or None where there is no such call)."""


def number(name: str, arch: Arch) -> int | None:
    """The number of a system call, None where `arch` has none. KeyError for an unknown name."""
    x86_64, aarch64 = NUMBERS[name]
    return x86_64 if arch == "x86_64" else aarch64


@cache  # a confined process may no longer ask
def machine() -> Arch:
    """The machine this process runs on. WorkerError on one whose numbers are not known here."""
    name = os.uname().machine
    for arch in get_args(Arch):
        if name == arch and struct.calcsize("P") == 8:
            return arch  # type: ignore[no-any-return]
    raise WorkerError(
        f"The sandbox does not know the system calls of a {8 * struct.calcsize('P')}-bit program "
        f"on {name}. Grade on 64-bit Linux, x86_64 or aarch64."
    )


@cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc


def raw(number: int, *arguments: int) -> int:
    """Make system call `number`; addresses are passed as integers. OSError if it fails."""
    libc = _libc()
    ctypes.set_errno(0)
    result: int = libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments))
    if result == -1 and (code := ctypes.get_errno()):
        raise OSError(code, os.strerror(code))
    return result


def call(name: str, *arguments: int) -> int:
    """Make the system call of that name on this machine. OSError if it fails or has no number."""
    n = number(name, machine())
    if n is None:
        raise NotImplementedError(f"{machine()} has no system call {name}")
    return raw(n, *arguments)


def set_no_new_privs() -> None:
    """No exec gains rights from now on, which an unprivileged filter or ruleset requires."""
    call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def set_undumpable() -> None:
    """Nobody of the same uid may attach to this process or read its /proc files.

    The kernel takes this back when the uid changes: drop privileges first.
    """
    call("prctl", PR_SET_DUMPABLE, 0, 0, 0, 0)


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent, of pid `parent`, ends.

    "Parent" is the *thread* that forked. The kernel forgets the request when the uid changes:
    drop privileges first. In a pid namespace a parent outside has the pid 0. WorkerError if the
    parent had already ended, which the kernel would not tell.
    """
    call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        raise WorkerError(
            "The process that started this one has ended already. Start the command again."
        )
