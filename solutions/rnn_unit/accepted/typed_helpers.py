"""Type hints, a frozen dataclass as the cache, named tuples, and helpers outside of the class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Matrix: TypeAlias = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Step:
    """What one forward leaves behind for backward."""

    x: Matrix
    h_prev: Matrix
    slope: Matrix


class Carried(NamedTuple):
    """What backward hands to the layer below and to the step before."""

    dx: Matrix
    dh_prev: Matrix


def affine(a: Matrix, W: Matrix) -> Matrix:
    return a @ W


def affine_backward(d: Matrix, a: Matrix, W: Matrix) -> tuple[Matrix, Matrix]:
    """The gradients of `affine` with respect to a and W."""
    return d @ W.T, a.T @ d


def column_sums(d: Matrix) -> Matrix:
    return np.ones((1, len(d)), dtype=d.dtype) @ d


class Layer:
    """Parameters and gradients in parallel lists."""

    def __init__(self, *params: Matrix) -> None:
        self.params: list[Matrix] = list(params)
        self.grads: list[Matrix] = [np.zeros_like(p) for p in params]

    def store(self, *values: Matrix) -> None:
        for grad, value in zip(self.grads, values, strict=True):
            np.copyto(grad, value)


class RNNUnit(Layer):
    def __init__(self, Wx: Matrix, Wh: Matrix, b: Matrix) -> None:
        super().__init__(Wx, Wh, b)
        self.cache: Step | None = None

    @property
    def hidden_size(self) -> int:
        return self.params[1].shape[0]

    def forward(self, x: Matrix, h_prev: Matrix) -> Matrix:
        if h_prev.shape[1] != self.hidden_size:
            raise ValueError(f"h_prev has {h_prev.shape[1]} columns, not {self.hidden_size}.")
        Wx, Wh, b = self.params
        h_next: Matrix = np.tanh(affine(x, Wx) + affine(h_prev, Wh) + b)
        self.cache = Step(x, h_prev, 1 - np.square(h_next))
        return h_next

    def backward(self, dh_next: Matrix) -> Carried:
        if self.cache is None:
            raise RuntimeError("There is nothing to go back through. Call forward first.")
        Wx, Wh, _ = self.params
        dz = dh_next * self.cache.slope
        dx, dWx = affine_backward(dz, self.cache.x, Wx)
        dh_prev, dWh = affine_backward(dz, self.cache.h_prev, Wh)
        self.store(dWx, dWh, column_sums(dz))
        return Carried(dx, dh_prev)
