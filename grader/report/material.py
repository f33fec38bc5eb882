"""What a report shows besides results: names, sources, gradients on public cases, similar pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from grader.gradient_map import GradientMap
from grader.report.pairs import Pair

Work = tuple[str, str]
"""A student and an assignment."""

Edits = tuple[tuple[str, str], ...]
"""What a known mistake replaces in the solution, and by what."""


@dataclass(frozen=True)
class Material:
    """Everything in it may be missing; then the report shows less.

    `names` are those of a roster by student id, and make whoever handed in nothing appear.
    `sources` are file name and bytes of the work that counts. `edits` are by assignment and name
    of the mistake, `maps` by student and assignment.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[Work, tuple[str, bytes]] = field(default_factory=dict)
    edits: Mapping[str, Mapping[str, Edits]] = field(default_factory=dict)
    maps: Mapping[Work, tuple[GradientMap, ...]] = field(default_factory=dict)
    pairs: tuple[Pair, ...] = ()
