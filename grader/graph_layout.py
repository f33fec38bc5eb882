"""Where the nodes of a graph go: columns by longest path, lines with few crossings, short arrows.

The method is Sugiyama's in miniature (K. Sugiyama, S. Tagawa, M. Toda, "Methods for visual
understanding of hierarchical system structures", IEEE Transactions on Systems, Man, and
Cybernetics 11, 1981): an arrow that passes a column has a bend there, and columns are put in order
by where their neighbours are. Nothing is drawn at random, so a graph always looks the same.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from grader.graph import Edge, Graph

APART = 54.0
"""Between the middles of two nodes in a column, in pixels; `row` of a node counts in these."""

BEND_APART = 30.0
_HELD = 1000.0
_SWEEPS = 24
_SETTLING = 60
_NEARLY_LEVEL = 12.0

Slot = tuple[str, ...]
"""(name,) of a node, or (source, target, column) of an arrow's bend."""


@dataclass(frozen=True)
class Route:
    """An arrow through slots, from left to right; or `back`, against the reading direction."""

    edge: Edge
    slots: tuple[Slot, ...]
    back: bool = False


@dataclass(frozen=True)
class Layout:
    """`columns` of slots from left to right, each from top to bottom; `y` of each, in pixels."""

    columns: tuple[tuple[Slot, ...], ...]
    y: Mapping[Slot, float]
    routes: tuple[Route, ...]


def lay_out(graph: Graph) -> Layout:
    """The layout of a graph, with y from 0 downwards."""
    forward, back = _directions(graph)
    column = _columns(graph, forward)
    routes = [_route(e, column) for e in forward]
    net = _Net(graph, column, routes)
    net.arrange()
    top = min(net.y.values())
    y = {slot: round((at - top) * 2) / 2 for slot, at in net.y.items()}
    backwards = [Route(e, ((e.source,), (e.target,)), back=True) for e in back]
    return Layout(tuple(map(tuple, net.columns)), y, (*routes, *backwards))


def _directions(graph: Graph) -> tuple[list[Edge], list[Edge]]:
    """The edges that go forward, and the dashed ones that would close a cycle with those."""
    forward = [e for e in graph.edges if not e.dashed]
    back: list[Edge] = []
    for edge in (e for e in graph.edges if e.dashed):
        reached, ahead = {edge.target}, [edge.target]
        while ahead:
            name = ahead.pop()
            new = {e.target for e in forward if e.source == name} - reached
            reached |= new
            ahead += sorted(new)
        (back if edge.source in reached else forward).append(edge)
    return forward, back


def _columns(graph: Graph, edges: Sequence[Edge]) -> dict[str, int]:
    """The column of each node: as far left as its arrows allow, then nearer to what it feeds."""
    column = {n.name: 0 for n in graph.nodes}
    for _ in graph.nodes:
        for e in edges:
            column[e.target] = max(column[e.target], column[e.source] + 1)
    for name in sorted(column, key=lambda n: -column[n]):
        after = [column[e.target] for e in edges if e.source == name]
        if len(after) > sum(e.target == name for e in edges):
            column[name] = min(after) - 1
    first = min(column.values())
    return {name: at - first for name, at in column.items()}


def _route(edge: Edge, column: Mapping[str, int]) -> Route:
    between = range(column[edge.source] + 1, column[edge.target])
    bends = [(edge.source, edge.target, str(c)) for c in between]
    return Route(edge, ((edge.source,), *bends, (edge.target,)))


