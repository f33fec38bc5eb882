"""Landlock: files, TCP, abstract sockets and signals, denied by the kernel whatever the call.

The second layer. The system-call filter already denies every call that names a path or makes a
socket; Landlock denies what they would do, so a hole in one of the two is not a way out.
https://docs.kernel.org/userspace-api/landlock.html
"""

from __future__ import annotations

import ctypes
import errno
import struct

from grader.errors import WorkerError
from grader.sandbox import syscalls

_CREATE_RULESET_VERSION = 1

_FILES = {1: 13, 2: 14, 3: 15, 5: 16}
"""ABI -> how many rights over files it knows. 1: execute .. make_sym; then refer, truncate,
ioctl_dev."""
_TCP_BIND_CONNECT = 0x3  # from ABI 4
_ABSTRACT_SOCKETS_SIGNALS = 0x3  # from ABI 6


def abi() -> int:
    """The version of Landlock that the kernel offers, 0 if it has none or has it turned off.

    WorkerError if the kernel answers anything else.
    """
    try:
        return syscalls.call("landlock_create_ruleset", 0, 0, _CREATE_RULESET_VERSION)
    except OSError as e:
        if e.errno in (errno.ENOSYS, errno.EOPNOTSUPP):
            return 0
        raise WorkerError(
            f"The kernel does not say whether it has Landlock ({e.strerror}). "
            "Allow landlock_create_ruleset, or let it fail with ENOSYS."
        ) from e


def ruleset(version: int) -> bytes:
    """struct landlock_ruleset_attr that handles every right of this ABI, 1 or later.

    Rights that are newer than ABI 7 are not known here and are not handled.
    """
    rights = max(bits for since, bits in _FILES.items() if since <= version)
    words = [(1 << rights) - 1]
    if version >= 4:
        words.append(_TCP_BIND_CONNECT)
    if version >= 6:
        words.append(_ABSTRACT_SOCKETS_SIGNALS)
    return struct.pack(f"={len(words)}Q", *words)


def restrict_all() -> int:
    """Take every right that Landlock knows from this process, for good. Sets no_new_privs.

    A ruleset without rules grants nothing. Open descriptors keep working. Returns the ABI, or 0
    where the kernel has no Landlock and nothing was done. WorkerError if the kernel has it and
    refuses.
    """
    version = abi()
    if not version:
        return 0
    attributes = ruleset(version)
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    try:
        syscalls.set_no_new_privs()
        descriptor = syscalls.call(
            "landlock_create_ruleset", ctypes.addressof(buffer), len(attributes), 0
        )
        try:
            syscalls.call("landlock_restrict_self", descriptor, 0)
        finally:
            syscalls.call("close", descriptor)
    except OSError as e:
        raise WorkerError(
            f"The kernel has Landlock {version} and refuses to use it ({e.strerror}). "
            "See `grader doctor`; a process can be confined 16 times at most."
        ) from e
    return version
