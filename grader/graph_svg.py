"""A graph as SVG, for handouts that are read on white and on black.

The picture has no background of its own. Nodes are filled and carry their own contrast, arrows are
of a middle grey, so either palette can be read on any page; which one is shown follows the reader's
system where the viewer asks it. Text is in the reader's monospaced font, as names are in code.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.graph import Edge, Graph, Kind, Node, parse
from grader.graph_layout import Layout, Route, Slot, lay_out

Paint = tuple[str, str, str]
"""Fill, outline, text."""

LIGHT: Mapping[Kind, Paint] = {
    "input": ("#dbeafe", "#3b82f6", "#1e3a8a"),
    "data": ("#f1f5f9", "#64748b", "#1e293b"),
    "op": ("#ffedd5", "#d97706", "#7c2d12"),
    "output": ("#dcfce7", "#16a34a", "#14532d"),
}
DARK: Mapping[Kind, Paint] = {
    "input": ("#1e3a6e", "#60a5fa", "#e0edff"),
    "data": ("#334155", "#94a3b8", "#f1f5f9"),
    "op": ("#5b2c0e", "#f59e0b", "#ffedd5"),
    "output": ("#14502e", "#4ade80", "#dcfce7"),
}
ARROW = "#7a7a7a"
BACK_ARROW = "#8b5cf6"
FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"

_Place = tuple[float, float]

_SIZE = 15
_ADVANCE = 9.1  # of a character in a monospaced font of that size
_HEIGHT = 34.0
_GAP = 40.0  # between two columns
_MARGIN = 8.0
_HEAD = 8.0  # length of an arrow's head
_LANE = 16.0  # between two arrows that lead back below the graph
_PORT = 9.0  # between two arrows that end at the same node


def draw(text: str, alt: str = "") -> bytes:
    """The picture of the graph in `text`. Raises GraphError if the text is no graph."""
    return picture(parse(text, alt))


def picture(graph: Graph) -> bytes:
    """The picture of a graph; the same bytes on every machine."""
    layout = lay_out(graph)
    boxes = _boxes(graph, layout)
    arrows, (left, right, bottom) = _arrows(layout, boxes)
    width, height = _number(right - left + 2 * _MARGIN), _number(bottom + 2 * _MARGIN)
    size = f'width="{width}" height="{height}"'
    view = f'viewBox="{_number(left - _MARGIN)} {_number(-_MARGIN)} {width} {height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {view} role="img"'
        ' aria-labelledby="title desc">',
        f'<title id="title">{html.escape(graph.alt)}</title>',
        f'<desc id="desc">{html.escape(" ".join(_words(graph)))}</desc>',
        f"<style>{_style()}</style>",
        *arrows,
        f'<g font-family="{FONT}" font-size="{_SIZE}" text-anchor="middle">',
        *(_node(node, boxes[node.name,]) for node in graph.nodes),
        "</g>",
        "</svg>",
    ]
    return ("\n".join(lines) + "\n").encode()


@dataclass(frozen=True)
class _Box:
    """Where a node is: its middle, its size, and the width of the `column` that it is in the
    middle of. `round` has half circles for ends."""

    x: float
    y: float
    width: float
    height: float
    column: float
    round: bool = False

    @property
    def right(self) -> float:
        return self.x + self.width / 2

    def edge(self, off: float) -> float:
        """How far from the middle its outline is, to either side, `off` above or below it."""
        if not self.round:
            return self.width / 2
        r = self.height / 2
        return self.width / 2 - r + float((r * r - off * off) ** 0.5)


def _boxes(graph: Graph, layout: Layout) -> dict[Slot, _Box]:
    """The box of each node, and of each bend, which has a width of its own: arrows go straight
    through it, past the nodes of its column."""
    nodes = {n.name: n for n in graph.nodes}
    boxes: dict[Slot, _Box] = {}
    left = 0.0
    for column in layout.columns:
        widths = {s: _width(nodes[s[0]]) for s in column if len(s) == 1}
        widest = max(widths.values(), default=0.0)
        middle = left + widest / 2
        for slot in column:
            y = layout.y[slot] + _HEIGHT / 2
            if len(slot) == 1:
                rounded = nodes[slot[0]].kind == "op"
                boxes[slot] = _Box(middle, y, widths[slot], _HEIGHT, widest, rounded)
            else:
                boxes[slot] = _Box(middle, y, widest, 0.0, widest)
        left += widest + _GAP
    return boxes


def _width(node: Node) -> float:
    text = _ADVANCE * sum(
        2 if unicodedata.east_asian_width(c) in "WF" else not unicodedata.combining(c)
        for c in node.label
    )
    return max(_HEIGHT if node.kind == "op" else 40.0, round(text + 22))


def _arrows(
    layout: Layout, boxes: Mapping[Slot, _Box]
) -> tuple[list[str], tuple[float, float, float]]:
    """Every arrow as a line of SVG; how far left, right and down the graph reaches."""
    ports = _ports(layout, boxes)
    column = {slot: i for i, slots in enumerate(layout.columns) for slot in slots}
    lines = []
    left, right = 0.0, max(b.x + b.column / 2 for b in boxes.values())
    bottom = max(b.y + b.height / 2 for b in boxes.values())
    for route in layout.routes:
        start, end = (boxes[slot] for slot in (route.slots[0], route.slots[-1]))
        if not route.back:
            path, head = _forward(route, boxes, ports[route.edge])
        elif column[route.slots[0]] - column[route.slots[-1]] == 1:
            path, head = _beside(start, end)
        else:
            bottom += _LANE
            lowest = [layout.columns[column[slot]][-1] == slot for slot in route.slots]
            points, head = _below(start, end, bottom, lowest)
            path = _rounded(points)
            left, right = min(left, *(x for x, _ in points)), max(right, *(x for x, _ in points))
        lines.append(_arrow(route.edge, path, head))
    return lines, (left, right, bottom)


def _ports(layout: Layout, boxes: Mapping[Slot, _Box]) -> dict[Edge, float]:
    """How far above (negative) or below the middle of its target each arrow ends: several that
    end at one node end side by side, in the order in which they come."""
    ends: dict[str, list[Route]] = {}
    for route in layout.routes:
        if not route.back:
            ends.setdefault(route.edge.target, []).append(route)
    ports = {}
    for target, routes in ends.items():
        middle = boxes[target,].y
        routes.sort(key=lambda r: boxes[r.slots[-2]].y)
        level = [boxes[r.slots[-2]].y - middle for r in routes]
        apart = min(_PORT, (_HEIGHT - 10) / max(len(routes) - 1, 1))
        # The one that comes straight on ends in the middle.
        pivot = next((i for i, d in enumerate(level) if abs(d) < 1), (len(routes) - 1) / 2)
        if len(routes) > 3:
            pivot = (len(routes) - 1) / 2
        for i, route in enumerate(routes):
            ports[route.edge] = (i - pivot) * apart
    return ports


def _forward(route: Route, boxes: Mapping[Slot, _Box], port: float) -> tuple[str, str]:
    first, last = boxes[route.slots[0]], boxes[route.slots[-1]]
    x, y = first.x + first.edge(0.0), first.y
    path = [f"M{_point(x, y)}"]
    for slot in route.slots[1:-1]:
        bend = boxes[slot]
        path.append(_curve(x, y, bend.x - bend.width / 2, bend.y))
        x, y = bend.x + bend.width / 2, bend.y
        path.append(f"H{_number(x)}")
    tip, end = last.x - last.edge(port) - 1, last.y + port
    path.append(_curve(x, y, tip - _HEAD + 1, end))
    return "".join(path), _head((tip, end), (1.0, 0.0))


def _beside(start: _Box, end: _Box) -> tuple[str, str]:
    """Back to the column on the left, below the arrow that comes from there."""
    off = 10.0
    x, tip = start.x - start.edge(off), end.x + end.edge(off) + 1
    path = f"M{_point(x, start.y + off)}{_curve(x, start.y + off, tip + _HEAD - 1, end.y + off)}"
    return path, _head((tip, end.y + off), (-1.0, 0.0))


def _below(start: _Box, end: _Box, lane: float, lowest: Sequence[bool]) -> tuple[list[_Place], str]:
    """Back below everything else: from the bottom of a node to the bottom of another, or through
    the gap beside a node that is not the `lowest` of its column."""
    off = 10.0
    if lowest[0]:
        points = [(start.x, start.y + start.height / 2)]
    else:
        gap = start.x + start.column / 2 + off
        points = [(start.x + start.edge(off), start.y + off), (gap, start.y + off)]
    points.append((points[-1][0], lane))
    if lowest[1]:
        tip, along = (end.x, end.y + end.height / 2 + 1), (0.0, -1.0)
        points.append((end.x, lane))
    else:
        gap = end.x - end.column / 2 - off - _HEAD
        tip, along = (end.x - end.edge(off) - 1, end.y + off), (1.0, 0.0)
        points += [(gap, lane), (gap, end.y + off)]
    points.append((tip[0] - along[0] * (_HEAD - 1), tip[1] - along[1] * (_HEAD - 1)))
    return points, _head(tip, along)


def _rounded(points: Sequence[_Place], radius: float = 8.0) -> str:
    """A line along level and upright stretches, with round corners."""
    path = [f"M{_point(*points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        path.append(f"L{_point(*_towards(corner, before, radius))}")
        path.append(f"Q{_point(*corner)} {_point(*_towards(corner, after, radius))}")
    return "".join([*path, f"L{_point(*points[-1])}"])


def _towards(start: _Place, end: _Place, most: float) -> _Place:
    """The point `most` pixels from `start` on the way to `end`, or half way if that is nearer."""
    x, y = end[0] - start[0], end[1] - start[1]
    length = abs(x) + abs(y)  # level or upright
    share = min(0.5, most / length) if length else 0.0
    return start[0] + share * x, start[1] + share * y


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    """On to a point, level at both ends."""
    if abs(y - to_y) < 0.25:
        return f"H{_number(to_x)}"
    middle = (x + to_x) / 2
    return f"C{_point(middle, y)} {_point(middle, to_y)} {_point(to_x, to_y)}"


def _head(tip: _Place, along: _Place) -> str:
    """The head of an arrow that ends at `tip`, going `along` one of the axes."""
    (x, y), (u, v) = tip, along
    back, half = (x - u * _HEAD, y - v * _HEAD), _HEAD * 0.45
    left, right = (back[0] - v * half, back[1] + u * half), (back[0] + v * half, back[1] - u * half)
    return f"M{_point(*tip)}L{_point(*left)}L{_point(*right)}Z"


def _arrow(edge: Edge, path: str, head: str) -> str:
    colour = BACK_ARROW if edge.dashed else ARROW
    dashes = ' stroke-dasharray="5 4"' if edge.dashed else ""
    line = f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.6"{dashes}/>'
    return f'{line}<path d="{head}" fill="{colour}"/>'


def _node(node: Node, box: _Box) -> str:
    """A node; its colours are attributes too, for viewers that read no style."""
    fill, outline, ink = LIGHT[node.kind]
    radius = box.height / 2 if box.round else 5
    width = 2.4 if node.kind == "output" else 1.4
    shape = (
        f'<rect x="{_number(box.x - box.width / 2)}" y="{_number(box.y - box.height / 2)}" '
        f'width="{_number(box.width)}" height="{_number(box.height)}" rx="{_number(radius)}" '
        f'fill="{fill}" stroke="{outline}" stroke-width="{width}"/>'
    )
    baseline = box.y + _SIZE * 0.34
    words = html.escape(node.label)
    text = f'<text x="{_number(box.x)}" y="{_number(baseline)}" fill="{ink}">{words}</text>'
    return f'<g class="{node.kind}">{shape}{text}</g>'


def _style() -> str:
    rules = (
        f".{kind} rect{{fill:{fill};stroke:{outline}}}.{kind} text{{fill:{ink}}}"
        for kind, (fill, outline, ink) in DARK.items()
    )
    return f"@media (prefers-color-scheme:dark){{{''.join(rules)}}}"


def _words(graph: Graph) -> Iterator[str]:
    """The arrows in words, one sentence for each node that they end at."""
    label = {n.name: n.label for n in graph.nodes}
    for dashed, verb in ((False, "go to"), (True, "go back to")):
        for node in graph.nodes:
            sources = [
                label[e.source] for e in graph.edges if e.target == node.name and e.dashed == dashed
            ]
            if sources:
                goes = verb if len(sources) > 1 else verb.replace("go ", "goes ")
                yield f"{_listed(sources)} {goes} {node.label}."


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _point(x: float, y: float) -> str:
    return f"{_number(x)},{_number(y)}"


def _number(x: float) -> str:
    return f"{x:.1f}".removesuffix(".0")
