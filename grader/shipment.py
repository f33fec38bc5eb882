"""A course as data, for judging where its files are not: what a worker of a cluster is sent.

It holds the reference solutions, the hidden cases and the secret. It is pickled by the judge for
the judge, is kept in memory, and never touches a disk; no child that runs a submission is given
any of it but the public probe, as always.
"""

from __future__ import annotations

import pickle
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from grader.exercise import Exercise
from grader.model import Assignment, Case, Course, Mistake
from grader.probe import Probe, module_of


@dataclass(frozen=True)
class Parcel:
    """One exercise, without the modules that its texts make."""

    assignment: Assignment
    probe: bytes = field(repr=False)
    source: str = field(repr=False)
    cases: tuple[Case, ...] = field(repr=False)
    mistakes: tuple[Mistake, ...] = field(repr=False)

    def exercise(self) -> Exercise:
        """The exercise, but for its proofs, which only `grader verify` reads."""
        probe = Probe(self.probe, module_of(self.probe, "probe"))
        nothing = types.ModuleType("proof")
        return Exercise(self.assignment, probe, self.source, self.cases, self.mistakes, nothing)


@dataclass(frozen=True)
class Shipment:
    """What it takes to judge submissions: no places, no students, no terms."""

    course: Course
    parcels: Mapping[str, Parcel]
    secret: bytes = field(repr=False)

    def exercises(self) -> dict[str, Exercise]:
        return {slug: parcel.exercise() for slug, parcel in self.parcels.items()}


def pack(course: Course, exercises: Mapping[str, Exercise], secret: bytes) -> bytes:
    """The course as bytes. Of course.yaml there is what a judge needs, and no student's name."""
    bare = Course(Path(), course.id, course.title, tuple(exercises), course.limits)
    parcels = {
        slug: Parcel(e.assignment, e.probe.source, e.source, e.cases, e.mistakes)
        for slug, e in exercises.items()
    }
    return pickle.dumps(Shipment(bare, parcels, secret), pickle.HIGHEST_PROTOCOL)


def unpack(raw: bytes) -> Shipment:
    """What `pack` has packed. For bytes from a judge alone: they can run anything."""
    shipment = pickle.loads(raw)
    assert isinstance(shipment, Shipment)
    return shipment
