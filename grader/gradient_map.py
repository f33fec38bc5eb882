"""A student's gradient beside the slope of their own forward, in one public case: data, and JSON.

Nothing of a hidden case is ever in here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from grader import compare

if TYPE_CHECKING:
    from grader.model import Array

DIGITS = 5
"""Significant digits that are kept: enough to read, and to see what is off."""

Outcome = Literal["differs", "right", "forward"]


@dataclass(frozen=True)
class GradientMap:
    """What the public cases show of a gradient check that failed.

    `outcome`: "differs" from the slope of the student's own forward in `case`; "right" in all
    public cases; or the slope of a "forward" that is itself not right. `analytic` is what backward
    returned, `numeric` what differences of forward give, both flat and of `shape`; empty unless
    they differ.
    """

    check: str
    what: str
    outcome: Outcome
    case: str = ""
    shape: tuple[int, ...] = ()
    analytic: tuple[float, ...] = ()
    numeric: tuple[float, ...] = ()

    @cached_property
    def arrays(self) -> tuple[Array, Array]:
        """Analytic and numeric, of `shape`."""
        analytic, numeric = np.array(self.analytic), np.array(self.numeric)
        return analytic.reshape(self.shape), numeric.reshape(self.shape)

    def worst(self, most: int = 3) -> list[tuple[str, float, float]]:
        """The entries furthest off: their name, analytic and numeric."""
        return [
            (f"{self.what}[{', '.join(map(str, index))}]" if index else self.what, got, want)
            for index, got, want in compare.worst(*self.arrays, most)
        ]

    def as_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {"check": self.check, "what": self.what, "outcome": self.outcome}
        if self.outcome == "differs":
            told |= {"case": self.case, "shape": list(self.shape)}
            told |= {"analytic": [_text(x) for x in self.analytic]}
            told |= {"numeric": [_text(x) for x in self.numeric]}
        return told


def differing(check: str, what: str, case: str, analytic: Array, numeric: Array) -> GradientMap:
    """The map of two arrays of one shape, to `DIGITS` significant digits."""
    a, n = (
        tuple(float(f"{x:.{DIGITS}g}") for x in array.astype(np.float64).ravel().tolist())
        for array in (analytic, numeric)
    )
    return GradientMap(check, what, "differs", case, tuple(map(int, analytic.shape)), a, n)


def from_json(told: Mapping[str, Any]) -> GradientMap:
    """What `as_json` made. Raises KeyError, TypeError or ValueError for anything else."""
    if told["outcome"] not in ("differs", "right", "forward"):
        raise ValueError(f"outcome {told['outcome']}")
    found = GradientMap(
        str(told["check"]),
        str(told["what"]),
        told["outcome"],
        str(told.get("case", "")),
        tuple(map(int, told.get("shape", ()))),
        tuple(map(float, told.get("analytic", ()))),
        tuple(map(float, told.get("numeric", ()))),
    )
    if found.outcome == "differs":
        _ = found.arrays  # of that shape, or a ValueError
    return found


def _text(x: float) -> float | str:
    """JSON has no NaN and no infinity."""
    return x if np.isfinite(x) else str(x)
