"""GitLab's code quality report: what does not hold, on the student's lines in a merge request.

A list of objects with description, check_name, fingerprint, severity and location. GitLab compares
fingerprints of two branches, so one must not change with the numbers in a message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.ci.github import relative
from grader.ci.places import line_of
from grader.messages import plain
from grader.terminal import nothing_ran, to_do
from grader.verdict import Status

if TYPE_CHECKING:
    from grader.own import Checked

_SEVERITY = {Status.FOLLOW_THROUGH: "minor"}
_NOTHING_TO_MEND = (Status.SKIPPED, Status.MANUAL)


def code_quality(checked: Iterable[Checked], root: Path) -> list[dict[str, Any]]:
    """The report, what to do next first. `root` is the folder of the repository."""
    return [issue for c in checked for issue in _issues(c, root)]


def _issues(checked: Checked, root: Path) -> Iterator[dict[str, Any]]:
    result, file = checked.result, relative(checked.file, root)
    rubric = {c.id: c for c in checked.rubric.checks}
    if nothing_ran(result):
        yield _issue("file", plain(result.problem), file, 1, "blocker")
        return
    for c in to_do(result):
        if c.result.status not in _NOTHING_TO_MEND:
            line = line_of(c.result, rubric[c.result.id], file, checked.source)
            severity = _SEVERITY.get(c.result.status, "major")
            what = plain(f"{c.title}: {c.result.reason}")
            yield _issue(c.result.id, what, file, line or 1, severity)


def _issue(check: str, what: str, file: str, line: int, severity: str) -> dict[str, Any]:
    return {
        "description": what,
        "check_name": check,
        "fingerprint": hashlib.sha256(f"{file}\0{check}".encode()).hexdigest(),
        "severity": severity,
        "location": {"path": file, "lines": {"begin": line}},
    }
