"""Computation graphs as a handout's author writes them: a few lines of text, read into data.

    x -> mulx "@ Wx"          an arrow; nodes are made by use, a label follows one mention in quotes
    h_prev -> mulh "@ Wh"
    mulx, mulh, b -> sum "+"  several arrows at once
    sum -> z -> tanh -> h     a chain
    h --> h_prev              a dashed arrow: a gradient, or what is carried to the next step
    z: op                     drawn as an operation; `data` as a value. Usually that can be seen
    row 2: sum, z             on one line, the second from the top. Usually left to the layout
    alt: What the picture shows, in words.
    # a comment

A node without arrows in is an input, one without arrows out an output. Between them, what is
labelled with at most three characters, with something that starts with `@`, or with the name of a
usual function, is an operation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from grader.errors import GraderError

MOST_NODES = 24
FUNCTIONS = re.compile(
    "abs|clip|concat(enate)?|copy|cos|dot|exp|log|max|mean|merge|min|norm|relu|reshape|sigmoid|sin|"
    "softmax|split|sqrt|square|stack|sum|tanh|transpose"
)

Kind = Literal["input", "data", "op", "output"]


class GraphError(GraderError):
    """What is wrong with a graph. `line` and `column` count from 1, in the text it was read from;
    line 0 is the graph as a whole."""

    def __init__(self, line: int, column: int, message: str) -> None:
        self.line, self.column, self.message = line, column, message
        super().__init__(f"{line}:{column}: {message}" if line else message)


@dataclass(frozen=True)
class Node:
    """`row` is the line it should be on, from 1 at the top; None leaves that to the layout."""

    name: str
    label: str
    kind: Kind
    row: float | None = None


@dataclass(frozen=True)
class Edge:
    """An arrow, between the names of two nodes."""

    source: str
    target: str
    dashed: bool = False


@dataclass(frozen=True)
class Graph:
    """`nodes` in the order in which they are mentioned. Without its dashed edges it has no cycle.

    `alt` is what those are told who do not see it.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    alt: str = ""


def parse(text: str, alt: str = "") -> Graph:
    """The graph in `text`; `alt` goes before what its `alt:` lines say.

    Raises GraphError, at the first thing in it that cannot be read or drawn.
    """
    reader = _Reader()
    for number, raw in enumerate(text.split("\n"), 1):
        reader.line(number, raw)
    return reader.graph(alt)


_TOKEN = re.compile(
    r"""\s*(?: (?P<comment>\#.*) | (?P<arrow>--?>) | (?P<comma>,)
        | "(?P<label>[^"]*)" | (?P<name>[^\W\d]\w*) )""",
    re.VERBOSE,
)
_SETTING = re.compile(r"\s*(?P<name>alt|row\s+(?P<row>\d+(?:\.5)?)|(?P<node>[^\W\d]\w*))\s*:\s*")


@dataclass(frozen=True)
class _Mention:
    name: str
    line: int
    column: int


