"""Namespaces around the zygote by bubblewrap, and a uid that owns nothing, where root can give one.

The third layer: an empty file system but for what Python needs to read, no network, no sight of
other processes. It is not to be had everywhere (default containers, hosted runners), so nothing
depends on it.
"""

from __future__ import annotations

import errno
import grp
import importlib.util
import os
import pwd
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.errors import WorkerError

_PROBE_SECONDS = 10

_SYSTEM = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache")
"""Where the dynamic linker finds libraries. A symbolic link among these stays one."""

_UNUSED_BY_CONVENTION = 0x70000000
"""The first of 2**22 uids and gids that no distribution or service manager hands out
(systemd.io/UIDS-GIDS)."""
_UNUSED_IN_A_CONTAINER = range(65520, 65534)
"""The same for a user namespace that maps 2**16 only."""
_TRIES = 16


@dataclass(frozen=True)
class Bubblewrap:
    """The bubblewrap of this machine. `problem` says in words why it is of no use, or is empty."""

    path: str
    problem: str = ""

    @property
    def usable(self) -> bool:
        return not self.problem


def probe() -> Bubblewrap:
    """Find bubblewrap and really run `true` in it, with all namespaces that the zygote gets."""
    # Here and not above: the zygote imports this module, and what it has loaded is there for
    # every submission to find.
    import shutil
    import subprocess

    path, true = shutil.which("bwrap"), shutil.which("true")
    if path is None or true is None:
        return Bubblewrap("", "bubblewrap is not installed. Install the package `bubblewrap`.")
    try:
        done = subprocess.run(
            wrapped(path, [true], readable=[Path(true)], environment={}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=_PROBE_SECONDS,
            check=False,
        )
    except OSError as e:
        return Bubblewrap(path, f"{path} cannot be run: {e.strerror}. Install it again.")
    except subprocess.TimeoutExpired:
        return Bubblewrap(path, f"{path} took more than {_PROBE_SECONDS} s. Run it by hand.")
    if done.returncode == 0:
        return Bubblewrap(path)
    said = done.stderr.decode("utf-8", "replace").strip() or "it gave no reason"
    said = said.splitlines()[0].partition(". ")[0][:200]
    who = "root" if os.geteuid() == 0 else "an ordinary user"
    return Bubblewrap(
        path,
        f"bubblewrap cannot make namespaces for {who} here ({said}). Allow them in this system's "
        "or container's security settings if you may.",
    )


def wrapped(
    bwrap: str, command: Sequence[str], *, readable: Iterable[Path], environment: Mapping[str, str]
) -> list[str]:
    """The argv that runs `command` in new namespaces, where it can read `readable` and no more.

    The root is an empty file system in memory, read-only; there are no /proc, /tmp or /home.
    Inherited descriptors stay open. Killing bubblewrap, or its parent *thread*, kills everything
    inside. Root makes no user namespace, which would map it to the same user outside: it keeps
    the two capabilities that `drop_to_spare_uid` needs, and the command must call that.
    """
    namespaces = ["--unshare-all"]
    if os.geteuid() == 0:
        namespaces = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
        namespaces += ["--unshare-cgroup-try", "--cap-drop", "ALL"]
        namespaces += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    argv = [bwrap, *namespaces, "--die-with-parent", "--new-session", "--clearenv"]
    for name, value in sorted(environment.items()):
        argv += ["--setenv", name, value]
    for path in _outermost([*map(Path, _SYSTEM), *readable]):
        if str(path) in _SYSTEM and path.is_symlink():
            argv += ["--symlink", os.readlink(path), str(path)]
        else:
            argv += ["--ro-bind", os.path.realpath(path), str(path)]
    argv += ["--dev-bind", "/dev/null", "/dev/null", "--remount-ro", "/", "--chdir", "/", "--"]
    return [*argv, *command]


def _outermost(paths: Iterable[Path]) -> Iterator[Path]:
    """The existing ones, absolute and in order, without those inside of another."""
    last: Path | None = None
    for path in sorted({p.absolute() for p in paths if p.exists()}):
        if last is None or not path.is_relative_to(last):
            last = path
            yield path


def interpreter() -> str:
    """The Python to run inside: the base one, which needs nothing of a virtual environment."""
    return os.path.realpath(getattr(sys, "_base_executable", "") or sys.executable)


def python_paths(packages: Iterable[str]) -> tuple[Path, ...]:
    """What `interpreter` must read to start and to import these packages. Nothing is imported.

    Only the packages' own directories, with the libraries that a wheel keeps beside them, and not
    the directory that holds them: that could be the course. WorkerError for a package that is not
    installed.
    """
    prefixes = {Path(sys.base_prefix), Path(sys.base_exec_prefix)}
    paths = [Path(interpreter()), *(p / lib for p in prefixes for lib in ("lib", "lib64"))]
    for name in packages:
        spec = importlib.util.find_spec(name)
        if spec is None or not spec.submodule_search_locations:
            raise WorkerError(
                f"The package {name} is not installed for {sys.executable}. Install it there."
            )
        for place in map(Path, spec.submodule_search_locations):
            paths += [place, place.with_name(f"{name}.libs")]
    return tuple(path for path in paths if path.exists())


def drop_to_spare_uid() -> int:
    """If this process is root, become a user and group that own nothing, for good.

    Returns the uid that holds now; an ordinary user stays who they are. The kernel's limit on
    processes and its checks between users then work as for anyone. It also makes the process
    dumpable and forgets the parent-death signal: set those afterwards. WorkerError if this root
    may not change, or could change back.
    """
    if os.geteuid() != 0:
        return os.geteuid()
    for uid in _spare():
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
        except OSError as e:
            if e.errno == errno.EINVAL:  # not mapped in this user namespace
                continue
            raise WorkerError(
                f"Root may not become another user here ({e.strerror}). Run as an ordinary user, "
                "or let the container keep CAP_SETUID and CAP_SETGID."
            ) from e
        _make_sure(uid)
        return uid
    raise WorkerError(
        "This user namespace has no spare uid for the sandbox. Run as an ordinary user."
    )


def _spare() -> Iterator[int]:
    """Candidates, at random so that two zygotes are unlikely to share one."""
    chance = os.urandom(4 * _TRIES)
    for i in range(_TRIES):
        n = int.from_bytes(chance[4 * i : 4 * i + 4], "little")
        uid = _UNUSED_BY_CONVENTION + n % 2**22
        if i >= _TRIES // 2:
            uid = _UNUSED_IN_A_CONTAINER[n % len(_UNUSED_IN_A_CONTAINER)]
        if not _known(uid):
            yield uid


def _known(uid: int) -> bool:
    for lookup in (pwd.getpwuid, grp.getgrgid):
        try:
            lookup(uid)
        except KeyError:
            continue
        return True
    return False


def _make_sure(uid: int) -> None:
    """WorkerError unless this process has no identity but `uid` and cannot become root again."""
    back = False
    try:
        os.setuid(0)
        back = True
    except PermissionError:
        pass
    identities = {*os.getresuid(), *os.getresgid()}
    if back or identities != {uid} or os.getgroups():
        raise WorkerError(
            "The process kept rights after it gave up root. Run as an ordinary user instead."
        )
