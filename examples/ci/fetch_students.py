"""Fetch what students have pushed, as data: for the instructor's side of CI.

    python fetch_students.py students.csv OUT --host github

students.csv has the columns `student` and `repository` (an https address). Of each repository the
files assignments/<slug>/*.py and *.ipynb are written to OUT/<student>/<slug>/<attempt>/, one
attempt for each push that changed them, and OUT/submissions.csv says when it came by the host's
clock: the dates in a commit are whatever its author likes. `grader grade OUT` takes it from there.

Nothing is ever checked out, so no link is followed and no hook, filter or submodule of a student's
is in use: blobs are read out of a bare clone by their ids, and only from regular files. Standard
library and git alone. The token to read the repositories is $STUDENTS_TOKEN.
"""

from __future__ import annotations

import argparse
import base64
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

WORK = re.compile(r"assignments/([A-Za-z0-9_]{1,64})/([A-Za-z0-9_-]{1,64}\.(?:py|ipynb))")
NOT_WORK = "probe.py"
STUDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")
MOST_BYTES = 4 << 20
MOST_ATTEMPTS = 50
MOST_PAGES = 20
SECONDS = 120

State = Mapping[str, str]
"""The files of one exercise: the id of the blob by name."""


@dataclass(frozen=True)
class Push:
    """A commit that a branch was moved to, and when, by the host's clock."""

    commit: str
    time: str


class Failed(Exception):
    """Why a student's repository could not be fetched."""


class Clone:
    """A bare clone, of which only objects are read."""

    def __init__(self, repository: str, branch: str, folder: Path, token: str) -> None:
        self._folder = folder
        self._environment = _environment(repository, folder, token)
        self._git(
            "clone", "--quiet", "--bare", "--single-branch", "--no-tags", "--branch", branch,
            f"--filter=blob:limit={MOST_BYTES}", "--", repository, str(folder),
        )  # fmt: skip

    def head(self) -> str:
        return self._git("rev-parse", "HEAD^{commit}").decode().strip()

    def states(self, commit: str) -> dict[str, State]:
        """The work in `commit` by exercise; nothing if the clone has no such commit."""
        try:
            listed = self._git("ls-tree", "-r", "-z", f"{commit}^{{tree}}", "--", "assignments/")
        except Failed:
            return {}
        states: dict[str, State] = {}
        for entry in filter(None, listed.split(b"\0")):
            about, _, path = entry.partition(b"\t")
            mode, _, blob = about.decode().split()
            found = WORK.fullmatch(path.decode("utf-8", "replace"))
            if found and mode in ("100644", "100755") and found[2] != NOT_WORK:
                states[found[1]] = {**states.get(found[1], {}), found[2]: blob}
        return states

    def blob(self, name: str) -> bytes:
        """The bytes of a blob, cut where it is longer than any submission may be."""
        return self._git("cat-file", "blob", name)[: MOST_BYTES + 1]

    def _git(self, *arguments: str) -> bytes:
        where = [] if arguments[0] == "clone" else ["--git-dir", str(self._folder)]
        try:
            ran = subprocess.run(
                ["git", *where, *arguments],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Failed(f"git {arguments[0]} took more than {SECONDS} s") from None
        if ran.returncode:
            said = ran.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
            raise Failed(f"git {arguments[0]}: {said[-1]}")
        return ran.stdout


def _environment(repository: str, folder: Path, token: str) -> dict[str, str]:
    """What git gets to see: no configuration but ours, and the token for this host alone."""
    host = urlsplit(repository)
    settings = {"protocol.allow": "never", "core.hooksPath": os.devnull}
    settings |= {"protocol.https.allow": "always", "protocol.file.allow": "always"}
    if token and host.scheme == "https":
        basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        header = f"http.https://{host.netloc}/.extraheader"
        settings[header] = f"Authorization: Basic {basic}"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder.parent),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_CONFIG_COUNT": str(len(settings)),
    }
    for n, (key, value) in enumerate(settings.items()):
        environment |= {f"GIT_CONFIG_KEY_{n}": key, f"GIT_CONFIG_VALUE_{n}": value}
    return environment


