"""Points and comments into the grading worksheet that was downloaded from an assignment of Moodle.

The columns are in the order of mod/assign/gradingtable.php of Moodle, under headers in the
language of whoever downloaded it. So they are found by what is in them: identifiers such as
`Participant 123`, and the maximum, the same number in all rows, just right of the grade.
mod/assign/feedback/offline/importgradeslib.php reads the file back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from grader.counting import MISSING
from grader.export import sheet as sheets
from grader.export import told
from grader.export.editing import Column, Draft, Edit
from grader.export.matching import Entry, Field, Refused, Who, match
from grader.export.points import Written, read, style
from grader.export.sheet import BadFile, Row, Sheet
from grader.messages import plain
from grader.model import Assignment
from grader.roster import folded
from grader.verdict import Result

FEEDBACK = (
    "Feedback comments",
    "Feedback als Kommentar",
    "Feedback par commentaires",
    "Comentários de feedback",
)
"""The column of comments in English, German, French and Portuguese; others need its name."""

GRADES = ("Grade", "Bewertung", "Note", "Calificación", "Valutazione", "Nota", "Cijfer", "Betyg")
NO = frozenset(
    ("no", "nein", "non", "não", "nee", "nej", "nei", "nie", "ne", "не", "нет", "否", "いいえ")
)
"""What Moodle says, in some languages, of a grade that cannot be changed. It skips all of these."""

PARTICIPANT = ("participant_id", "participant", "moodle_id", "moodle_participant")
PERSON = ("email", "username", "idnumber", "id_number", "sis_user_id", "student_number", "id")
"""Columns of a roster that may be the same as the identifier, and as the columns after it."""

IDENTIFIER = re.compile(r"\D*?\s*(\d+)")
OURS = '<div class="grader-feedback">'
"""How a comment of ours begins, so that the next export knows that it may replace it."""


def edit(
    path: Path,
    data: bytes,
    results: Iterable[Result],
    rubric: Assignment,
    people: Sequence[Who],
    *,
    column: str | None = None,
    feedback: bool = False,
    feedback_column: str | None = None,
    zeros: bool = False,
    encoding: str = "utf-8",
) -> Edit:
    """`data`, the worksheet at `path`, with the points of `results`, all of the exercise `rubric`.

    `column` and `feedback_column` name columns that are not found by themselves. With `zeros`,
    missing work is written as 0. Raises BadFile for what is no worksheet, and Refused with
    everything that is not certain.
    """
    sheet = sheets.parse(path, data, encoding)
    sheets.same_width(sheet)
    _check(sheet)
    grade = _grade(sheet, column)
    comments = _feedback(sheet, feedback_column, grade) if feedback or feedback_column else None
    matched = match(people, *_entries(sheet, grade.at))
    draft = Draft()
    own = {r.student: r for r in results}
    for student, entry in matched.rows.items():
        row, result = sheet.rows[entry.row], own.get(student)
        if result is None or (result.status == MISSING and not zeros):
            draft.missing += result is not None
        elif any(folded(t) in NO for t in row.texts[grade.at + 2 : grade.at + 4]):
            draft.leave(row, result, row.cells[grade.at].text, "Moodle says that it is locked")
        else:
            draft.put(row, entry, result, grade)
            if comments is not None:
                _comment(draft, row, entry, result, rubric, comments, sheet.header[comments])
    return draft.done(sheets.edited(sheet, draft.cells), matched)


def _comment(
    draft: Draft,
    row: Row,
    entry: Entry,
    result: Result,
    rubric: Assignment,
    at: int,
    column: str,
) -> None:
    """What cost points, unless a person has written something there."""
    before = row.cells[at].text
    said = told.html(result, rubric)
    after = f"{OURS}{said}</div>" if said else ""
    if before.strip() and not before.strip().startswith(OURS):
        draft.leave(row, result, before, "somebody has written a comment there")
    elif before != after:
        draft.text(row, entry, result, at, column, after)


def _check(sheet: Sheet) -> None:
    """Raises BadFile unless the first column holds identifiers."""
    for row in sheet.rows[1:]:
        if not IDENTIFIER.fullmatch(row.texts[0].strip()):
            raise BadFile(
                f"{sheet.place(row.line)}: {plain(row.texts[0], 40)!r} is no identifier such as "
                "'Participant 123'. Download the grading worksheet of the assignment, and name "
                "that file."
            )
    if len(sheet.rows) < 2 or len(sheet.header) < 4:
        raise BadFile(
            f"{sheet.place(1)}: this is no grading worksheet of Moodle with participants in it. "
            "Download it from the assignment again."
        )


def _grade(sheet: Sheet, named: str | None) -> Column:
    """The column of grades, and the maximum beside it. Raises Refused if it is not certain."""
    header = sheet.header
    fit = [at for at in range(1, len(header) - 1) if _maximum(sheet, at) is not None]
    if named is not None:
        fit = [at for at in fit if header[at] == named]
    elif len(fit) > 1:
        fit = [at for at in fit if header[at] in GRADES] or fit
    if len(fit) == 1:
        text = sheet.rows[1].texts[fit[0] + 1]
        most = read(text)
        assert most is not None
        commas = any("," in r.texts[fit[0]] for r in sheet.rows[1:])
        written = style(text) if "," in text or not commas else Written(",", style(text).decimals)
        return Column(fit[0], header[fit[0]], most, written)
    told = ", ".join(repr(plain(header[at], 40)) for at in (fit or range(len(header))))
    if named is not None:
        line = f"{plain(named, 40)!r} is no column of grades with a maximum right of it. "
    elif fit:
        line = "Several columns could hold the grades. "
    else:
        line = (
            "No column of grades with the maximum right of it was found. "
            "Grades on a scale of words are not supported. "
        )
    raise Refused([f"{line}Columns: {told}."], "Name the column of grades with --column NAME.")


def _maximum(sheet: Sheet, at: int) -> str | None:
    """The maximum right of the column `at`, if that holds grades: numbers up to it, or nothing."""
    texts = {row.texts[at + 1].strip() for row in sheet.rows[1:]}
    text = next(iter(texts))
    most = read(text)
    if len(texts) > 1 or most is None or most <= 0:
        return None
    grades = [row.texts[at].strip() for row in sheet.rows[1:]]
    numbers = [read(g) for g in grades if g and g != "-"]
    return text if all(n is not None and n <= most for n in numbers) else None


def _feedback(sheet: Sheet, named: str | None, grade: Column) -> int:
    """The column of comments. Raises Refused if it is not certain."""
    wanted = (named,) if named is not None else FEEDBACK
    places = range(grade.at + 2, len(sheet.header))
    fit = [at for at in places if sheet.header[at] in wanted]
    if len(fit) == 1:
        return fit[0]
    told = ", ".join(repr(plain(sheet.header[at], 40)) for at in places)
    raise Refused(
        [f"{'Several columns' if fit else 'No column'} for comments found. Columns: {told}."],
        "Turn on 'Feedback comments' in the assignment, name the column with "
        "--feedback-column NAME, or leave out --feedback.",
    )


def _entries(sheet: Sheet, grade: int) -> tuple[list[Entry], list[Field]]:
    """The rows of participants and what identifies them: all columns left of the grade."""
    header = sheet.header
    fields = [
        Field(header[0], ("participant_id", "participant", "moodle_id", "moodle_participant"))
    ]
    keys = ("email", "username", "idnumber", "id_number", "sis_user_id", "student_number", "id")
    fields += [Field(f"{name} ({at})", keys) for at, name in enumerate(header[1:grade], start=1)]
    entries = []
    for number, row in enumerate(sheet.rows[1:], start=1):
        texts = row.texts
        found = IDENTIFIER.fullmatch(texts[0].strip())
        assert found is not None
        ids = {f.label: t.strip() for f, t in zip(fields, texts, strict=False)}
        ids[fields[0].label] = found[1]
        # The name of somebody who is suspended has tags around it.
        name = re.sub(r"<[^>]*>", "", texts[1]).strip() if grade > 1 else ""
        entries.append(Entry(number, row.line, name, ids))
    return entries, fields
