"""The results of a batch: one SQLite file, written row by row, that survives being killed.

A row is keyed by student, assignment and `key`, a digest of all that decides the judgement: the
source, the exercise, the secret's fingerprint and the grader's version. So an unchanged submission
is not run again, and a batch that was killed goes on where it stopped. The newest row of a student
and assignment is the one that counts.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from grader.errors import UsageError
from grader.model import Judgement, Submission
from grader.results import dump_judgement, load_judgement

FORMAT = 1
_TABLE = """
CREATE TABLE IF NOT EXISTS judgement (
    turn INTEGER PRIMARY KEY AUTOINCREMENT,
    student TEXT NOT NULL,
    assignment TEXT NOT NULL,
    key TEXT NOT NULL,
    file TEXT NOT NULL,
    source BLOB NOT NULL,
    judgement TEXT NOT NULL,
    UNIQUE (student, assignment, key)
)
"""


@dataclass(frozen=True)
class Row:
    """A stored judgement with what it was a judgement of."""

    student: str
    assignment: str
    key: str
    file: str
    source: bytes
    judgement: Judgement


class Store:
    """The results in folder `folder`. Raises UsageError if they cannot be read or written."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        self.path = folder / "results.db"
        if not create and not self.path.is_file():
            raise UsageError(
                f"There are no results in {folder}. Run `grader grade PATH --results {folder}`."
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(self.path, timeout=30)
            # WAL: a reader sees finished rows while a batch runs, and a kill loses none of them.
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute(_TABLE)
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            if version not in (0, FORMAT):
                raise UsageError(
                    f"{self.path} is of format {version}. Use another --results folder."
                )
            self._db.execute(f"PRAGMA user_version = {FORMAT}")
            self._db.commit()
        except (OSError, sqlite3.Error) as e:
            raise UsageError(
                f"{self.path} cannot be used ({e}). Name another folder with --results DIR."
            ) from None

    def has(self, submission: Submission, key: str) -> bool:
        """Whether this very submission is judged already; if so it becomes the newest again."""
        found = self._db.execute(
            "SELECT turn FROM judgement WHERE student = ? AND assignment = ? AND key = ?",
            (submission.student, submission.assignment, key),
        ).fetchone()
        if found is None:
            return False
        newest = self._db.execute(
            "SELECT max(turn) FROM judgement WHERE student = ? AND assignment = ?",
            (submission.student, submission.assignment),
        ).fetchone()
        if newest != found:
            with self._db:
                self._db.execute(
                    "UPDATE judgement SET turn = (SELECT max(turn) + 1 FROM judgement)"
                    " WHERE turn = ?",
                    found,
                )
        return True

    def put(self, submission: Submission, key: str, judgement: Judgement) -> None:
        """Keep a judgement, at once and for good."""
        with self._db:
            self._db.execute(
                "INSERT OR REPLACE INTO judgement"
                " (student, assignment, key, file, source, judgement) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    submission.student,
                    submission.assignment,
                    key,
                    submission.file,
                    submission.source,
                    json.dumps(dump_judgement(judgement)),
                ),
            )

    def newest(self) -> Iterator[Row]:
        """The newest row of each student and assignment, in order of both."""
        rows = self._db.execute(
            "SELECT student, assignment, key, file, source, judgement FROM judgement"
            " WHERE turn IN (SELECT max(turn) FROM judgement GROUP BY student, assignment)"
            " ORDER BY assignment, student"
        )
        for student, assignment, key, file, source, judgement in rows:
            try:
                read = load_judgement(json.loads(judgement))
            except (KeyError, TypeError, ValueError) as e:
                raise UsageError(
                    f"{self.path} holds a damaged result of {student} ({e}). "
                    "Grade again with --force."
                ) from None
            yield Row(student, assignment, key, file, source, read)

    def close(self) -> None:
        with closing(self._db):
            self._db.commit()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()
