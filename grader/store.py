"""The results of a batch: one SQLite file, written row by row, that survives being killed.

A judgement is keyed by student, assignment and `key`, a digest of all that decides it: the source,
the exercise, the secret's fingerprint and the grader's version. So an unchanged submission is not
run again, and a batch that was killed goes on where it stopped. What the digest is made of is kept
beside it, component by component, so that a judgement that is stale can say why.

Which judgements belong to a student's attempts, and when these came, is kept apart from them. It
is replaced as a whole once all attempts of an assignment that a run has found are judged. What a
person has given for a manual check is kept apart from both, and no run touches it.

Each run has a line of its own on how far it has come, for `grader status`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from grader import runs
from grader.errors import UsageError
from grader.model import Attempt, Submission
from grader.results import dump_judgement, load_judgement
from grader.runs import Progress, Run, Running
from grader.verdict import Judgement, Marked

FORMAT = 3
_BEFORE = (2,)
"""Formats that are made ours when they are opened, and lose nothing by it."""
_TABLES = (
    """
    CREATE TABLE IF NOT EXISTS judgement (
        turn INTEGER PRIMARY KEY AUTOINCREMENT,
        student TEXT NOT NULL,
        assignment TEXT NOT NULL,
        key TEXT NOT NULL,
        source BLOB NOT NULL,
        judgement TEXT NOT NULL,
        decides TEXT NOT NULL DEFAULT '',
        UNIQUE (student, assignment, key)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS attempt (
        student TEXT NOT NULL,
        assignment TEXT NOT NULL,
        number INTEGER NOT NULL,
        name TEXT NOT NULL,
        key TEXT NOT NULL,
        file TEXT NOT NULL,
        submitted TEXT,
        time_from TEXT NOT NULL,
        PRIMARY KEY (student, assignment, number)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS marked (
        student TEXT NOT NULL,
        assignment TEXT NOT NULL,
        "check" TEXT NOT NULL,
        points TEXT NOT NULL,
        comment TEXT NOT NULL,
        PRIMARY KEY (student, assignment, "check")
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS batch (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        command TEXT NOT NULL,
        process TEXT NOT NULL,
        since TEXT NOT NULL,
        progress TEXT NOT NULL
    )
    """,
)

_LATER = {3: "ALTER TABLE judgement ADD COLUMN decides TEXT NOT NULL DEFAULT ''"}
"""What makes a file of that format out of one of the format before it."""


@dataclass(frozen=True)
class Row:
    """One attempt of a student with its stored judgement.

    `decided` is the digest of each thing that decided the judgement, by name; {} if it was kept by
    a version that did not tell. `marked` is what a person has given for the student's work at the
    assignment, by check.
    """

    student: str
    assignment: str
    attempt: Attempt
    key: str
    file: str
    source: bytes
    judgement: Judgement
    marked: Mapping[str, Marked] = field(default_factory=dict)
    decided: Mapping[str, str] = field(default_factory=dict)


class Store:
    """The results in folder `folder`. Everything raises UsageError if it cannot be done."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        self.path = folder / "results.db"
        if not create and not self.path.is_file():
            raise UsageError(
                f"There are no results in {folder}. Run `grader grade PATH --results {folder}`."
            )
        with self._told():
            folder.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(self.path, timeout=30)
            # WAL: a reader sees finished rows while a batch runs, and a kill loses none of them.
            # Only a power cut may lose the last of them, which are then judged again.
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            if self._version() != FORMAT:
                self._migrate()
            for table in _TABLES:
                self._db.execute(table)
            self._db.commit()

    def _version(self) -> int:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        return int(version)

    def _migrate(self) -> None:
        """Make the file one of our format, whole or not at all; another run may be at it too."""
        self._db.execute("BEGIN IMMEDIATE")
        version = self._version()
        if version not in (0, *_BEFORE, FORMAT):
            self._db.rollback()
            raise UsageError(f"{self.path} is of format {version}. Use another --results folder.")
        for later, change in _LATER.items():
            if 0 < version < later:
                self._db.execute(change)
        self._db.execute(f"PRAGMA user_version = {FORMAT}")
        self._db.commit()

    def has(self, submission: Submission, key: str) -> bool:
        """Whether this very submission is judged already."""
        with self._told():
            found = self._db.execute(
                "SELECT 1 FROM judgement WHERE student = ? AND assignment = ? AND key = ?",
                (submission.student, submission.assignment, key),
            ).fetchone()
        return found is not None

    def put(
        self, submission: Submission, key: str, decided: Mapping[str, str], judgement: Judgement
    ) -> None:
        """Keep a judgement, at once and for good."""
        with self._told(), self._db:
            self._db.execute(
                "INSERT OR REPLACE INTO judgement"
                " (student, assignment, key, source, judgement, decides) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    submission.student,
                    submission.assignment,
                    key,
                    submission.source,
                    json.dumps(dump_judgement(judgement)),
                    json.dumps(decided),
                ),
            )

    def set_attempts(self, attempts: Sequence[tuple[Submission, str]]) -> None:
        """All attempts of one student at one assignment with their keys, for those before."""
        (whose,) = {(s.student, s.assignment) for s, _ in attempts}
        rows = [
            (
                *whose,
                s.attempt.number,
                s.attempt.name,
                key,
                s.file,
                s.attempt.submitted and s.attempt.submitted.isoformat(),
                s.attempt.time_from,
            )
            for s, key in attempts
        ]
        with self._told(), self._db:
            before = self._db.execute(
                "SELECT * FROM attempt WHERE student = ? AND assignment = ? ORDER BY number", whose
            ).fetchall()
            if before != rows:
                self._db.execute("DELETE FROM attempt WHERE student = ? AND assignment = ?", whose)
                self._db.executemany("INSERT INTO attempt VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def mark(self, marked: Mapping[tuple[str, str, str], Marked]) -> None:
        """Keep what a person has given, by student, assignment and check; all of it or nothing."""
        rows = [(*whose, str(m.points), m.comment) for whose, m in marked.items()]
        with self._told(), self._db:
            self._db.executemany("INSERT OR REPLACE INTO marked VALUES (?, ?, ?, ?, ?)", rows)

    def marked(self) -> dict[tuple[str, str, str], Marked]:
        """All that people have given, by student, assignment and check."""
        with self._told():
            rows = self._db.execute("SELECT * FROM marked").fetchall()
        try:
            return {
                (student, assignment, check): Marked(Fraction(points), comment)
                for student, assignment, check, points, comment in rows
            }
        except (TypeError, ValueError, ZeroDivisionError) as e:
            raise UsageError(
                f"{self.path} holds damaged marks of a person ({e}). Import them again."
            ) from None

    def whose(self) -> Iterator[tuple[str, str]]:
        """Each (student, assignment) that there are attempts of, in the order of `attempts`."""
        with self._told():
            yield from self._db.execute(
                "SELECT DISTINCT student, assignment FROM attempt ORDER BY assignment, student"
            )

    def attempts(self, wanted: Callable[[str, str], bool] = lambda s, a: True) -> Iterator[Row]:
        """Every attempt that the last run on its student and assignment found, in order.

        By assignment, student and number; read one after another. Only those of `wanted`, given
        student and assignment, are made rows of.
        """
        marked: dict[tuple[str, str], dict[str, Marked]] = {}
        for (student, assignment, check), given in self.marked().items():
            marked.setdefault((student, assignment), {})[check] = given
        with self._told():
            for row in self._db.execute(
                "SELECT student, assignment, number, name, submitted, time_from, key, file,"
                " source, judgement, decides"
                " FROM attempt JOIN judgement USING (student, assignment, key)"
                " ORDER BY assignment, student, number"
            ):
                if wanted(row[0], row[1]):
                    yield self._row(row, marked.get((row[0], row[1]), {}))

    def _row(self, row: Sequence[Any], marked: Mapping[str, Marked]) -> Row:
        student, assignment, number, name, submitted, time_from, key, file, source, *told = row
        try:
            when = submitted and datetime.fromisoformat(submitted)
            read = load_judgement(json.loads(told[0]))
            decided = _texts(json.loads(told[1])) if told[1] else {}
        except (KeyError, TypeError, ValueError) as e:
            raise UsageError(
                f"{self.path} holds a damaged result of {student} ({e}). Grade again with --force."
            ) from None
        attempt = Attempt(number, name, when, time_from)
        return Row(student, assignment, attempt, key, file, source, read, marked, decided)

    def begin(self, command: str, process: Running, progress: Progress) -> int:
        """A run begins: the number under which to tell its progress."""
        row = command, runs.dumped(process), datetime.now(UTC).isoformat(), runs.dumped(progress)
        with self._told(), self._db:
            made = self._db.execute(
                "INSERT INTO batch (command, process, since, progress) VALUES (?, ?, ?, ?)", row
            )
        assert made.lastrowid is not None
        return made.lastrowid

    def tell(self, number: int, progress: Progress) -> None:
        """How far the run of that number has come."""
        with self._told(), self._db:
            self._db.execute(
                "UPDATE batch SET progress = ? WHERE number = ?", (runs.dumped(progress), number)
            )

    def runs(self) -> Iterator[Run]:
        """All runs, the last one first. A damaged line is passed over: it tells nothing."""
        with self._told():
            for row in self._db.execute(
                "SELECT number, command, process, since, progress FROM batch ORDER BY number DESC"
            ):
                try:
                    yield runs.loaded(*row)
                except (KeyError, TypeError, ValueError):
                    continue

    def close(self) -> None:
        with self._told():
            try:
                self._db.commit()
            finally:
                self._db.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Whatever the database cannot do, such as write to a full disk, is told with a way out."""
        try:
            yield
        except (OSError, sqlite3.Error) as e:
            raise UsageError(
                f"{self.path} cannot be used ({e}). Name another folder with --results DIR."
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()


def _texts(data: object) -> dict[str, str]:
    if not isinstance(data, dict):
        raise ValueError("no digests")
    return {str(k): str(v) for k, v in data.items()}
