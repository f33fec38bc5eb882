"""re.finditer for tokens, dataclasses for nodes and caches, type hints, match statements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.floating[Any]]
TOKEN = re.compile(r"(?P<open>\()|(?P<close>\))|(?P<other>[^\s()]+)")
ESCAPED = {"-LRB-": "(", "-RRB-": ")"}


@dataclass(eq=False)
class TreeError(ValueError):
    message: str
    position: int

    def __str__(self) -> str:
        return f"{self.message} at {self.position}"


@dataclass(eq=False, repr=False)
class Tree:
    label: int
    word: Any = None
    left: Tree | None = None
    right: Tree | None = None

    @property
    def is_leaf(self) -> bool:
        return self.left is None

    def post_order(self) -> Iterator[Tree]:
        stack: list[Tree | tuple[Tree]] = [self]
        while stack:
            match stack.pop():
                case (node,):
                    yield node
                case Tree(left=None) as leaf:
                    yield leaf
                case node:
                    stack += [(node,), node.right, node.left]


def parse_tree(text: str) -> Tree:
    waiting: list[list[Any]] = []
    root: Tree | None = None
    for m in TOKEN.finditer(text):
        match m.lastgroup, waiting:
            case "open", [] if root is None:
                waiting.append([])
            case "open", [*_, [int()] | [int(), Tree()]]:
                waiting.append([])
            case "other", [*_, []] if re.fullmatch("[0-9]+", m[0]):
                waiting[-1].append(int(m[0]))
            case "other", [*_, [int()]]:
                waiting[-1].append(ESCAPED.get(m[0], m[0]))
            case "close", [*_, [int(label), str(word)]]:
                waiting.pop()
                root = adopt(waiting, Tree(label, word))
            case "close", [*_, [int(label), Tree() as left, Tree() as right]]:
                waiting.pop()
                root = adopt(waiting, Tree(label, None, left, right))
            case _:
                raise TreeError(f"{m[0]} is out of place", m.start())
    if root is None:
        raise TreeError("there is no whole tree", len(text))
    return root


def adopt(waiting: list[list[Any]], node: Tree) -> Tree | None:
    """Give a finished node to the one above; without one it is the root."""
    if not waiting:
        return node
    waiting[-1].append(node)
    return None


@dataclass
class Layer:
    params: list[Matrix]
    grads: list[Matrix] = field(init=False)
    NAMES: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        self.grads = [np.zeros_like(p) for p in self.params]


class RecursiveNode(Layer):
    def __init__(self, W: Matrix, b: Matrix, Ws: Matrix, bs: Matrix) -> None:
        super().__init__([W, b, Ws, bs])
        self.c: Matrix | None = None
        self.p: Matrix | None = None

    def forward(self, left: Matrix, right: Matrix) -> tuple[Matrix, Matrix]:
        W, b, Ws, bs = self.params
        self.c = np.concatenate([left.ravel(), right.ravel()]).reshape(1, -1)
        self.p = np.tanh(self.c @ W + b)
        return self.p, self.p @ Ws + bs

    def backward(self, dp: Matrix, ds: Matrix) -> list[Matrix]:
        W, _, Ws, _ = self.params
        assert self.c is not None
        assert self.p is not None
        own = ds @ Ws.T
        dz = (own + dp) * (1.0 - np.square(self.p))
        gradients = (np.outer(self.c, dz), dz, np.outer(self.p, ds), ds)
        for held, new in zip(self.grads, gradients, strict=True):
            held[...] = new
        return np.hsplit(dz @ W.T, 2)


class RecursiveNet(Layer):
    def __init__(self, E: Matrix, W: Matrix, b: Matrix, Ws: Matrix, bs: Matrix) -> None:
        super().__init__([E, W, b, Ws, bs])
        self.tape: list[tuple[RecursiveNode, Tree]] = []
        self.root: Tree | None = None

    def forward(self, tree: Tree) -> Matrix:
        E, *rest = self.params
        self.tape, self.root = [], tree
        vectors: dict[int, Matrix] = {}
        scores = np.empty((0, rest[3].shape[1]))
        for node in tree.post_order():
            if node.is_leaf:
                vectors[id(node)] = E[node.word, None]
                continue
            merge = RecursiveNode(*rest)
            vectors[id(node)], s = merge.forward(vectors[id(node.left)], vectors[id(node.right)])
            scores = np.append(scores, s, axis=0)
            self.tape.append((merge, node))
        return scores

    def backward(self, dscores: Matrix) -> None:
        sums = [np.zeros_like(g) for g in self.grads]
        above = {id(self.root): np.zeros((1, sums[0].shape[1]))}
        for (merge, node), ds in zip(self.tape[::-1], dscores[::-1], strict=True):
            halves = merge.backward(above[id(node)], ds.reshape(1, -1))
            for child, half in zip((node.left, node.right), halves, strict=True):
                if child is not None and child.is_leaf:
                    sums[0][child.word] += half[0]
                else:
                    above[id(child)] = half
            for i, grad in enumerate(merge.grads, start=1):
                sums[i] += grad
        for grad, total in zip(self.grads, sums, strict=True):
            grad[...] = total
