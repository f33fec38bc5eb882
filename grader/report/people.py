"""Students as the report names them: what is shown, and the file their pages are in.

An id is whatever a folder or a download happened to be called. Shown, it is one bounded line
without control or bidi characters; as a file name, it is a few ASCII letters and a hash, so that
no id can leave the folder, meet another's file, or be too long for a file system.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from grader.messages import plain

MOST_SHOWN = 60
MOST_IN_FILE_NAME = 32
HASH = 12
"""Hex digits of an id's hash: 48 bits, so that two of a class do not meet by chance."""


@dataclass(frozen=True)
class Person:
    """A student as the report shows them. `file` is a file name without its suffix."""

    id: str
    name: str
    file: str

    @property
    def order(self) -> tuple[str, str]:
        """Alphabetical, whatever the case."""
        return self.name.casefold(), self.id


def people(students: Iterable[str], names: Mapping[str, str] | None = None) -> dict[str, Person]:
    """Everyone by id, in alphabetical order, by the `names` of a roster, or else by id.

    Who would look the same gets a hash of the id added.
    """
    ids, named = set(students), names or {}
    shown = {s: plain(named.get(s, ""), MOST_SHOWN).strip() for s in ids}
    shown |= {s: plain(s, MOST_SHOWN).strip() for s, name in shown.items() if not name}
    looks = Counter(shown.values())
    found = [
        Person(s, name if name and looks[name] == 1 else f"{name} ({_hash(s)})".strip(), file_of(s))
        for s, name in shown.items()
    ]
    return {p.id: p for p in sorted(found, key=lambda p: p.order)}


def file_of(student: str) -> str:
    """A file name for `student`, without suffix: lower-case ASCII letters, digits and `-` only."""
    letters = unicodedata.normalize("NFKD", student[: 4 * MOST_IN_FILE_NAME]).casefold()
    ascii_only = letters.encode("ascii", "ignore").decode("ascii")
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:MOST_IN_FILE_NAME].strip("-")
    return f"{slug or 'student'}-{_hash(student)}"


def _hash(student: str) -> str:
    # A folder's name that is not UTF-8 reaches Python with surrogates in it.
    return hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:HASH]
