"""Scores into the gradebook that was downloaded from Canvas.

The file is as lib/gradebook_exporter.rb of Canvas writes it, and what is respected is what
lib/gradebook_importer.rb of it reads: the rows of hidden assignments and of points possible, EX
for excused, N/A for not assigned, and (read only).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from grader.counting import MISSING
from grader.export import sheet as sheets
from grader.export.editing import Column, Draft, Edit, chosen
from grader.export.matching import Entry, Field, Refused, Who, match
from grader.export.points import read, style
from grader.export.sheet import BadFile, Row, Sheet
from grader.messages import plain
from grader.model import Assignment
from grader.roster import folded
from grader.verdict import Result

FIELDS = (
    Field("ID", ("canvas_id", "canvas_user_id")),
    Field("SIS User ID", ("sis_user_id", "sis_id", "id")),
    Field("SIS Login ID", ("sis_login_id", "login_id", "login", "username", "email")),
)
TEST_STUDENTS = ("student, test", "test student")
HIDDEN_ROW = re.compile(r"\s*(muted|manual posting.*)?\s*", re.IGNORECASE)
TITLE_AND_ID = re.compile(r"(.*)\s\((\d+)\)", re.DOTALL)
POINTS_POSSIBLE = "Points Possible"


def edit(
    path: Path,
    data: bytes,
    results: Iterable[Result],
    rubrics: Mapping[str, Assignment],
    people: Sequence[Who],
    *,
    columns: Mapping[str, str] | None = None,
    zeros: bool = False,
    encoding: str = "utf-8",
) -> Edit:
    """`data`, the gradebook at `path`, with the scores of `results` in it.

    `columns` names the column of an exercise by slug. With `zeros`, missing work is written as 0.
    Raises BadFile for what is no gradebook, and Refused with everything that is not certain.
    """
    sheet = sheets.parse(path, data, encoding)
    section = _section(sheet)
    sheets.same_width(sheet)
    own = {(r.student, r.assignment): r for r in results}
    slugs = [s for s in rubrics if any(slug == s for _, slug in own)]
    possible, entries = _entries(sheet)
    places = _columns(sheet, possible, section, [rubrics[s] for s in slugs], columns or {})
    matched = match(people, entries, FIELDS)
    draft = Draft()
    for student, entry in matched.rows.items():
        row = sheet.rows[entry.row]
        for slug, column in places.items():
            result = own.get((student, slug))
            if result is None or (result.status == MISSING and not zeros):
                draft.missing += result is not None
            elif why := _why_not(row.cells[column.at].text):
                draft.leave(row, result, row.cells[column.at].text, why)
            else:
                draft.put(row, entry, result, column)
    return draft.done(sheets.edited(sheet, draft.cells), matched)


def _why_not(text: str) -> str:
    """Why a cell is not written, or ""."""
    known = {
        "EX": "it says EX, so the student is excused",
        "N/A": "it says N/A, so the work is not assigned to the student",
    }
    if why := known.get(text.strip().upper()):
        return why
    if text.strip() and text.strip() != "-" and read(text) is None:
        return f"it says {plain(text, 40)!r}, which is no number of points"
    return ""


def _section(sheet: Sheet) -> int:
    """Where the columns about students end. Raises BadFile if it is no gradebook of Canvas."""
    header = sheet.header
    whole = len(header) > 3 and "Student" in header[0] and "ID" in header[1]
    parts = len(header) > 4 and header[:2] == ("LastName", "FirstName") and "ID" in header[2]
    if not (whole or parts) or "Section" not in header:
        raise BadFile(
            f"{sheet.place(sheet.rows[0].line)}: this is not the header of a gradebook of Canvas "
            "(Student, ID, ..., Section). Export the gradebook there, and name that file."
        )
    return header.index("Section")


def _entries(sheet: Sheet) -> tuple[Row, list[Entry]]:
    """The row of points possible, and those of students. Raises BadFile."""
    header = sheet.header
    parts = header[0] == "LastName"
    labels = {header.index(f.label): f.label for f in FIELDS if f.label in header}
    possible: Row | None = None
    entries = []
    for number, row in enumerate(sheet.rows[1:], start=1):
        texts = row.texts
        if POINTS_POSSIBLE in texts[0]:
            if possible is not None:
                raise BadFile(
                    f"{sheet.place(row.line)}: a second row of points possible; the first is in "
                    f"line {possible.line}. Export the gradebook again."
                )
            possible = row
        elif not all(HIDDEN_ROW.fullmatch(t) for t in texts):
            name = f"{texts[0]}, {texts[1]}" if parts else texts[0]
            quoted = re.fullmatch(r'="(.*)"', name.strip(), re.DOTALL)
            name = quoted[1] if quoted else name
            if folded(name) not in TEST_STUDENTS:
                ids = {label: texts[at].strip() for at, label in labels.items()}
                entries.append(Entry(number, row.line, name.strip(), ids))
    if possible is None:
        raise BadFile(
            f"{sheet.path}: there is no row that begins with {POINTS_POSSIBLE!r}. "
            "Export the gradebook again; without it nobody knows out of how many points."
        )
    return possible, entries


def _columns(
    sheet: Sheet,
    possible: Row,
    section: int,
    rubrics: Iterable[Assignment],
    named: Mapping[str, str],
) -> dict[str, Column]:
    """The column of each exercise. Raises Refused with all that are not certain."""
    names: dict[int, list[str]] = {}
    for at in range(section + 1, len(sheet.header)):
        found = TITLE_AND_ID.fullmatch(sheet.header[at])
        if "read only" not in possible.texts[at] and found:
            names[at] = [sheet.header[at], found[1], found[2]]
    columns: dict[str, Column] = {}
    wrong: list[str] = []
    for rubric in rubrics:
        place, problem = chosen(rubric, named.get(rubric.slug), names)
        if place is None:
            wrong.append(problem)
            continue
        text, header = possible.texts[place], sheet.header[place]
        most = read(text)
        if most is None or most <= 0:
            wrong.append(
                f"{rubric.slug}: {plain(header, 80)!r} is out of {plain(text, 20)!r} "
                f"points (line {possible.line}); give it points in Canvas and export again."
            )
            continue
        columns[rubric.slug] = Column(place, header, most, style(text))
    taken: dict[int, list[str]] = {}
    for slug, column in columns.items():
        taken.setdefault(column.at, []).append(slug)
    wrong += [
        f"{', '.join(slugs)}: all of them would be written into {sheet.header[at]!r}."
        for at, slugs in taken.items()
        if len(slugs) > 1
    ]
    if wrong:
        told = ", ".join(repr(plain(header, 80)) for header, *_ in names.values()) or "none"
        raise Refused(
            [*wrong, f"Columns that can be written: {told}."],
            "Name columns with --column SLUG=COLUMN (the title, or the number at its end), "
            "or exercises with --assignment SLUG.",
        )
    return columns
