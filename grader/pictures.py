"""The graphs in a handout, drawn: a fenced block of text becomes a picture beside the handout.

    ```graph name: step; alt: One step of the network, from x and h_prev to h_next
    x -> mulx "@ Wx"
    ```

The language is that of `grader.graph`.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from grader.errors import ConfigError, Problem
from grader.graph import GraphError, parse
from grader.graph_svg import picture
from grader.source import Markdown, Source

_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})\s*(?P<info>graph\b.*|[^`]*)$")
_INFO = re.compile(r"graph\s+name:\s*(?P<name>[a-z][a-z0-9_-]*)\s*(;\s*alt:\s*(?P<alt>.*))?$")
_EXAMPLE = "```graph name: step; alt: What it shows"


@dataclass(frozen=True)
class Picture:
    """A picture in words and as the bytes of an SVG file called `file`."""

    file: str
    alt: str
    svg: bytes

    @property
    def as_link(self) -> str:
        """The picture in markdown that is read beside its file."""
        alt = re.sub(r"([\\\[\]`*_<>])", r"\\\1", self.alt)
        return f"![{alt}]({self.file})"

    @property
    def as_data(self) -> str:
        """The picture in markdown that has to bring it along.

        An element of HTML with the file in its address: the one form that Jupyter, nbconvert,
        GitHub and VS Code all show. Jupyter's cells drop a bare <svg> and show no SVG attachment
        (jupyterlab issue 10464); strict parsers of markdown refuse such an address in `![]()`.
        """
        data = base64.b64encode(self.svg).decode()
        return f'<img alt="{html.escape(self.alt)}" src="data:image/svg+xml;base64,{data}">'


@dataclass(frozen=True)
class _Block:
    """A fenced graph: its lines in the cell, fences included, counted from 0; stop is excluded."""

    start: int
    stop: int
    info: str
    text: str


def drawn(source: Source) -> tuple[tuple[Picture, ...], Source]:
    """The pictures in a source's handout, in order, and the source with links in their place.

    Raises ConfigError with a problem for each graph that cannot be drawn.
    """
    pictures: dict[str, Picture] = {}
    problems: list[Problem] = []
    cells = []
    for cell in source.cells:
        if isinstance(cell, Markdown):
            lines = cell.text.split("\n")
            links: list[tuple[_Block, str]] = []
            for block in _blocks(lines):
                try:
                    made = _picture(block)
                    if made.file in pictures:
                        message = f"the name of {made.file} is taken. Choose another."
                        raise GraphError(0, 0, message)
                except GraphError as e:
                    line = cell.line + block.start + e.line
                    column = len("# ") + max(e.column, 1)
                    problems.append(Problem(source.path, line, column, _sentence(e.message)))
                else:
                    pictures[made.file] = made
                    links.append((block, made.as_link))
            for block, link in reversed(links):
                lines[block.start : block.stop] = [link]
            cell = replace(cell, text="\n".join(lines))
        cells.append(cell)
    if problems:
        raise ConfigError(problems)
    return tuple(pictures.values()), replace(source, cells=tuple(cells))


def _blocks(lines: list[str]) -> Iterator[_Block]:
    """The fenced graphs among the lines of a cell; those inside of another block are its text."""
    opened: tuple[int, str, str] | None = None
    for i, raw in enumerate(lines):
        found = _FENCE.match(raw)
        if opened is None:
            if found:
                opened = i, found["fence"], found["info"].strip()
        elif found and found["fence"].startswith(opened[1]) and not found["info"].strip():
            if opened[2].partition(" ")[0] == "graph":
                yield _Block(opened[0], i + 1, opened[2], "\n".join(lines[opened[0] + 1 : i]))
            opened = None
    if opened is not None and opened[2].partition(" ")[0] == "graph":
        yield _Block(opened[0], len(lines), "", "")


def _picture(block: _Block) -> Picture:
    if not block.info:
        raise GraphError(0, 0, "this graph is not closed in its cell. End it with a line of ```.")
    info = _INFO.match(block.info)
    if info is None:
        raise GraphError(0, 0, f"a graph has a name, in small letters. Write: {_EXAMPLE}")
    graph = parse(block.text, info["alt"] or "")
    return Picture(f"{info['name']}.svg", graph.alt, picture(graph))


def _sentence(message: str) -> str:
    return message[0].upper() + message[1:]