@dataclass
class _Net:
    """Slots in columns, being arranged."""

    graph: Graph
    column: Mapping[str, int]
    routes: Sequence[Route]
    columns: list[list[Slot]] = field(default_factory=list)
    y: dict[Slot, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.columns = [[] for _ in range(max(self.column.values()) + 1)]
        for node in self.graph.nodes:
            self.columns[self.column[node.name]].append((node.name,))
        self._links: dict[Slot, list[tuple[Slot, float]]] = {}
        self._pairs = [pair for r in self.routes for pair in itertools.pairwise(r.slots)]
        for route in self.routes:
            for slot in route.slots[1:-1]:
                self.columns[int(slot[2])].append(slot)
        sources, targets = (Counter(pair[i] for pair in self._pairs) for i in (0, 1))
        for a, b in self._pairs:
            # What can be straight should be: long arrows first, then chains.
            chained = sources[a] == targets[b] == 1
            stiff = 40.0 if len(a) > 1 and len(b) > 1 else 8.0 if chained else 1.0
            self._links.setdefault(a, []).append((b, stiff))
            self._links.setdefault(b, []).append((a, stiff))
        self._at = {slot: i for i, slots in enumerate(self.columns) for slot in slots}
        self._fixed = {(n.name,): APART * n.row for n in self.graph.nodes if n.row is not None}
        for slots in self.columns:
            self._space(slots, {slot: APART * i for i, slot in enumerate(slots)})

    def arrange(self) -> None:
        """Order every column and place every slot."""
        best = self._settled()
        for sweep in range(_SWEEPS):
            side = (-1, 1, 0)[sweep % 3]
            order = range(len(self.columns))
            for i in order if side != 1 else reversed(order):
                wanted = {slot: self._wanted(slot, side) for slot in self.columns[i]}
                self.columns[i].sort(key=lambda slot, at=wanted: at[slot])  # type: ignore[misc]
                self._space(self.columns[i], wanted)
            best = min(best, self._settled(), key=lambda found: found[0])
        _, self.columns, self.y = self._swapped(best)
        self._settled(_SETTLING * 10)
        self._straighten()

    def _swapped(self, best: _Found) -> _Found:
        """`best`, with neighbours in a column swapped for as long as that makes it better."""
        better = True
        while better:
            better = False
            for i, slots in enumerate(best[1]):
                for j in range(len(slots) - 1):
                    self.columns = [list(column) for column in best[1]]
                    self.y = dict(best[2])
                    swapped = self.columns[i]
                    swapped[j], swapped[j + 1] = swapped[j + 1], swapped[j]
                    found = self._settled()
                    if found[0] < best[0]:
                        best, better = found, True
        return best

    def _settled(self, rounds: int = _SETTLING) -> _Found:
        """The present order with every slot where its neighbours pull it, and how good that is."""
        for i in range(rounds):
            for slots in self.columns if i % 2 else reversed(self.columns):
                self._space(slots, {slot: self._wanted(slot, 0) for slot in slots})
        crossings = sum(
            (self.y[a] - self.y[c]) * (self.y[b] - self.y[d]) < 0
            for (a, b), (c, d) in itertools.combinations(self._pairs, 2)
            if self._at[a] == self._at[c]
        )
        strays = sum(abs(self.y[slot] - at) for slot, at in self._fixed.items())
        length = sum(abs(self.y[a] - self.y[b]) for a, b in self._pairs)
        cost = (crossings + round(strays), round(length))
        return cost, [list(column) for column in self.columns], dict(self.y)

    def _straighten(self) -> None:
        """Make level what is nearly level, arrow after arrow, where there is room for it."""
        lines = {slot: [slot] for slot in self.y}
        for a, b in sorted(self._pairs, key=lambda pair: abs(self.y[pair[0]] - self.y[pair[1]])):
            line = [*lines[a], *lines[b]]
            ya, yb = self.y[a], self.y[b]
            crowded = len({self._at[slot] for slot in line}) < len(line)
            if lines[a] is lines[b] or crowded or abs(ya - yb) > _NEARLY_LEVEL:
                continue
            for y in (ya, yb, (ya + yb) / 2):
                if all(self._has_room(slot, y) for slot in line):
                    self.y.update(dict.fromkeys(line, y))
                    lines.update(dict.fromkeys(line, line))
                    break

    def _has_room(self, slot: Slot, y: float) -> bool:
        if slot in self._fixed and y != self.y[slot]:
            return False
        column = self.columns[self._at[slot]]
        i = column.index(slot)
        above, below = column[:i][-1:], column[i + 1 :][:1]
        return all(y - self.y[s] >= _apart(s, slot) - 0.01 for s in above) and all(
            self.y[s] - y >= _apart(s, slot) - 0.01 for s in below
        )

    def _wanted(self, slot: Slot, side: int) -> float:
        """Where neighbours pull a slot: those to the left (-1), to the right (1), or all (0)."""
        if slot in self._fixed:
            return self._fixed[slot]
        here = self._at[slot]
        pulls = [
            (self.y[other], weight)
            for other, weight in self._links.get(slot, ())
            if side == 0 or (self._at[other] - here) * side > 0
        ]
        if not pulls:
            return self.y[slot]
        return sum(y * w for y, w in pulls) / sum(w for _, w in pulls)

    def _space(self, slots: Sequence[Slot], wanted: Mapping[Slot, float]) -> None:
        """Put slots, in their order, as near to where they are wanted as distances allow.

        Least squares under an order: neighbours that are too close move as one block to the
        weighted mean of what they want (pool adjacent violators).
        """
        offset, offsets = 0.0, []
        for i, slot in enumerate(slots):
            if i:
                offset += _apart(slot, slots[i - 1])
            offsets.append(offset)
        blocks: list[tuple[float, float, int]] = []  # the mean, its weight, how many slots
        for slot, before in zip(slots, offsets, strict=True):
            weight = _HELD if slot in self._fixed else 1.0
            mean, count = wanted[slot] - before, 1
            while blocks and blocks[-1][0] >= mean:
                other, other_weight, other_count = blocks.pop()
                mean = (mean * weight + other * other_weight) / (weight + other_weight)
                weight, count = weight + other_weight, count + other_count
            blocks.append((mean, weight, count))
        means = itertools.chain.from_iterable([mean] * count for mean, _, count in blocks)
        for slot, mean, before in zip(slots, means, offsets, strict=True):
            self.y[slot] = mean + before


_Found = tuple[tuple[int, int], list[list[Slot]], dict[Slot, float]]


def _apart(a: Slot, b: Slot) -> float:
    """How far apart the middles of two neighbours in a column have to be."""
    bends = (len(a) > 1) + (len(b) > 1)
    return (APART, (APART + BEND_APART) / 2, BEND_APART)[bends]
