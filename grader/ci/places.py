"""The line of a student's file that a check is about, as near as it can be had without parsing.

Where their code raised, the child said on which line. Where numbers are wrong nobody knows, so it
is the line that assigns the quantity, or else the one that begins the function.
"""

from __future__ import annotations

import re

from grader.messages import say
from grader.model import Check
from grader.submission import NOTEBOOK
from grader.verdict import CheckResult

_RAISED = re.compile(
    re.escape(say("detail.line", line="0", code="")).replace("0", r"(\d{1,9})").rstrip("\\ ")
)


def line_of(result: CheckResult, check: Check, file: str, source: bytes) -> int:
    """The line, from 1; 0 for a notebook, or if nothing in the file is it."""
    if file.endswith(NOTEBOOK):
        return 0
    lines = source.decode("utf-8", "replace").split("\n")
    # The last: a message of the student's own stands before it and may look like one.
    for detail in reversed(result.detail):
        if (found := _RAISED.match(detail)) and 0 < int(found[1]) <= len(lines):
            return int(found[1])
    for pattern in _patterns(check):
        matches = [n for n, line in enumerate(lines, start=1) if pattern.search(line)]
        if matches:
            # A part of its own comes after the functions that it builds on.
            return matches[-1 if check.part or "_" in check.calls[0] else 0]
    return 0


def _patterns(check: Check) -> list[re.Pattern[str]]:
    """What the line looks like, the best first."""
    names = [f"d{q.name}" if check.kind == "gradient" else q.name for q in check.quantities]
    assigned = [
        re.compile(rf"^\s*(?:[\w.\[\], ]+,\s*)?{re.escape(n)}\s*(?:,[^=()]*)?[-+*/@]?=(?!=)")
        for n in names
        if n
    ]
    sides = [q.call.rpartition("_")[2] for q in check.quantities] or [check.call]
    begun = [re.compile(rf"^\s*def\s+\w*{re.escape(side)}\s*\(") for side in dict.fromkeys(sides)]
    return [*assigned[:1], *begun[:1]]
