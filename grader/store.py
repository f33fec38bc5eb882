"""The results of a batch: one SQLite file, written row by row, that survives being killed.

A judgement is keyed by student, assignment and `key`, a digest of all that decides it: the source,
the exercise, the secret's fingerprint and the grader's version. So an unchanged submission is not
run again, and a batch that was killed goes on where it stopped.

Which judgements belong to a student's attempts, and when these came, is kept apart from them. It
is replaced as a whole once all attempts of an assignment that a run has found are judged. What a
person has given for a manual check is kept apart from both, and no run touches it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

from grader.errors import UsageError
from grader.model import Attempt, Judgement, Marked, Submission
from grader.results import dump_judgement, load_judgement

FORMAT = 2
_TABLES = (
    """
    CREATE TABLE IF NOT EXISTS judgement (
        turn INTEGER PRIMARY KEY AUTOINCREMENT,
        student TEXT NOT NULL,
        assignment TEXT NOT NULL,
        key TEXT NOT NULL,
        source BLOB NOT NULL,
        judgement TEXT NOT NULL,
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
)


@dataclass(frozen=True)
class Row:
    """One attempt of a student with its stored judgement.

    `marked` is what a person has given for the student's work at the assignment, by check.
    """

    student: str
    assignment: str
    attempt: Attempt
    key: str
    file: str
    source: bytes
    judgement: Judgement
    marked: Mapping[str, Marked] = field(default_factory=dict)


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
            self._db.execute("PRAGMA journal_mode = WAL")
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version not in (0, FORMAT):
                raise UsageError(
                    f"{self.path} is of format {version}. Use another --results folder."
                )
            for table in _TABLES:
                self._db.execute(table)
            if version != FORMAT:
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

    def put(self, submission: Submission, key: str, judgement: Judgement) -> None:
        """Keep a judgement, at once and for good."""
        with self._told(), self._db:
            self._db.execute(
                "INSERT OR REPLACE INTO judgement"
                " (student, assignment, key, source, judgement) VALUES (?, ?, ?, ?, ?)",
                (
                    submission.student,
                    submission.assignment,
                    key,
                    submission.source,
                    json.dumps(dump_judgement(judgement)),
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

    def attempts(self) -> Iterator[Row]:
        """Every attempt that the last run on its student and assignment found, in order."""
        marked: dict[tuple[str, str], dict[str, Marked]] = {}
        for (student, assignment, check), given in self.marked().items():
            marked.setdefault((student, assignment), {})[check] = given
        with self._told():
            rows = self._db.execute(
                "SELECT student, assignment, number, name, submitted, time_from, key, file,"
                " source, judgement FROM attempt JOIN judgement USING (student, assignment, key)"
                " ORDER BY assignment, student, number"
            ).fetchall()
        for (
            student,
            assignment,
            number,
            name,
            submitted,
            time_from,
            key,
            file,
            source,
            told,
        ) in rows:
            try:
                when = submitted and datetime.fromisoformat(submitted)
                read = load_judgement(json.loads(told))
            except (KeyError, TypeError, ValueError) as e:
                raise UsageError(
                    f"{self.path} holds a damaged result of {student} ({e}). "
                    "Grade again with --force."
                ) from None
            attempt = Attempt(number, name, when, time_from)
            own = marked.get((student, assignment), {})
            yield Row(student, assignment, attempt, key, file, source, read, own)

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
