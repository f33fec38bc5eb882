"""The sample class as each system would give it to its instructor, made file by file.

    python tests/class_layouts.py examples/class /tmp/layouts

makes one folder for each layout. A student's file stays as it is, byte for byte. Names are made as
the systems make them:

- Canvas: `lib/content_zipper.rb` (get_filename, sanitize_file_name, sanitize_user_name,
  sanitize_attachment_filename) and `Attachment.make_unique_filename`: one zip of an assignment,
  written by rubyzip, whose members have the time of the download.
- Moodle: `mod/assign/classes/downloader.php` (get_student_prefix, load_submissionplugin_filelist).
- Gradescope: the export as programs that read it have it: `submission_metadata.yml` in the way of
  Ruby's YAML, and one folder for each submission.
- Classroom clones: `{slug}-submissions/{slug}-{username}`, real repositories, committed to at the
  time of each submission.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Vienna")
DOWNLOADED = (2026, 11, 30, 9, 0, 0)
FIRST_USER = 4200


@dataclass(frozen=True)
class One:
    """One hand-in of the class: `path` is that below the student's folder."""

    student: str
    slug: str
    attempt: str
    file: str
    content: bytes
    submitted: datetime


@dataclass(frozen=True)
class Class:
    """The class, in the order of its manifest; and a name and numbers for each student."""

    works: tuple[One, ...]

    @property
    def students(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(w.student for w in sorted(self.works, key=lambda w: w.student)))

    def name(self, student: str) -> str:
        """A full name: `Mary Ann von Test` for mary.ann."""
        return f"{re.sub(r'[.-]', ' ', student).title()} von Test"

    def user(self, student: str) -> int:
        return FIRST_USER + self.students.index(student)

    def of(self, slug: str) -> Iterator[tuple[str, list[One]]]:
        """Each student's attempts at one exercise."""
        for student in self.students:
            mine = [w for w in self.works if (w.student, w.slug) == (student, slug)]
            if mine:
                yield student, mine

    @property
    def slugs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(w.slug for w in self.works))


def load(folder: Path, students: frozenset[str] | None = None) -> Class:
    """The class in `folder`, or some students of it."""
    works = []
    with (folder / "submissions.csv").open(encoding="utf-8", newline="") as f:
        for row in csv.DictReader(f):
            if students is None or row["student"] in students:
                at = folder / row["student"] / row["assignment"] / row["attempt"]
                (file,) = [p for p in at.iterdir() if p.is_file()]
                when = datetime.fromisoformat(row["submitted"]).replace(tzinfo=ZONE)
                works.append(
                    One(
                        row["student"],
                        row["assignment"],
                        row["attempt"],
                        file.name,
                        file.read_bytes(),
                        when,
                    )
                )
    return Class(tuple(works))


def plain(c: Class, top: Path) -> Path:
    """The class as it is."""
    for w in c.works:
        _write(top / w.student / w.slug / w.attempt / w.file, w.content)
    _manifest(top, [(w.student, w.slug, w.attempt, "", w.submitted) for w in c.works])
    return top


def nbgrader(c: Class, top: Path) -> Path:
    """nbgrader's course folder. It keeps one submission, so earlier attempts are folders in it."""
    for w in c.works:
        folder = top / "submitted" / w.student / w.slug / w.attempt
        _write(folder / w.file, w.content)
        stamp = w.submitted.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f %Z")
        _write(folder / "timestamp.txt", stamp.encode())
    _write(top / "nbgrader_config.py", b"c = get_config()\n")
    _write(top / "source" / "lstm" / "lstm.ipynb", b"{}")
    return top


def canvas(c: Class, top: Path) -> Path:
    """A zip for each assignment. Every attempt is an attachment of its own."""
    told = []
    for slug in c.slugs:
        with _zip(top / f"rnn-{slug} submissions.zip") as add:
            attachment = 90_000
            for student, works in c.of(slug):
                name = _canvas_name(c.name(student))
                for n, w in enumerate(works):
                    attachment += 7
                    stem, dot, suffix = w.file.rpartition(".")
                    file = f"{stem}-{n}{dot}{suffix}" if n else w.file
                    file = re.sub(r'[\x00/\\:*?"<>|]+', "_", file)
                    late = "LATE_" if n % 2 else ""
                    member = f"{name}_{late}{c.user(student)}_{attachment}_{file}"
                    add(member, w.content)
                    told.append((student, slug, "", member, w.submitted))
    _manifest(top, told)
    return top


def _canvas_name(full: str) -> str:
    first, _, last = full.rpartition(" ")
    sortable = f"{last}, {first}".lower()
    return re.sub(r"[^\w]", "", sortable)


def moodle(c: Class, top: Path) -> Path:
    """A zip for each assignment, with folders."""
    told = []
    for slug in c.slugs:
        with _zip(top / f"RNN-{slug}-77.zip") as add:
            for n, (student, works) in enumerate(c.of(slug)):
                prefix = f"{c.name(student)}_{5000 + 13 * n}_assignsubmission"
                for w in works:
                    own = "/".join(filter(None, (w.attempt, w.file)))
                    add(f"{prefix}_file/{own}", w.content)
                    told.append((student, slug, w.attempt, "", w.submitted))
                add(f"{prefix}_onlinetext/onlinetext.html", b"<p>Done.</p>")
    _manifest(top, told)
    return top


