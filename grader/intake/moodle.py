"""Moodle's "Download all submissions" of an assignment, in folders or without.

Moodle (`mod/assign/classes/downloader.php`, before 4.1 `mod/assign/locallib.php`) makes folders
`{full name}_{number}_assignsubmission_file/`, in some versions with `_` at the end, or files
`{full name}_{number}_assignsubmission_file_{the student's file name}`. Underscores in the name are
blanks, and the number is that of `Participant 123` in the grading worksheet: another one in each
assignment. Blind marking has `Participant` for the name; a team's submission has the team's name
and number, or `Default group` and none. There are no times.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from grader.intake.claims import Claim
from grader.intake.handed import Ground, Handed, Search, place_all
from grader.intake.place import Found
from grader.intake.tree import Entry

LABEL = "Moodle's download"
_NAME = re.compile(
    r"(?P<name>.+?)(?:_(?P<number>\d+))?_assignsubmission_(?P<type>[a-z]+)(?:_(?P<file>.*))?",
    re.DOTALL,
)


def recognises(entries: Sequence[Entry]) -> bool:
    """Whether anything is named as Moodle alone names it."""
    return any(_NAME.fullmatch(e.name) for e in entries if e.kind != "other")


def find(ground: Ground, entries: Sequence[Entry], search: Search) -> Found:
    found = Found()
    by_name: dict[tuple[str, str], Handed] = {}
    for entry in entries:
        named = _NAME.fullmatch(entry.name)
        if named is None or entry.kind == "other":
            if entry.name != "submissions.csv":
                found.strays.append(f"{entry.name}: not named as Moodle names work; passed over.")
            continue
        who = named["name"], named["number"] or ""
        handed = by_name.setdefault(who, Handed((_claim(*who),)))
        if named["type"] != "file":
            handed.pieces.others.append(named["type"])
        elif entry.is_folder:
            handed.pieces.walk(ground.top.folder(entry.name))
        else:
            handed.pieces.add(ground.top, entry.name, named["file"] or "")
    place_all(found, list(by_name.values()), ground, search)
    return found


def _claim(name: str, number: str) -> Claim:
    if not number:
        return Claim(name)
    ids = (("moodle_participant", number), ("participant", number))
    if name.startswith("Participant"):
        return Claim(f"Participant {number}", ids)
    return Claim(name, ids, number)
