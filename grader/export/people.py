"""Who our students are: what a roster says of those of whom something is graded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from grader.export.matching import Refused, Who
from grader.messages import plain
from grader.roster import Person, folded

OTHER_NAMES = ("username", "login", "github")


def who(students: Iterable[str], roster: Iterable[Person] = ()) -> list[Who]:
    """Our students in order, each with what the roster says of them.

    Somebody whose id is not in the roster is found there by e-mail, name or any other id. Raises
    Refused with everybody who fits several people.
    """
    by_id: dict[str, Person] = {}
    by_other: dict[str, list[Person]] = {}
    for person in roster:
        by_id.setdefault(folded(person.id), person)
        for text in dict.fromkeys(map(folded, _names(person))):
            if text:
                by_other.setdefault(text, []).append(person)
    known: list[Who] = []
    wrong: list[str] = []
    for student in students:
        text = folded(student)
        people: Sequence[Person] = [by_id[text]] if text in by_id else by_other.get(text, [])
        if len(people) > 1:
            told = ", ".join(plain(p.id, 40) for p in people)
            wrong.append(f"{plain(student, 60)} fits several people of the roster: {told}.")
        known.append(_who(student, people[0]) if people else Who(student))
    if wrong:
        raise Refused(wrong, "Give these people ids in the roster that are theirs alone.")
    return known


def _names(person: Person) -> Iterator[str]:
    """What else a person may be called. (People share a section or a team.)"""
    yield from (person.email, person.name)
    yield from (x for key, x in person.ids.items() if key.endswith("id") or key in OTHER_NAMES)


def _who(student: str, person: Person) -> Who:
    return Who(student, person.name, person.email, {**person.ids, "id": person.id})