def moodle_blind(c: Class, top: Path) -> Path:
    """Without folders and names; only a list says who is who, and it has one number for each.

    Moodle numbers participants anew in each assignment. Here everybody has the same in all.
    """
    told = []
    for slug in c.slugs:
        with _zip(top / f"RNN-{slug}-77.zip") as add:
            for student, works in c.of(slug):
                for n, w in enumerate(works):
                    number = c.user(student)
                    file = _numbered(w.file, n)
                    member = f"Participant_{number}_assignsubmission_file_{file}"
                    add(member, w.content)
                    told.append((student, slug, "", member, w.submitted))
    _manifest(top, told)
    return top


def _numbered(file: str, n: int) -> str:
    stem, dot, suffix = file.rpartition(".")
    return f"{stem} ({n}){dot}{suffix}" if n else file


def gradescope(c: Class, top: Path) -> Path:
    """An unpacked export for each assignment. Gradescope exports the active submission alone, so
    here each attempt is one."""
    for number, slug in enumerate(c.slugs):
        folder = top / f"assignment_{700 + number}_export"
        lines = ["---"]
        for student, works in c.of(slug):
            for n, w in enumerate(works):
                own = f"submission_{c.user(student)}{number}{n}"
                _write(folder / own / w.file, w.content)
                made = w.submitted.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f000 Z")
                lines += [
                    f"{own}:",
                    "  :submitters:",
                    f"  - :name: {c.name(student)}",
                    f"    :sid: '{c.user(student)}'",
                    f"    :email: {student}@example.org",
                    f"  :created_at: {made}",
                    "  :score: 0.0",
                    "  :status: processed",
                ]
        _write(folder / "submission_metadata.yml", "\n".join(lines).encode() + b"\n")
    return top


def clones(c: Class, top: Path) -> Path:
    """A repository for each student and assignment, with a commit at the time of each attempt."""
    for slug in c.slugs:
        dashed = slug.replace("_", "-")
        for student, works in c.of(slug):
            repository = top / f"{dashed}-submissions" / f"{dashed}-{_user_name(student)}"
            repository.mkdir(parents=True)
            _git(repository, "init", "--quiet", "--initial-branch=main")
            for w in works:
                for old in [p for p in repository.iterdir() if p.is_file()]:
                    old.unlink()
                _write(repository / w.file, w.content)
                _git(repository, "add", "--all")
                _git(repository, "commit", "--quiet", "--message=Work", when=w.submitted)
    return top


def _user_name(student: str) -> str:
    return student.replace(".", "-")


def nested(c: Class, top: Path) -> Path:
    """All sorts in one zip: each student's own zip, a zip in a zip, and a Canvas download."""
    inner = top / "inner"
    told = []
    with _zip(top / "course.zip") as add:
        half = c.students[: len(c.students) // 2]
        for student in half:
            own = inner / f"{student}.zip"
            with _zip(own) as put:
                for w in c.works:
                    if w.student == student:
                        path = "/".join(filter(None, (student, w.slug, w.attempt, w.file)))
                        put(path, w.content)
                        told.append((student, w.slug, w.attempt, "", w.submitted))
            add(f"week/zips/{own.name}", own.read_bytes())
        rest = Class(tuple(w for w in c.works if w.student not in half))
        plain(rest, inner / "folders")
        for path in sorted((inner / "folders").rglob("*")):
            if path.is_file() and path.name != "submissions.csv":
                add(f"week/folders/{path.relative_to(inner / 'folders')}", path.read_bytes())
        told += [(w.student, w.slug, w.attempt, "", w.submitted) for w in rest.works]
    shutil.rmtree(inner)
    _manifest(top, told)
    return top


LAYOUTS: dict[str, Callable[[Class, Path], Path]] = {
    "plain": plain,
    "nbgrader": nbgrader,
    "canvas": canvas,
    "moodle": moodle,
    "moodle-blind": moodle_blind,
    "gradescope": gradescope,
    "clones": clones,
    "nested": nested,
}


def roster(c: Class, path: Path) -> Path:
    """The roster that knows every student by every system's name."""
    head = "id,name,email,canvas_id,gradescope_sid,moodle_participant,github"
    lines = [
        f"{s},{c.name(s)},{s}@example.org,{c.user(s)},{c.user(s)},{c.user(s)},{_user_name(s)}"
        for s in c.students
    ]
    _write(path, "\n".join([head, *lines]).encode() + b"\n")
    return path


def _manifest(top: Path, rows: list[tuple[str, str, str, str, datetime]]) -> None:
    top.mkdir(parents=True, exist_ok=True)
    with (top / "submissions.csv").open("w", encoding="utf-8", newline="") as f:
        out = csv.writer(f)
        out.writerow(["student", "assignment", "attempt", "file", "submitted"])
        out.writerows([*row[:4], row[4].isoformat()] for row in rows)


class _zip:
    """A zip to add members to, all of the time of the download."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)

    def __enter__(self) -> Callable[[str, bytes], None]:
        return self._add

    def __exit__(self, *error: object) -> None:
        self._zip.close()

    def _add(self, name: str, content: bytes) -> None:
        self._zip.writestr(zipfile.ZipInfo(name, DOWNLOADED), content, zipfile.ZIP_DEFLATED)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _git(repository: Path, *arguments: str, when: datetime | None = None) -> None:
    date = {f"GIT_{who}_DATE": when.isoformat() for who in ("AUTHOR", "COMMITTER") if when}
    options = ["-c", "user.name=A Student", "-c", "user.email=student@example.org"]
    environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(repository)}
    command = ["git", *options, "-c", "core.autocrlf=false", *arguments]
    subprocess.run(command, cwd=repository, env=environment | date, check=True)


if __name__ == "__main__":
    given = load(Path(sys.argv[1]))
    for layout, make in LAYOUTS.items():
        make(given, Path(sys.argv[2]) / layout)
    roster(given, Path(sys.argv[2]) / "roster.csv")
