"""A clone's commits and files, read by git without a checkout.

Whoever may write to a repository may write its configuration, hooks and filters, and git runs what
these name. So git is never started in the clone: it is given an empty repository of our own and
told where the clone's objects are. What HEAD is comes out of two files that are read here.
Submodules, links and other repositories that the clone refers to are not followed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import threading
import weakref
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from grader.errors import SubmissionError
from grader.intake.index import Index, Member, Parts
from grader.intake.tree import is_real_folder
from grader.submission import read_file

MAX_OUTPUT = 32 << 20
MAX_COMMITS = 20_000
SECONDS = 60.0
_HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REF = re.compile(r"refs/heads/[\w./+-]{1,200}", re.ASCII)


class GitError(Exception):
    """The clone cannot be read; why not, for a line."""


@dataclass(frozen=True)
class Commit:
    """One commit, and when its author's clock says it was made."""

    hash: str
    made: datetime


@dataclass(frozen=True)
class Clone:
    """The clone at `path`, read through the empty repository at `own`."""

    path: Path
    own: Path
    head: str
    desk: Desk
    """Kept, since `own` is on it."""

    def commits(self) -> list[Commit]:
        """Those of the branch that is checked out, the latest first, as they were made on it."""
        out = self._git("rev-list", "--first-parent", "--timestamp", f"-n{MAX_COMMITS}", self.head)
        return [_commit(line) for line in out.decode("ascii", "replace").splitlines()]

    def changed(self, commit: Commit, parts: Parts) -> Commit:
        """The commit that last changed a file of `commit`."""
        args = ("-n1", commit.hash, "--", "/".join(parts))
        out = self._git("rev-list", "--first-parent", "--timestamp", *args)
        lines = out.decode("ascii", "replace").splitlines()
        return _commit(lines[0]) if lines else commit

    def snapshot(self, commit: Commit) -> Snapshot:
        """All files of a commit."""
        index = Index(self.path.name, inside=True)
        hashes: dict[Parts, str] = {}
        listed = self._git("ls-tree", "-r", "-z", "-l", "--full-tree", commit.hash).split(b"\0")
        index.check_count(len(listed))
        for line in filter(None, listed):
            about, _, path = line.partition(b"\t")
            mode, kind, blob, size = about.decode("ascii", "replace").split()
            name = path.decode("utf-8", "backslashreplace")
            if kind == "blob" and _HASH.fullmatch(blob) and size.isdecimal():
                member = Member(int(size), regular=mode != "120000")
                index.add(name, member, is_folder=False)
                hashes[tuple(name.split("/"))] = blob
        return Snapshot(self, index, hashes, commit)

    def blob(self, blob: str, most: int) -> bytes:
        return self._git("cat-file", "blob", blob, most=most)

    def _git(self, *args: str, most: int = MAX_OUTPUT) -> bytes:
        """What git says. Raises GitError if it fails, says more than `most`, or takes too long."""
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.own),
            "LC_ALL": "C",
            "GIT_DIR": str(self.own),
            "GIT_OBJECT_DIRECTORY": str(self.path / ".git" / "objects"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ALLOW_PROTOCOL": "none",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0",
        }
        options = ("core.hooksPath=/dev/null", "core.fsmonitor=false", "core.commitGraph=false")
        command = ["git", "--no-pager", *(f for o in options for f in ("-c", o)), *args]
        try:
            process = subprocess.Popen(
                command,
                env=environment,
                cwd=self.own,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as e:
            raise GitError(f"git cannot be started ({e.strerror}); install it") from None
        timer = threading.Timer(SECONDS, process.kill)
        timer.start()
        try:
            with process:
                assert process.stdout is not None
                out = process.stdout.read(most + 1)
                if len(out) > most:
                    process.kill()
        finally:
            timer.cancel()
        if len(out) > most:
            raise GitError("it is too large")
        if process.returncode != 0:
            raise GitError("git cannot read it; it is damaged, or needs what is elsewhere")
        return out


@dataclass(frozen=True)
class Snapshot:
    """The files of one commit, as a store of members: see `archive.Packed`."""

    clone: Clone
    index: Index
    hashes: dict[Parts, str]
    commit: Commit

    @property
    def path(self) -> Path:
        return self.clone.path / self.commit.hash[:10]

    def read(self, parts: Parts, most: int) -> tuple[bytes, int | None]:
        """See `Folder.read`."""
        self.index.member(parts, most)
        name = parts[-1]
        if parts not in self.hashes:
            raise SubmissionError("refused", file=name, why="its name is odd")
        try:
            return self.clone.blob(self.hashes[parts], most), None
        except GitError as e:
            raise SubmissionError("refused", file=name, why=str(e)) from None


class Desk:
    """A folder for repositories of our own, which goes when nobody needs it any more."""

    def __init__(self, work: Path | None) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="grader-", dir=work))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._count = 0

    def clone(self, path: Path) -> Clone:
        """The clone at `path`. Raises GitError if it is none that can be read on its own."""
        if shutil.which("git") is None:
            raise GitError("git is not installed; install it")
        git = path / ".git"
        if not is_real_folder(git) or not is_real_folder(git / "objects"):
            raise GitError("its .git is no folder of its own; clone it again")
        for name in ("alternates", "http-alternates"):
            if os.path.lexists(git / "objects" / "info" / name):
                raise GitError("it borrows from another repository; clone it without --reference")
        head = _head(git)
        self._count += 1
        own = self._folder / str(self._count)
        (own / "refs").mkdir(parents=True)
        (own / "objects").mkdir()
        (own / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
        version, more = (1, "[extensions]\nobjectFormat = sha256\n") if len(head) == 64 else (0, "")
        config = f"[core]\nrepositoryFormatVersion = {version}\nbare = true\n{more}"
        (own / "config").write_text(config, encoding="ascii")
        shallow = _text(git, "shallow", 1 << 20)
        if cut := [line for line in shallow.splitlines() if _HASH.fullmatch(line)]:
            (own / "shallow").write_text("\n".join(cut) + "\n", encoding="ascii")
        return Clone(path, own, head, self)


def _head(git: Path) -> str:
    """The commit that is checked out."""
    head = _text(git, "HEAD", 1 << 10).strip()
    if _HASH.fullmatch(head):
        return head
    ref = head.removeprefix("ref:").strip()
    if not _REF.fullmatch(ref) or ".." in ref:
        raise GitError("what its HEAD is cannot be told; clone it again")
    folder, *_ = Path(git, *ref.split("/")).parents
    steps = [Path(git, *ref.split("/")[:n]) for n in range(1, ref.count("/") + 1)]
    if all(map(is_real_folder, steps)):
        found = _text(folder, ref.rpartition("/")[2], 1 << 10).strip()
        if _HASH.fullmatch(found):
            return found
    for line in _text(git, "packed-refs", 16 << 20).splitlines():
        found, _, name = line.partition(" ")
        if name == ref and _HASH.fullmatch(found):
            return found
    raise GitError("there is no commit in it")


def _text(folder: Path, name: str, most: int) -> str:
    try:
        return read_file(folder, name, most)[0].decode("utf-8", "replace")
    except SubmissionError:
        return ""


def _commit(line: str) -> Commit:
    made, _, found = line.partition(" ")
    if not made.isdecimal() or not _HASH.fullmatch(found):
        raise GitError("git cannot read it; it is damaged")
    last = datetime(2199, 1, 1, tzinfo=UTC).timestamp()
    return Commit(found, datetime.fromtimestamp(min(int(made), last), UTC))
