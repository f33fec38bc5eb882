"""What a golden file says of a submission, held against its row of the document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

STATUSES = ("passed", "failed", "error", "timeout", "skipped", "follow_through")

Want = Mapping[str, Any]
Row = Mapping[str, Any]


def statuses(row: Row, want: Want) -> tuple[dict[str, str], dict[str, str]]:
    """The status of each check, as it is and as it was meant."""
    got = {c["id"]: c["status"] for c in row["checks"]}
    meant = dict.fromkeys(got, want.get("rest", "passed"))
    named = [(pattern, status) for status in STATUSES for pattern in want.get(status, ())]
    for pattern, status in sorted(named, key=lambda item: "*" not in item[0]):
        matching = [check for check in got if fnmatchcase(check, pattern)]
        assert matching, f"{pattern} is no check of {row['assignment']}"
        meant |= dict.fromkeys(matching, status)
    return got, meant


def told(row: Row, want: Want) -> None:
    """Assert that the problem and the reasons are those that were meant."""
    if "problem" in want:
        assert want["problem"] in row["problem"]
    else:
        assert row["problem"] == ""
    reasons = {c["id"]: c["reason"] for c in row["checks"]}
    for check, piece in want.get("reasons", {}).items():
        assert piece in reasons[check]


def mistakes(checks: Iterable[Mapping[str, Any]]) -> set[str]:
    """The mistakes named; those that cannot be told apart as one."""
    return {" / ".join(m["name"] for m in d["mistakes"]) for c in checks for d in c["diagnosis"]}


def described(path: Path) -> dict[str, str]:
    """The last column of a description's table, by student."""
    text = path.read_text(encoding="utf-8")
    return dict(re.findall(r"^\| `([^`]+)` \|(?:.*\|)? ([^|]+) \|$", text, re.MULTILINE))
