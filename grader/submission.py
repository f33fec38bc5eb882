"""Finding and reading what students handed in. Nothing is parsed, compiled or followed.

Layouts: a file; a student's folder; a folder of students, each with `<slug>/<module>.py`,
`<module>.py`, or just `<student>.py`. A submission that cannot be read becomes a row with the
reason; it never stops the others.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from grader.errors import SubmissionError, UsageError
from grader.model import Assignment, Submission, SubmissionProblem

MAX_BYTES = 256 << 10
MAX_NAME = 200
_IGNORED = frozenset({"__pycache__", "__MACOSX"})


def collect(
    path: Path, assignments: Sequence[Assignment], student: str | None
) -> tuple[list[Submission], list[str]]:
    """The submissions at `path`, by student, and a line for each thing that is none.

    Raises UsageError if `path` does not exist, or is a file that no assignment can claim.
    """
    path = path.absolute()
    if path.is_symlink() or not path.exists():
        raise UsageError(f"There is no file or folder {path}. Check the path.")
    if not path.is_dir():
        return [_single(path, assignments, student)], []
    if student is not None or _holds_work(path, assignments):
        found = list(_of_student(path, student or path.name, assignments))
        return found, [] if found else [_nothing(path.name, assignments)]
    submissions, strays = [], []
    for entry in _entries(path):
        if entry.is_dir(follow_symlinks=False):
            found = list(_of_student(path / entry.name, entry.name, assignments))
            submissions += found
            if not found:
                strays.append(_nothing(entry.name, assignments))
        elif entry.name.endswith(".py") and len(assignments) == 1:
            name = entry.name.removesuffix(".py")
            submissions.append(_read(path, entry.name, name, assignments[0]))
        elif not entry.name.startswith("."):
            strays.append(f"{entry.name}: not a student's folder; passed over.")
    return submissions, strays


def read_bytes(folder: Path, name: str) -> bytes:
    """The bytes of regular file `name` in `folder`, by openat without following links.

    Raises SubmissionError if it is missing, no regular file, too large or unreadable.
    """
    # O_NONBLOCK: opening a fifo must not wait for a writer.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        fd = _open_at(folder, name, flags | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError:
        raise SubmissionError("missing", want=name) from None
    except OSError as e:
        if (folder / name).is_symlink() or not (folder / name).is_file():
            raise SubmissionError("not_regular", file=name) from None
        raise SubmissionError("unreadable", file=name, why=e.strerror or "error") from None
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise SubmissionError("not_regular", file=name)
        with os.fdopen(fd, "rb", closefd=False) as f:
            content = f.read(MAX_BYTES + 1)
    except OSError as e:
        raise SubmissionError("unreadable", file=name, why=e.strerror or "error") from None
    finally:
        os.close(fd)
    if len(content) > MAX_BYTES:
        raise SubmissionError("too_large", file=name, limit=MAX_BYTES)
    return content


def _open_at(folder: Path, name: str, flags: int) -> int:
    """openat, where the system has it: the folder that was looked at is the one that is read."""
    if os.open not in os.supports_dir_fd:
        return os.open(folder / name, flags)
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return os.open(name, flags, dir_fd=at)
    finally:
        os.close(at)


def _single(path: Path, assignments: Sequence[Assignment], student: str | None) -> Submission:
    claims = [a for a in assignments if a.file_name == path.name]
    claims += [a for a in assignments if a.slug == path.parent.name]
    if not claims and len(assignments) == 1:
        claims = list(assignments)
    if not claims:
        names = ", ".join(a.slug for a in assignments)
        raise UsageError(
            f"{path.name} may belong to any of {names}. Say which with --assignment SLUG."
        )
    owner = path.parent.parent if path.parent.name == claims[0].slug else path.parent
    name = owner.name if path.name == claims[0].file_name else path.stem
    return _read(path.parent, path.name, student or name, claims[0])


def _holds_work(path: Path, assignments: Sequence[Assignment]) -> bool:
    """Whether `path` itself is one student's folder."""
    return any((path / a.file_name).exists() or (path / a.slug).is_dir() for a in assignments)


def _of_student(
    folder: Path, student: str, assignments: Sequence[Assignment]
) -> Iterator[Submission]:
    for a in assignments:
        own = folder / a.slug
        if own.is_dir() and not own.is_symlink():
            yield _expected(own, student, a)
        elif os.path.lexists(folder / a.file_name):
            yield _read(folder, a.file_name, student, a)
        elif len(assignments) == 1 and any(e.name.endswith(".py") for e in _entries(folder)):
            yield _expected(folder, student, a)


def _expected(folder: Path, student: str, a: Assignment) -> Submission:
    """The assignment's file in `folder`, or why it is not there."""
    if os.path.lexists(folder / a.file_name):
        return _read(folder, a.file_name, student, a)
    others = [e.name for e in _entries(folder) if e.name.endswith(".py")]
    if others:
        return _broken(student, a, "other_name", want=a.file_name, found=", ".join(others[:3]))
    return _broken(student, a, "missing", want=a.file_name)


def _read(folder: Path, name: str, student: str, a: Assignment) -> Submission:
    try:
        return Submission(student[:MAX_NAME], a.slug, name, read_bytes(folder, name))
    except SubmissionError as e:
        return _broken(student, a, e.code, **{k: str(v) for k, v in e.details.items()})


def _broken(student: str, a: Assignment, code: str, **details: str) -> Submission:
    problem = SubmissionProblem(code, details)
    return Submission(student[:MAX_NAME], a.slug, a.file_name, problem=problem)


def _nothing(name: str, assignments: Sequence[Assignment]) -> str:
    wanted = " or ".join(f"{a.slug}/{a.file_name}" for a in assignments)
    return f"{name}: nothing to grade; expected {wanted}."


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What is in `folder`, by name; caches and hidden files left out."""
    with os.scandir(folder) as entries:
        kept = [e for e in entries if e.name not in _IGNORED and not e.name.startswith(".")]
    return sorted(kept, key=lambda e: e.name)
