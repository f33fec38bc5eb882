"""The proof that no check is blind: every mutant of the solution loses marks, or is equivalent.

A mutant that keeps full marks survives. Either no check and no case sees what was changed, which
is a gap in the rubric, or there is nothing to see: then it is listed, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader import equivalents, mutate, source
from grader.equivalents import Equivalent
from grader.errors import ConfigError
from grader.exercise import Exercise
from grader.model import Course
from grader.mutate import Mutant
from grader.trial import Fate


@dataclass(frozen=True)
class MutationProof:
    """What became of the mutants of an exercise. `failures` are sentences, empty if none survive.

    `killed` lose marks, `hung` of them because they took too long. `equivalent` are listed and
    keep full marks; `survivors` keep full marks and are not listed.
    """

    total: int = 0
    killed: int = 0
    hung: int = 0
    equivalent: int = 0
    survivors: Sequence[Mutant] = ()
    failures: Sequence[str] = field(default=(), repr=False)

    def as_json(self) -> dict[str, Any]:
        return {
            "killed": self.killed,
            "total": self.total,
            "equivalent": self.equivalent,
            "hung": self.hung,
            "survivors": [{name: getattr(m, name) for name in _SHOWN} for m in self.survivors],
        }


_SHOWN = ("id", "line", "column", "operator", "was", "now")


def of(e: Exercise) -> tuple[Mutant, ...]:
    """Every mutant of the exercise's solution regions."""
    parsed = source.parse(e.source, Path(e.assignment.file_name))
    return mutate.mutants(parsed.text, parsed.regions)


def conclude(
    course: Course, e: Exercise, mutants: Sequence[Mutant], fates: Mapping[str, Fate]
) -> MutationProof:
    """What the fates, by mutant id, prove. An error in equivalent.yaml is a failure."""
    slug = e.assignment.slug
    try:
        listed = {entry.mutant: entry for entry in equivalents.load(course, slug)}
    except ConfigError as error:
        return MutationProof(len(mutants), failures=[str(p) for p in error.problems])
    kept = [m for m in mutants if not fates[m.id].lost]
    survivors = [m for m in kept if m.id not in listed]
    by_id = {m.id: m for m in mutants}
    path = Path("solutions", slug, e.assignment.file_name)
    failures = [
        *(str(p) for entry in listed.values() for p in _stale(entry, by_id, fates)),
        *(_told(path, m) for m in survivors),
    ]
    return MutationProof(
        total=len(mutants),
        killed=len(mutants) - len(kept),
        hung=sum(f.hung for f in fates.values()),
        equivalent=len(kept) - len(survivors),
        survivors=survivors,
        failures=failures,
    )


def _stale(
    entry: Equivalent, by_id: Mapping[str, Mutant], fates: Mapping[str, Fate]
) -> Iterator[object]:
    """What is wrong with an entry of the list."""
    mutant = by_id.get(entry.mutant)
    if mutant is None:
        yield entry.problem(f"there is no mutant {entry.mutant}. Take it off the list.")
    elif (entry.was, entry.now) != (mutant.was, mutant.now):
        yield entry.problem(
            f"{entry.mutant} makes `{mutant.now}` of `{mutant.was}`. Write these for now and was."
        )
    elif lost := fates[mutant.id].lost:
        yield entry.problem(f"{entry.mutant} loses {lost}. Take it off the list.")


def _told(path: Path, m: Mutant) -> str:
    return (
        f"{path}:{m.line}:{m.column}: this mutant keeps full marks ({m.operator}).\n"
        f"      - {m.was}\n"
        f"      + {m.now}\n"
        f"    Add a case or a check that sees it, or list {m.id} in equivalent.yaml and say why."
    )
