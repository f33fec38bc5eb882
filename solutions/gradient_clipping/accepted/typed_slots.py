"""Type hints, frozen dataclasses with slots, a generator per parameter, and a match statement."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Threshold:
    """A positive number; anything else is refused."""

    value: float

    def __post_init__(self) -> None:
        match self.value:
            case float() | int() if self.value > 0:
                pass
            case _:
                raise ValueError(f"{self.value} is no threshold. Choose a positive number.")


def largest(grads: Sequence[Array]) -> float:
    """The largest absolute value; NaN if there is one."""
    peaks = np.array([0.0, *(np.abs(g).max() for g in grads if g.size > 0)])
    return float(peaks.max())


def global_norm(grads: Sequence[Array]) -> float:
    match largest(grads):
        case 0.0:
            return 0.0
        case unit if np.isfinite(unit):
            squares = (np.vdot(g / unit, g / unit) for g in grads)
            return unit * float(sum(squares)) ** 0.5
        case unit:
            return unit


def clip_by_global_norm(grads: Sequence[Array], max_norm: float) -> float:
    threshold, norm = Threshold(max_norm), global_norm(grads)
    if threshold.value < norm < float("inf"):
        for g in grads:
            g[...] *= threshold.value / norm
    return norm


def clip_by_value(grads: Sequence[Array], limit: float) -> None:
    threshold = Threshold(limit)
    for g in grads:
        np.clip(g, a_min=-threshold.value, a_max=threshold.value, out=g)


def paced(p: Array, opt: RMSprop) -> Iterator[None]:
    """Updates p by each gradient that is sent."""
    v = np.zeros_like(p)
    while True:
        p, g = yield
        v = v + (1 - opt.decay) * (g**2 - v)
        np.subtract(p, opt.lr * g / (np.sqrt(v) + opt.eps), out=p)


@dataclass(slots=True)
class RMSprop:
    lr: float = 0.001
    decay: float = 0.9
    eps: float = 1e-8
    send: list[Callable[[tuple[Array, Array]], None]] = field(default_factory=list)

    def update(self, params: list[Array], grads: list[Array]) -> None:
        if not self.send:
            paces = [paced(p, self) for p in params]
            for pace in paces:
                next(pace)
            self.send = [pace.send for pace in paces]
        for send, pair in zip(self.send, zip(params, grads, strict=True), strict=True):
            send(pair)