def pushes(host: str, api: str, repository: str, branch: str, token: str) -> list[Push]:
    """What was pushed to `branch`, the latest first."""
    path = urlsplit(repository).path.strip("/").removesuffix(".git")
    if host == "github":
        ref = quote(f"refs/heads/{branch}", safe="")
        start = f"{api}/repos/{path}/activity?ref={ref}&per_page=100"
        return [Push(a["after"], a["timestamp"]) for a in _pages(start, token)]
    start = f"{api}/projects/{quote(path, safe='')}/events?action=pushed&per_page=100"
    told = ((e["push_data"], e["created_at"]) for e in _pages(start, token))
    return [Push(p["commit_to"], at) for p, at in told if p["ref"] == branch and p["commit_to"]]


def _pages(url: str, token: str) -> Iterator[Any]:
    """All items of a list that comes in pages."""
    origin = urlsplit(url)[:2]
    for _ in range(MOST_PAGES):
        request = urllib.request.Request(url)
        if token:
            request.add_unredirected_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            yield from json.load(answer)
            more = re.search(r'<([^>]+)>;\s*rel="next"', answer.headers.get("Link") or "")
        if not more or urlsplit(more[1])[:2] != origin:
            return
        url = more[1]


def attempts(clone: Clone, told: Sequence[Push]) -> dict[str, list[tuple[State, str]]]:
    """The states of each exercise with the time of the push that brought it, the latest last."""
    found: dict[str, list[tuple[State, str]]] = {}
    for push in reversed(told or [Push(clone.head(), "")]):
        for slug, state in clone.states(push.commit).items():
            known = found.setdefault(slug, [])
            if not known or known[-1][0] != state:
                known.append((state, push.time))
    return {slug: states[-MOST_ATTEMPTS:] for slug, states in found.items()}


def fetch(row: Mapping[str, str], out: Path, args: argparse.Namespace) -> list[list[str]]:
    """Write one student's work; the rows of submissions.csv. Raises Failed."""
    student, repository = row["student"].strip(), row["repository"].strip()
    if not STUDENT.fullmatch(student) or (out / student).exists():
        raise Failed("no name for a folder, or in the list twice")
    rows = []
    token = os.environ.get("STUDENTS_TOKEN", "")
    with tempfile.TemporaryDirectory() as temporary:
        clone = Clone(repository, args.branch, Path(temporary, "clone.git"), token)
        told: list[Push] = []
        if args.host != "none":
            try:
                told = pushes(args.host, args.api, repository, args.branch, token)
            except (OSError, ValueError, KeyError, TypeError) as e:
                raise Failed(f"no times of pushes ({type(e).__name__}: {e})") from None
        for slug, states in attempts(clone, told).items():
            for n, (state, time) in enumerate(states, start=1):
                folder = out / student / slug / f"push-{n}"
                folder.mkdir(parents=True)
                for name, blob in state.items():
                    (folder / name).write_bytes(clone.blob(blob))
                rows.append([student, slug, folder.name, time])
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description="Fetch what students have pushed, as data.")
    parser.add_argument("students", type=Path, help="CSV with the columns student, repository")
    parser.add_argument("out", type=Path, help="a folder that is not there yet")
    parser.add_argument("--branch", default="main")
    parser.add_argument("--host", choices=("github", "gitlab", "none"), required=True)
    parser.add_argument("--api", help="default: of github.com or gitlab.com")
    args = parser.parse_args()
    standard = {"github": "https://api.github.com", "gitlab": "https://gitlab.com/api/v4"}
    args.api = args.api or standard.get(args.host, "")
    failed = 0
    args.out.mkdir(parents=True)
    with (
        args.students.open(encoding="utf-8-sig", newline="") as listed,
        (args.out / "submissions.csv").open("w", encoding="utf-8", newline="") as times,
    ):
        writer = csv.writer(times)
        writer.writerow(["student", "assignment", "attempt", "submitted"])
        for row in csv.DictReader(listed):
            try:
                writer.writerows(fetch(row, args.out, args))
            except Failed as e:
                failed += 1
                print(f"{row['student']!r}: not fetched: {e}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