class _Reader:
    """Reads line after line; what is said of a node may stand before the node is used."""

    def __init__(self) -> None:
        self._nodes: dict[str, _Mention] = {}
        self._edges: dict[tuple[str, str], Edge] = {}
        self._labels: dict[str, str] = {}
        self._kinds: dict[str, Kind] = {}
        self._rows: dict[str, float] = {}
        self._said_of: list[_Mention] = []
        self._alt: list[str] = []

    def line(self, number: int, raw: str) -> None:
        if setting := _SETTING.match(raw):
            self._setting(number, raw, setting)
        elif raw.strip() and not raw.strip().startswith("#"):
            self._chain(list(_tokens(number, raw)))

    def graph(self, alt: str) -> Graph:
        for mention in self._said_of:
            if mention.name not in self._nodes:
                message = f"there is no node `{mention.name}`. Put it into an arrow first."
                raise GraphError(mention.line, mention.column, message)
        if not self._edges:
            raise GraphError(0, 0, "the graph has no arrow. Draw one: x -> y")
        if len(self._nodes) > MOST_NODES:
            message = f"the graph has {len(self._nodes)} nodes; {MOST_NODES} can be read at most."
            raise GraphError(0, 0, f"{message} Make two graphs of it, or join some nodes.")
        alt = " ".join(filter(None, [alt.strip(), *self._alt]))
        if not alt:
            message = "the graph has no words for those who do not see it. Add: alt: What it shows."
            raise GraphError(0, 0, message)
        return Graph(tuple(map(self._node, self._nodes)), tuple(self._edges.values()), alt)

    def _node(self, name: str) -> Node:
        label = self._labels.get(name, name)
        edges = self._edges.values()
        solid = [e for e in edges if not e.dashed] or list(edges)
        named = [e for e in solid if name in (e.source, e.target)] or list(edges)
        kind: Kind
        if name in self._kinds:
            kind = self._kinds[name]
        elif all(e.target != name for e in named):
            kind = "input"
        elif all(e.source != name for e in named):
            kind = "output"
        else:
            short = name in self._labels and len(label) <= 3
            known = FUNCTIONS.fullmatch(label.casefold())
            kind = "op" if short or known or label.startswith("@") else "data"
        return Node(name, label, kind, self._rows.get(name))

    def _setting(self, number: int, raw: str, setting: re.Match[str]) -> None:
        rest = raw[setting.end() :].strip()
        column = setting.end() + 1
        if setting["name"] == "alt":
            self._alt.append(rest)
        elif setting["row"]:
            names = [t for t in _tokens(number, raw[setting.end() :], setting.end()) if t[0]]
            for i, (kind, value, mention) in enumerate(names):
                if kind != ("name" if i % 2 == 0 else "comma"):
                    message = "a row is a list of nodes. Write: row 2: x, y"
                    raise GraphError(number, mention.column, message)
                if kind == "name":
                    self._rows[value] = float(setting["row"])
                    self._said_of.append(mention)
        elif rest.partition("#")[0].strip() in ("op", "data"):
            name = setting["node"]
            self._kinds[name] = "op" if rest.startswith("op") else "data"
            self._said_of.append(_Mention(name, number, setting.start("node") + 1))
        else:
            message = 'a node is `op` or `data`. Put a label in quotes: z "a label"'
            raise GraphError(number, column, message)

    def _chain(self, tokens: list[tuple[str, str, _Mention]]) -> None:
        groups: list[list[_Mention]] = [[]]
        arrows: list[str] = []
        wants_node = True
        for kind, value, mention in tokens:
            if kind == "name" and wants_node:
                self._nodes.setdefault(value, mention)
                groups[-1].append(mention)
                wants_node = False
            elif kind == "label" and not wants_node:
                self._label(groups[-1][-1].name, value.strip(), mention)
            elif kind == "arrow" and not wants_node:
                arrows.append(value)
                groups.append([])
                wants_node = True
            elif kind == "comma" and not wants_node:
                wants_node = True
            else:
                wanted = "the name of a node" if wants_node else "`->`, `-->`, a comma or a label"
                message = f'{wanted} belongs here. Write: a, b -> c "label" -> d'
                raise GraphError(mention.line, mention.column, message)
        if wants_node:
            end = tokens[-1][2]
            message = "the line ends where a node belongs. Name it, or drop what stands before."
            raise GraphError(end.line, end.column, message)
        for arrow, sources, targets in zip(arrows, groups, groups[1:], strict=False):
            for source in sources:
                for target in targets:
                    self._edge(source, target, arrow == "-->")

    def _label(self, name: str, label: str, at: _Mention) -> None:
        if not label:
            raise GraphError(at.line, at.column, "this label is empty. Fill it in, or drop it.")
        if self._labels.setdefault(name, label) != label:
            message = f"`{name}` has the label `{self._labels[name]}` already. Keep one of the two."
            raise GraphError(at.line, at.column, message)

    def _edge(self, source: _Mention, target: _Mention, dashed: bool) -> None:
        pair = (source.name, target.name)
        if pair in self._edges:
            message = f"there is an arrow from {pair[0]} to {pair[1]} already. Drop one."
            raise GraphError(target.line, target.column, message)
        if source.name == target.name or (not dashed and self._reaches(target.name, source.name)):
            message = (
                f"this arrow closes a cycle through {target.name}. "
                "Turn it round, or write `-->` for what goes back."
            )
            raise GraphError(target.line, target.column, message)
        self._edges[pair] = Edge(*pair, dashed)

    def _reaches(self, start: str, end: str) -> bool:
        ahead, seen = [start], set()
        while ahead:
            name = ahead.pop()
            if name == end:
                return True
            if name not in seen:
                seen.add(name)
                ahead += [
                    e.target for e in self._edges.values() if e.source == name and not e.dashed
                ]
        return False


def _tokens(line: int, raw: str, before: int = 0) -> Iterator[tuple[str, str, _Mention]]:
    """Kind, value and place of what stands in a line; `before` columns stand before `raw`."""
    position = 0
    while raw[position:].strip():
        found = _TOKEN.match(raw, position)
        if found is None:
            rest = raw[position:].lstrip()
            column = before + len(raw) - len(rest) + 1
            what = "this label is not closed" if rest[0] == '"' else f"`{rest[0]}` is unknown here"
            message = f'{what}. Write: a, b -> c "label" -> d'
            raise GraphError(line, column, message)
        kind = found.lastgroup or ""
        position = found.end()
        if kind == "comment":
            return
        quote = kind == "label"
        yield kind, found[kind], _Mention(found[kind], line, before + found.start(kind) + 1 - quote)
