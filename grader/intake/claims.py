"""Whose something is, as a system says it, and who that is on the roster."""

from __future__ import annotations

from dataclasses import dataclass

from grader.intake.names import orders, squeezed, text
from grader.roster import Person, Roster

GROUP = "group"


@dataclass(frozen=True)
class Claim:
    """What a system says of who handed something in: a name, and identifiers by the roster's
    columns, the surest first. `apart` tells two of the same name from each other. The name may be
    that of a group: of all on the roster who have it in the column `group`."""

    name: str
    ids: tuple[tuple[str, str], ...] = ()
    apart: str = ""

    @property
    def whole(self) -> str:
        return text(f"{self.name} {self.apart}".strip())


class People:
    """Those who hand something in, by the roster if there is one. `problems` has a line for each
    who is not on it, or may be several."""

    def __init__(self, roster: Roster | None) -> None:
        self.roster = roster
        self.problems: list[str] = []
        self._told: set[str] = set()
        self._squeezed: dict[str, list[Person]] = {}
        self._groups: dict[str, list[Person]] = {}
        for person in roster.people if roster else ():
            for order in orders(person.name):
                self._squeezed.setdefault(order, []).append(person)
            if group := squeezed(person.ids.get(GROUP, "")):
                self._groups.setdefault(group, []).append(person)

    def students(self, claim: Claim) -> tuple[str, ...]:
        """The ids of those who are meant; without a roster, or if it does not know, the name."""
        if self.roster is None:
            return (text(claim.name),)
        if group := self._groups.get(squeezed(claim.name)):
            return tuple(p.id for p in group)
        found = self._find(claim)
        if len(found) == 1:
            return (found[0].id,)
        if claim.whole not in self._told:
            self._told.add(claim.whole)
            self.problems.append(_line(claim, found))
        return (claim.whole,)

    def knows(self, name: str) -> bool:
        """Whether exactly one person on the roster is called so."""
        return self.roster is not None and len(self._find(Claim(name))) == 1

    def _find(self, claim: Claim) -> tuple[Person, ...]:
        assert self.roster is not None
        for column, value in claim.ids:
            if found := self.roster.by(column, value):
                return found
        if found := self.roster.find(claim.name):
            return found
        return tuple(self._squeezed.get(squeezed(claim.name), ()))


def _line(claim: Claim, found: tuple[Person, ...]) -> str:
    if found:
        who = ", ".join(p.id for p in found[:5])
        how = "Give the system's own id of each in the roster."
        return f"{claim.whole}: may be any of {who}. {how}"
    return f"{claim.whole}: nobody on the roster. The work is graded under this name."
