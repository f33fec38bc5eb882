"""Canvas's "Download Submissions": one zip of an assignment, without folders.

Canvas (`lib/content_zipper.rb`, `add_upload_submission`) names a member
`{name}[_LATE]_{user id}_{attachment id}_{the student's file name}`. The name is `sortable_name` in
lower case without all that is no word character, so `Doe, Jane` is `doejane`; of a group it is the
group's. Anonymous grading has no name, and `anon_{id}` for the user's id. Texts and links end in
`_text.html` and `_link.html`. A file name that the student had handed in before ends in `-1` and
so on (`Attachment.make_unique_filename`). There are no times but `LATE`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from grader.intake.claims import Claim
from grader.intake.handed import Ground, Handed, Search, place_all
from grader.intake.place import Found
from grader.intake.tree import Entry

LABEL = "Canvas's download"
_NAME = re.compile(
    r"(?:(?P<name>(?!LATE_anon_|anon_)\w+?)_)?(?P<late>LATE_)?(?P<user>\d+|anon_[^\W_]+)_"
    r"(?:(?P<attachment>\d+)_(?P<file>.+)|(?:text|link)\.html)",
    re.DOTALL,
)


def recognises(entries: Sequence[Entry]) -> bool:
    """Whether at least half of what is in a folder is named as Canvas names it."""
    named = sum(e.kind == "file" and _NAME.fullmatch(e.name) is not None for e in entries)
    return named > 0 and 2 * named >= len(entries)


def find(ground: Ground, entries: Sequence[Entry], search: Search) -> Found:
    found = Found()
    by_user: dict[str, Handed] = {}
    for entry in entries:
        named = _NAME.fullmatch(entry.name)
        if named is None or entry.kind != "file":
            if entry.name != "submissions.csv":
                found.strays.append(f"{entry.name}: not named as Canvas names files; passed over.")
            continue
        handed = by_user.setdefault(named["user"], Handed((_claim(named),)))
        handed.late |= named["late"] is not None
        if named["file"]:
            handed.pieces.add(ground.top, entry.name, named["file"])
        else:
            handed.pieces.others.append(entry.name)
    place_all(found, list(by_user.values()), ground, search)
    return found


def _claim(named: re.Match[str]) -> Claim:
    user, name = named["user"], named["name"]
    column = "canvas_anonymous_id" if user.startswith("anon_") else "canvas_id"
    ids = ((column, user.removeprefix("anon_")),)
    return Claim(name, ids, user) if name else Claim(user, ids)
