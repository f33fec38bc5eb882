"""Clones of a classroom's repositories: `{classroom}-{assignment}-{username}`, or
`{slug}-submissions/{slug}-{username}` as GitHub Classroom's command line makes them.

What counts is the last commit before work is late, and if there is a later one that is not refused
that as well, as another attempt. The time of a submission is that of the commit that last
changed its file. These are the clocks of whoever committed; a manifest overrides them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from grader.errors import SubmissionError
from grader.intake.archive import Packed
from grader.intake.claims import Claim
from grader.intake.git import Clone, Commit, Desk, GitError, Snapshot
from grader.intake.handed import Ground, Search, nothing, pieces_of, places_of, sort, why_none
from grader.intake.names import joined, text
from grader.intake.place import Found, Place
from grader.intake.tree import Disk, is_real_folder
from grader.model import Assignment

LABEL = "clones of repositories"
COMMIT = "commit"


def is_clone(folder: object) -> bool:
    """Only a folder on disk can be one: nothing in an archive is what git made here."""
    return isinstance(folder, Disk) and is_real_folder(folder.path / ".git" / "objects")


def find(ground: Ground, names: Sequence[str], search: Search, student: str | None) -> Found:
    """The work in the clones `names` in the folder `ground.top`."""
    found = Found()
    desk = Desk(search.work)
    for name in names:
        claim = Claim(student) if student else _claim(name, names, search)
        for who in search.people.students(claim):
            folder = ground.top.folder(name)
            try:
                clone = desk.clone(folder.path)
                _add(found, clone, who, name, ground, search)
            except (GitError, SubmissionError) as e:
                why = str(e) if isinstance(e, GitError) else e.details.get("why", e.code)
                found.strays.append(f"{text(name)}: the clone cannot be read: {why}.")
    return found


def _add(found: Found, clone: Clone, who: str, name: str, ground: Ground, search: Search) -> None:
    commits = clone.commits()
    assignments = _meant(name, search.assignments) or list(search.assignments)
    packed = {c: Packed(clone.snapshot(c)) for c in {commits[0]}}
    before = len(found.places)
    for a in assignments:
        places: list[Place] = []
        for commit in _moments(commits, who, a, search):
            folder = packed.setdefault(commit, Packed(clone.snapshot(commit)))
            by, _ = sort(pieces_of(folder), assignments)
            for place in places_of(found, who, a, by.get(a.slug, ()), ground):
                made = clone.changed(commit, _parts(place)).made
                attempt = "/".join(filter(None, (commit.hash[:10], place.name)))
                if not any(_blob(place) == _blob(other) for other in places):
                    places.append(replace(place, name=attempt, submitted=made))
        if len(places) == 1:
            places = [replace(places[0], name="")]
        found.places += places
    if len(found.places) == before:
        pieces = pieces_of(packed[commits[0]])
        if len(assignments) == 1:
            a, problem = assignments[0], why_none(pieces, assignments[0])
            place = Place(who, a, ground.top.folder(name), a.file_name, ground.top)
            found.places.append(replace(place, problem=problem, submitted=commits[0].made))
        else:
            _, reasons = sort(pieces, assignments)
            found.strays.append(f"{who}: {nothing(pieces, reasons)}")
    found.places[before:] = [
        replace(p, time_from=COMMIT, loose=True, undated=True, above=ground.above)
        for p in found.places[before:]
    ]


def _moments(
    commits: Sequence[Commit], who: str, a: Assignment, search: Search
) -> tuple[Commit, ...]:
    """The last commit that is not late, and the last that is not refused, if that is another one;
    the very last, if all are refused."""

    def last(refused_too: bool) -> Commit | None:
        for commit in commits:
            late = search.policy.lateness(who, a.slug, commit.made)
            if late is None or not (late.refused if refused_too else late.days or late.refused):
                return commit
        return None

    return tuple(dict.fromkeys(filter(None, (last(False), last(True))))) or (commits[0],)


def _parts(place: Place) -> tuple[str, ...]:
    assert isinstance(place.folder, Packed)
    return (*place.folder.parts, place.file)


def _blob(place: Place) -> str:
    assert isinstance(place.folder, Packed)
    assert isinstance(place.folder.archive, Snapshot)
    return place.folder.archive.hashes.get(_parts(place), "")


def _meant(name: str, assignments: Sequence[Assignment]) -> list[Assignment]:
    """The exercise that a repository's name has in it, the longest if there are several."""
    within = [a for a in assignments if f"_{joined(a.slug)}_" in f"_{joined(name)}_"]
    return [max(within, key=lambda a: len(a.slug))] if within else []


def _claim(name: str, names: Sequence[str], search: Search) -> Claim:
    """Whose repository it is: by a user name of the roster, or else by what comes after the
    exercise's slug, or after what all names begin with."""
    roster = search.people.roster
    users = (p.ids.get("github", "") for p in (roster.people if roster else ()))
    ends = [u for u in users if u and name.casefold().endswith(f"-{u.casefold()}")]
    if ends:
        user = max(ends, key=len)
    elif meant := _meant(name, search.assignments):
        slug = re.escape(meant[0].slug).replace("_", "[-_]")
        user = re.split(f"(?:^|[-_]){slug}[-_]", name, maxsplit=1, flags=re.IGNORECASE)[-1]
    else:
        words = [n.split("-") for n in names] if len(names) > 1 else [name.split("-")] * 2
        shared = 0
        while all(len(w) > shared + 1 and w[shared] == words[0][shared] for w in words):
            shared += 1
        user = "-".join(name.split("-")[shared:])
    return Claim(text(user), (("github", user),))
