"""YAML as the course files use it: the 1.2 core schema, with a place for every value.

PyYAML reads YAML 1.1, in which `1e-6` is a string and `no` is False. Course files are read with
the scalar rules of YAML 1.2 (https://yaml.org/spec/1.2.2/, section 10.3.2): `1e-6` is a number,
and only `true` and `false` are booleans.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from grader.errors import ConfigError, Problem

MAX_BYTES = 1 << 20

Place = tuple[int, int]


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {}  # noqa: RUF012 - the base class declares its type


def _rule(tag: str, pattern: str, first: str) -> None:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), [*first, ""])


_rule("null", r"^(?:null|Null|NULL|~|)$", "nN~")
_rule("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF")
_rule("int", r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", "-+0123456789")
_rule(
    "float",
    r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
    "-+.0123456789",
)


def _int(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    text = str(node.value)
    return int(text, 0) if text.startswith(("0o", "0x")) else int(text)


def _float(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> float:
    text = str(node.value).lower()
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


_Loader.add_constructor("tag:yaml.org,2002:int", _int)
_Loader.add_constructor("tag:yaml.org,2002:float", _float)


@dataclass(frozen=True)
class Document:
    """A parsed file: its plain data, and the nodes that tell where each value stands."""

    path: Path
    data: object
    _root: yaml.Node | None

    def place(self, loc: Sequence[object], *, key: bool = False) -> Place:
        """Line and column (from 1) of the value at `loc`, or as near to it as the file goes.

        `loc` is a path of mapping keys and sequence positions. With `key`, the place of the key
        rather than of its value. Steps that the file lacks are passed over, so that the place of
        a missing key is that of the mapping it should be in.
        """
        node, mark = self._root, self._root.start_mark if self._root else None
        for step in loc:
            if isinstance(node, yaml.MappingNode):
                for k, v in node.value:
                    if k.value == step:
                        mark, node = (k if key else v).start_mark, v
                        break
            elif (
                isinstance(node, yaml.SequenceNode)
                and isinstance(step, int)
                and step < len(node.value)
            ):
                node = node.value[step]
                mark = node.start_mark
        return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def read_yaml(path: Path, *, root: Path | None = None) -> Document:
    """The one document in `path`. Problems name the file relative to `root` where it lies below.

    Raises ConfigError if the file is missing, too large, not UTF-8, not YAML, uses anchors, or
    gives a key twice (PyYAML would keep the last one silently).
    """
    shown = path.relative_to(root) if root and path.is_relative_to(root) else path

    def problem(message: str, mark: Any = None) -> ConfigError:
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        return ConfigError([Problem(shown, line, column, message)])

    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise problem("The file is missing. Create it, or take it off the list.") from None
    except OSError as e:
        raise problem(f"The file cannot be read ({e.strerror}). Check its permissions.") from None
    if len(raw) > MAX_BYTES:
        raise problem(f"The file has {len(raw)} bytes. At most {MAX_BYTES} are allowed.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise problem(f"Byte {e.start} is not UTF-8. Save the file as UTF-8.") from None
    try:
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.AliasEvent):
                raise problem("Aliases (*name) are not used here. Write it out.", event.start_mark)
            if getattr(event, "tag", None) is not None:
                raise problem("Tags (!!name) are not used here. Leave it out.", event.start_mark)
        node = yaml.compose(text, Loader=_Loader)
        wrong_keys = [
            Problem(shown, k.start_mark.line + 1, k.start_mark.column + 1, message)
            for k, message in _wrong_keys(node)
        ]
        if wrong_keys:
            raise ConfigError(wrong_keys)
        data = _construct(text)
    except yaml.MarkedYAMLError as e:
        what = " ".join(str(x) for x in (e.context, e.problem) if x)
        raise problem(f"This is not YAML: {what}. Mend the syntax.", e.problem_mark) from None
    except (yaml.YAMLError, ValueError, RecursionError) as e:
        raise problem(f"This is not YAML: {e}. Mend the syntax.") from None
    return Document(shown, data, node)


def _construct(text: str) -> object:
    loader = _Loader(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def _wrong_keys(root: yaml.Node | None) -> Iterator[tuple[yaml.Node, str]]:
    """Keys that are given twice in one mapping, or are no text."""
    todo = [root] if root else []
    while todo:
        node = todo.pop()
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for k, v in node.value:
                if not isinstance(k, yaml.ScalarNode) or not k.tag.endswith(":str"):
                    yield k, "This key is not a text. Write a name."
                elif k.value in seen:
                    yield k, f"`{k.value}` is given twice. Keep one."
                else:
                    seen.add(k.value)
                todo.append(v)
        elif isinstance(node, yaml.SequenceNode):
            todo += node.value
