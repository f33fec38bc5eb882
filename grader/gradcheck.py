"""Numerical derivatives that know how wrong they may be.

For F(p) = Σ dy ⊙ y(p) with upstream gradients dy, and a direction v of unit length,

    D(h) = (F(p + hv) − F(p − hv)) / 2h  =  g·v + O(h²)
    R    = (4 D(h/2) − D(h)) / 3         =  g·v + O(h⁴)        (Richardson)
    R'   = (4 D(h/4) − D(h/2)) / 3
    bar  = |D(h/2) − D(h)| + 2 |R' − R| + c ε Σ |dy ⊙ y| / h

|D(h/2) − D(h)| = 3 |R − D(h/2)| is three times the truncation error of D(h/2), which is itself
larger than that of R; R' is there because in a chaotic regime two steps can agree by chance.
The last term is round-off, with the ε of the *outputs'* precision. The child only evaluates
`forward` at the points it is given: the differencing is done here.

Sources: L. F. Richardson, "The approximate arithmetical solution by finite differences", 1911;
W. H. Press et al., Numerical Recipes, 3rd ed., section 5.7.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.compare import FLOAT32, FLOAT64
from grader.measurement import Derivative

if TYPE_CHECKING:
    from grader.model import Array

STEPS: Mapping[np.dtype[Any], Sequence[float]] = {
    FLOAT64: (3e-4, 3e-5, 3e-3),
    FLOAT32: (3e-2, 1e-2),
}
"""Lengths h to try, by precision of the outputs: the next one unless the verdict is good. Short
ones for curvature; a long one for code that rounds its weights to float32, and so the steps."""

WIDEST_BAR: Mapping[np.dtype[Any], float] = {FLOAT64: 1e-3, FLOAT32: 2e-2}
"""A bar wider than this share of ‖g‖ decides nothing."""

AGREEMENT = 1e-4
"""The share of ‖g‖ that a claimed gradient may be off besides the bar: the rounding of float32
weights or buffers inside. The smallest effect of a mistake is about 1e-3."""

POINTS = 6

ROUND_OFF = 4.0
"""c: multiples of ε charged for outputs that are each rounded, and differenced."""


class Verdict(Enum):
    """What a numerical derivative says of a claimed gradient."""

    CONSISTENT = "consistent"
    INCONSISTENT = "inconsistent"
    INCONCLUSIVE = "inconclusive"


def direction(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """A random direction of unit length."""
    v = rng.standard_normal(shape)
    return np.asarray(v / max(float(np.linalg.norm(v)), 1e-300))


def points(p: Array, v: Array, h: float) -> Array:
    """The points [POINTS, *p.shape] that `derivative` needs: p ± hv, p ± hv/2, p ± hv/4."""
    return np.stack([p + step * v for s in (h, h / 2, h / 4) for step in (s, -s)])


def derivative(
    outputs: Mapping[str, Array],
    upstream: Mapping[str, Array],
    h: float,
    dtype: np.dtype[Any],
    claimed: float,
    size: float,
) -> Derivative:
    """Σ dy ⊙ y differentiated along v, from `outputs` y [POINTS, *] at `points`.

    `dtype` is the precision of the outputs, as measured; `claimed` and `size` are passed on.
    """
    d_h = d_half = d_quarter = magnitude = 0.0
    for y, at in outputs.items():
        dy = upstream[f"d{y}"]
        at = at.astype(np.float64)
        d_h += float((dy * (at[0] - at[1])).sum()) / (2 * h)
        d_half += float((dy * (at[2] - at[3])).sum()) / h
        d_quarter += float((dy * (at[4] - at[5])).sum()) * 2 / h
        magnitude += float(np.abs(dy * at).sum(axis=tuple(range(1, at.ndim))).max())
    r = (4 * d_half - d_h) / 3
    finer = (4 * d_quarter - d_half) / 3
    spread = abs(d_half - d_h) + 2 * abs(finer - r)
    bar = spread + ROUND_OFF * _eps(dtype) * magnitude / h
    return Derivative(value=r, bar=bar, claimed=claimed, size=size)


def verdict(d: Derivative, dtype: np.dtype[Any]) -> Verdict:
    """Whether the claimed gradient may be the true one of the forward that was differentiated."""
    if not np.isfinite([d.value, d.claimed, d.bar, d.size]).all():
        return Verdict.INCONSISTENT
    size = max(d.size, abs(d.value))
    if d.bar > WIDEST_BAR[dtype] * size and d.bar > 1e-9:
        return Verdict.INCONCLUSIVE
    if abs(d.claimed - d.value) <= d.bar + AGREEMENT * size:
        return Verdict.CONSISTENT
    return Verdict.INCONSISTENT


def entry_points(p: Array, h: float) -> Array:
    """Points [2 p.size, *p.shape] for `entries`: each entry of p plus h, then each minus h."""
    n = p.size
    moved = np.broadcast_to(p.ravel(), (2 * n, n)).copy()
    i = np.arange(n)
    moved[i, i] += h
    moved[n + i, i] -= h
    return moved.reshape(2 * n, *p.shape)


def entries(
    outputs: Mapping[str, Array], upstream: Mapping[str, Array], shape: tuple[int, ...], h: float
) -> Array:
    """The numerical gradient, entry by entry, from `outputs` y [2n, *] at `entry_points`."""
    n = int(np.prod(shape, dtype=int))
    total = np.zeros(n)
    for y, at in outputs.items():
        at = at.astype(np.float64)
        change = (at[:n] - at[n:]) * upstream[f"d{y}"]
        total += change.reshape(n, -1).sum(axis=1) / (2 * h)
    return total.reshape(shape)


def depends(outputs: Mapping[str, Array], shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Whether the outputs y [2n, *] at `entry_points` move with each entry: bools of `shape`."""
    n = int(np.prod(shape, dtype=int))
    moves = np.zeros(n, dtype=bool)
    for at in outputs.values():
        at = at.astype(np.float64).reshape(2 * n, -1)
        noise = 16 * _eps(dtype) * max(float(np.abs(at).max(initial=0.0)), 1e-300)
        moves |= np.abs(at[:n] - at[n:]).max(axis=1, initial=0.0) > noise
    return moves.reshape(shape)


def _eps(dtype: np.dtype[Any]) -> float:
    return float(np.finfo(np.float32 if dtype == FLOAT32 else np.float64).eps)
