"""Every error the grader raises on purpose.

GraderError                 what the command line turns into a message; never a traceback
├── UsageError              the command was given something it cannot use            exit 2
├── ConfigError             course files are wrong; holds every Problem, with places  exit 2
├── SubmissionError         one hand-in cannot be read; the batch goes on
├── WireError               a frame breaks the wire format; the sender is not trusted
└── WorkerError             the sandboxed process could not be started or has died

Each message has two sentences: what is wrong, then what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "ConfigError",
    "GraderError",
    "Problem",
    "SubmissionError",
    "UsageError",
    "WireError",
    "WorkerError",
]


class GraderError(Exception):
    """Root of the errors raised on purpose."""


class UsageError(GraderError):
    """A path, option or environment that the command cannot work with."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong with a course file. Lines and columns count from 1; 0 means unknown."""

    file: Path
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        if not self.line:
            return f"{self.file}: {self.message}"
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class ConfigError(GraderError):
    """Course files are wrong. `problems` lists all that was found, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(p) for p in self.problems))


class SubmissionError(GraderError):
    """One submission cannot be read. `code` names the reason in the message catalogue."""

    def __init__(self, code: str, **details: object) -> None:
        self.code = code
        self.details = details
        super().__init__(f"{code} {details}" if details else code)


class WireError(GraderError):
    """A frame that breaks the wire format, whoever sent it."""


class WorkerError(GraderError):
    """The sandboxed process could not be started, or ended when it should not."""
