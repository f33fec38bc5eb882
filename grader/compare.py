"""How far an array is from the one it should be, and in which way.

All functions are pure and take plain arrays of equal shape unless they say otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from grader.model import Array

FLOAT64: np.dtype[Any] = np.dtype(np.float64)
FLOAT32: np.dtype[Any] = np.dtype(np.float32)

TOLERANCE = {FLOAT64: 1e-6, FLOAT32: 1e-4}
"""The relative error that rounding may cause, by the precision of the student's values.

Correct code that keeps float32 buffers is correct code; its rounding is about 1e-6, and the
smallest effect of a mistake in a sensible regime is about 1e-3.
"""


def precision(arrays: Iterable[Array]) -> np.dtype[Any]:
    """float32 if any of `arrays` holds only float32 numbers, whatever its dtype says.

    Values that float16 can hold too (0, 1, -1, 0.5, ...) say nothing and are passed over.
    """
    for x in arrays:
        if x.dtype == FLOAT32:
            return FLOAT32
        if x.dtype == FLOAT64 and x.size and _single(x.ravel()[:SAMPLE]):
            with np.errstate(over="ignore"):
                if np.array_equal(x, x.astype(np.float32)) and not np.array_equal(
                    x, x.astype(np.float16)
                ):
                    return FLOAT32
    return FLOAT64


SAMPLE = 16
"""Entries that are looked at before all are: one that is no float32 number settles it."""


def _single(x: Array) -> bool:
    """Whether all entries are float32 numbers; NaN is none."""
    with np.errstate(over="ignore"):
        return bool((x == x.astype(np.float32)).all())


def relative_error(got: Array, want: Array) -> float:
    """‖got − want‖ / ‖want‖, or ‖got‖ where want is zero; inf for NaN, inf or another shape."""
    if got.shape != want.shape:
        return math.inf
    got, want = _real(got), _real(want)
    with np.errstate(all="ignore"):
        error, size = _norm(got - want), _norm(want)
    if not math.isfinite(error):
        return math.inf
    return error / size if size > 0 else error


def _norm(x: Array) -> float:
    flat = x.ravel()
    return math.sqrt(flat.dot(flat))


def _real(x: Array) -> Array:
    return x if x.dtype == FLOAT64 else x.astype(FLOAT64)


@dataclass(frozen=True)
class Pattern:
    """In which way an array is wrong: a key of the message catalogue, and its details."""

    code: str
    details: dict[str, str]


def pattern(got: Array, want: Array, tolerance: float) -> Pattern:
    """The simplest description of how `got` differs from `want`; both finite, same shape.

    Tried in this order: all zero, one factor for all entries, transposed, a few rows or columns
    (an axis on which only some positions are wrong), everywhere.
    """
    got64, want64 = got.astype(np.float64), want.astype(np.float64)
    if not got64.any() and want64.any():
        return Pattern("all_zero", {})
    scale = float((got64 * want64).sum() / max((want64 * want64).sum(), 1e-300))
    if want64.size > 1 and scale and relative_error(got64, scale * want64) < tolerance:
        if abs(scale + 1) < tolerance:
            return Pattern("negated", {})
        return Pattern("scaled", {"factor": f"{scale:.4g}"})
    square = got.ndim == 2 and got.shape[0] == got.shape[1] > 1
    if square and relative_error(got64.T, want64) < tolerance:
        return Pattern("transposed", {})
    gap = np.abs(got64 - want64)
    wrong = gap > tolerance * max(float(np.abs(want64).max()), 1e-300)
    if not wrong.any():  # each entry is off by little, all of them together by too much
        wrong = gap > gap.max() / 2
    for axis in range(got.ndim):
        others = tuple(a for a in range(got.ndim) if a != axis)
        at = np.flatnonzero(wrong.any(axis=others))
        if 0 < len(at) <= got.shape[axis] / 2:
            return Pattern(
                "some",
                {
                    "axis": _axis_name(axis, got.ndim),
                    "which": _listing(at),
                    "of": str(got.shape[axis]),
                },
            )
    return Pattern("many", {"wrong": str(int(wrong.sum())), "of": str(got.size)})


def worst(got: Array, want: Array, most: int = 3) -> list[tuple[tuple[int, ...], float, float]]:
    """The `most` entries furthest from `want`: index, got, want. NaN and inf come first."""
    with np.errstate(invalid="ignore"):
        gap = np.asarray(np.abs(got.astype(np.float64) - want))
    gap[~np.isfinite(gap)] = np.inf
    order = np.argsort(-gap, axis=None, kind="stable")[:most]
    found = [tuple(int(i) for i in np.unravel_index(o, got.shape)) for o in order]
    return [(i, float(got[i]), float(want[i])) for i in found if gap[i] > 0]


def _axis_name(axis: int, ndim: int) -> str:
    if ndim == 2:
        return ("row", "column")[axis]
    return "entry" if ndim == 1 else f"position of axis {axis}"


def _listing(at: Array, most: int = 6) -> str:
    shown = ", ".join(str(int(i)) for i in at[:most])
    return shown + (", …" if len(at) > most else "")
