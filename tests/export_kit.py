"""Files of Canvas and Moodle as their own code writes them, and that code's rules of reading them.

Nothing of it is copied: each function follows a named file of these systems.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from grader.model import Assignment, Attempt, Check
from grader.verdict import CheckResult, Result, ScoredCheck, Status


def rubric(slug: str, title: str = "", points: int = 100) -> Assignment:
    check = Check(id="value", title="The value", kind="matches", points=Fraction(points))
    return Assignment(slug, title or slug, slug, (check,))


def result(student: str, slug: str, score: object, most: object = 100, **more: Any) -> Result:
    """A result of one check with so many points; `lost` is why, where some are."""
    score, most = Fraction(str(score)), Fraction(str(most))
    status = Status.PASSED if score == most else Status.FAILED
    reason = more.pop("lost", "" if score == most else "y is not right.")
    check = CheckResult("value", status, reason=reason, detail=("hidden: x is 0.123",), error=0.5)
    scored = ScoredCheck(check, "The value", score, most)
    made = Result(student, slug, (scored,), score, most, str(status), attempt=Attempt(1))
    return replace(made, **more)


def missing(student: str, slug: str, most: int = 100) -> Result:
    return Result(student, slug, (), Fraction(0), Fraction(most), "missing", attempt=Attempt(0))


# Canvas


@dataclass(frozen=True)
class User:
    """A student of Canvas, or with `test` the one that teachers have."""

    id: int
    sortable_name: str
    sis_user_id: str = ""
    login: str = ""
    test: bool = False


@dataclass(frozen=True)
class Column:
    """An assignment of Canvas. `scores` are by user: a number, "EX", or None for not assigned."""

    id: int
    title: str
    points: float
    post_manually: bool = False
    scores: Mapping[int, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Canvas:
    """lib/gradebook_exporter.rb of instructure/canvas-lms, with its options, and the importer.

    `bom` and `separator` are those of lib/csv_with_i18n.rb; `comma` is a locale that writes 84,60.
    """

    users: Sequence[User]
    columns: Sequence[Column]
    sis: bool = True
    split_names: bool = False
    custom: Sequence[str] = ()
    totals: bool = True
    bom: bool = False
    separator: str = ","
    comma: bool = False

    def export(self) -> bytes:
        header = ["LastName", "FirstName"] if self.split_names else ["Student"]
        header += ["ID", *(["SIS User ID"] if self.sis else []), "SIS Login ID", "Section"]
        header += [*self.custom, *(f"{c.title} ({c.id})" for c in self.columns)]
        ends = ["Current Points", "Final Points", "Current Score", "Unposted Current Score"]
        ends = [*ends, "Final Score", "Unposted Final Score"] if self.totals else []
        rows: list[list[object]] = [[*header, *ends]]
        lead = [None] * (header.index("Section") + 1)
        if any(c.post_manually for c in self.columns):
            texts = ["Manual Posting" if c.post_manually else None for c in self.columns]
            rows.append([*lead, *([None] * len(self.custom)), *texts, *([None] * len(ends))])
        possible = [self._number(c.points) for c in self.columns]
        rows.append(["    Points Possible", *lead[1:], *([None] * len(self.custom)), *possible])
        rows[-1] += ["(read only)"] * len(ends)
        for user in sorted(self.users, key=lambda u: u.test):
            name = user.sortable_name
            last, _, first = name.partition(", ")
            if not self.split_names and name.lstrip().startswith("="):
                name = f'="{name}"'
            row: list[object] = [last, first] if self.split_names else [name]
            row += [user.id, *([user.sis_user_id or None] if self.sis else []), user.login or None]
            row += ["Seminar A and Seminar B", *("a note, with comma" for _ in self.custom)]
            row += [self._score(c, user) for c in self.columns]
            rows.append([*row, *([self._number(12.5)] * len(ends))])
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=self.separator, lineterminator="\n").writerows(rows)
        return (b"\xef\xbb\xbf" if self.bom else b"") + out.getvalue().encode()

    def _score(self, column: Column, user: User) -> object:
        if user.id in column.scores and column.scores[user.id] is None:
            return "N/A"
        score = column.scores.get(user.id)
        return self._number(score) if isinstance(score, int | float) else score

    def _number(self, number: object) -> str:
        text = f"{number:.2f}"
        return text.replace(".", ",") if self.comma else text

    def imported(self, data: bytes) -> dict[tuple[int, int], str]:
        """What lib/gradebook_importer.rb reads of a file: grades by (user, assignment)."""
        text = data.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=self.separator))
        header = rows[0]
        split = header[:2] == ["LastName", "FirstName"]
        first = header.index("Section") + 1 + len(self.custom)
        by_id = {c.id: c for c in self.columns}
        places = {}
        for at, name in enumerate(header[first:], start=first):
            title, _, rest = name.rpartition(" (")
            if title and rest[:-1].isdigit() and int(rest[:-1]) in by_id:
                places[int(rest[:-1])] = at
        grades = {}
        for row in rows[1:]:
            if "Points Possible" in row[0] or all(c in ("", "Manual Posting") for c in row):
                continue
            user = self._user(row, header, split)
            for column, at in places.items():
                grades[user.id, column] = _canvas_number(row[at].strip())
        return grades

    def _user(self, row: Sequence[str], header: Sequence[str], split: bool) -> User:
        """process_student: by ID, then SIS user ID, then login, then either form of the name."""
        rules = [("id", row[2 if split else 1])]
        if self.sis:
            rules.append(("sis_user_id", row[header.index("SIS User ID")]))
        rules.append(("login", row[header.index("SIS Login ID")]))
        rules.append(("sortable_name", row[0]))
        for name, text in rules:
            for user in self.users:
                if text and str(getattr(user, name)) == text:
                    return user
        raise AssertionError(f"Canvas would make a new student of {row}")


def _canvas_number(text: str) -> str:
    """The converter decimal_comma_to_period of the importer."""
    if text and set(text) <= set("0123456789.,-%"):
        *parts, last = text.replace(",", ".").split(".")
        return f"{''.join(parts)}.{last}" if parts else last
    return text


# Moodle


@dataclass(frozen=True)
class Language:
    """What mod/assign/lang and langconfig say in a language."""

    participant: str = "Participant "
    headers: Mapping[str, str] = field(default_factory=dict)
    comma: bool = False
    yes: str = "Yes"
    no: str = "No"

    def header(self, text: str) -> str:
        return self.headers.get(text, text)


ENGLISH = Language()
GERMAN = Language(
    participant="Teilnehmer/in",
    headers={
        "Identifier": "ID",
        "Full name": "Vollständiger Name",
        "Email address": "E-Mail-Adresse",
        "Grade": "Bewertung",
        "Maximum grade": "Bestwertung",
        "Grade can be changed": "Bewertung kann geändert werden",
        "Last modified (submission)": "Zuletzt geändert (Abgabe)",
        "Last modified (grade)": "Zuletzt geändert (Bewertung)",
        "Feedback comments": "Feedback als Kommentar",
    },
    comma=True,
    yes="Ja",
    no="Nein",
)
SLOVENE = Language(
    participant="Sodelujoči",
    headers={
        "Identifier": "Identifikator",
        "Grade": "Ocena",
        "Maximum grade": "Najvišja ocena",
        "Grade can be changed": "Ocena se lahko spremeni.",
        "Last modified (grade)": "Zadnja sprememba (ocena)",
        "Feedback comments": "Povratna informacija",
    },
    comma=True,
    yes="Da",
    no="Ne",
)


@dataclass(frozen=True)
class Participant:
    """One row. `id` is of this assignment alone, as get_uniqueid_for_user gives it."""

    id: int
    name: str
    email: str = ""
    username: str = ""
    grade: float | None = None
    feedback: str = ""
    locked: bool = False


@dataclass(frozen=True)
class Moodle:
    """mod/assign/gradingtable.php of moodle/moodle when it downloads, and the importer.

    The bytes are those of its CSV writer: a byte order mark, commas, quotes where needed, \\n.
    """

    people: Sequence[Participant]
    most: float = 100
    language: Language = ENGLISH
    blind: bool = False
    username: bool = False
    team: bool = False
    workflow: bool = False
    online_text: bool = False
    feedback: bool = True
    scale: Sequence[str] = ()
    bom: bool = True

    def columns(self) -> list[str]:
        names = ["Identifier"]
        if not self.blind:
            names += ["Full name", *(["Username"] if self.username else []), "Email address"]
        names += ["Status", *(["Group"] if self.team else []), "Grade"]
        names += ["Scale" if self.scale else "Maximum grade"]
        names += ["Marking workflow state"] if self.workflow else []
        names += ["Grade can be changed", "Last modified (submission)"]
        names += ["Online text"] if self.online_text else []
        return [*names, "Last modified (grade)", *(["Feedback comments"] if self.feedback else [])]

    def export(self) -> bytes:
        names = self.columns()
        rows = [[self.language.header(n) for n in names]]
        rows += [[self._cell(p, n) for n in names] for p in self.people]
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\n").writerows(rows)
        return (b"\xef\xbb\xbf" if self.bom else b"") + out.getvalue().encode()

    def _cell(self, p: Participant, name: str) -> str:
        graded = p.grade is not None
        return {
            "Identifier": f"{self.language.participant}{p.id}",
            "Full name": p.name,
            "Username": p.username,
            "Email address": p.email,
            "Status": "Submitted for grading - Graded" if graded else "Submitted for grading",
            "Group": "Team A",
            "Grade": self._number(p.grade) if graded else "",
            "Maximum grade": self._number(self.most),
            "Scale": "\n".join(self.scale),
            "Marking workflow state": "Not marked",
            "Grade can be changed": self.language.no if p.locked else self.language.yes,
            "Last modified (submission)": "Monday, 12 October 2026, 8:00 PM",
            "Online text": '<p>See "my file",\nplease.</p>',
            "Last modified (grade)": "Tuesday, 13 October 2026, 9:15 AM" if graded else "-",
            "Feedback comments": p.feedback,
        }[name]

    def _number(self, number: object) -> str:
        text = f"{number:.2f}"
        return text.replace(".", ",") if self.language.comma else text

    def imported(self, data: bytes) -> dict[int, tuple[float | None, str]]:
        """What mod/assign/feedback/offline/importgradeslib.php and locallib.php make of a file.

        By participant: the grade that they set (None if the row is skipped), and the comment.
        """
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
        header, say = rows[0], self.language.header
        identifier, grade = header.index(say("Identifier")), header.index(say("Grade"))
        assert say("Last modified (grade)") in header
        comment = header.index(say("Feedback comments")) if self.feedback else None
        by_id = {p.id: p for p in self.people}
        taken: dict[int, tuple[float | None, str]] = {}
        for row in rows[1:]:
            participant = by_id[int(row[identifier][len(self.language.participant) :])]
            text = row[grade].replace(" ", "")
            number = (
                float(text.replace(",", ".") if self.language.comma else text) if text else None
            )
            skipped = number is None or participant.locked or not 0 <= number <= self.most
            skipped = skipped or number == participant.grade
            told = row[comment] if comment is not None else ""
            taken[participant.id] = (None if skipped else number, told)
        return taken


def changed_cells(before: bytes, after: bytes, separator: str = ",") -> list[tuple[int, int]]:
    """Where two files of the same shape differ, by a CSV reader: (row, column) from 0."""
    tables = [
        list(csv.reader(io.StringIO(b.decode("utf-8-sig"), newline=""), delimiter=separator))
        for b in (before, after)
    ]
    assert [len(r) for r in tables[0]] == [len(r) for r in tables[1]]
    return [
        (i, j)
        for i, (old, new) in enumerate(zip(*tables, strict=True))
        for j, (a, b) in enumerate(zip(old, new, strict=True))
        if a != b
    ]


def by_student(items: Iterable[Result]) -> dict[str, Result]:
    return {r.student: r for r in items}
