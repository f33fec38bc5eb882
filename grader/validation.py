"""A course file held against its schema: every problem at once, each at its line and column.

pydantic finds the errors; each error's `loc` is walked over the YAML nodes.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from grader.errors import ConfigError, Problem
from grader.schema import Strict
from grader.yamlio import Document

File = TypeVar("File", bound=Strict)


def validate(document: Document, kind: type[File]) -> File:
    """`document` as a `kind`. Raises ConfigError with every problem, each at its place."""
    try:
        return kind.model_validate(document.data)
    except ValidationError as e:
        raise ConfigError(_problem(document, kind, dict(d)) for d in e.errors()) from None


def repeated(document: Document, where: str, key: str) -> Iterator[Problem]:
    """A problem for each item of the list at `where` whose `key` an earlier item has too."""
    data: Any = document.data
    seen: dict[object, int] = {}
    for i, item in enumerate(data[where]):
        first = seen.setdefault(item[key], i)
        if first != i:
            line, column = document.place([where, i, key])
            message = f"{key} `{item[key]}` is taken by item {first + 1}. Choose another."
            yield Problem(document.path, line, column, message)


def _problem(document: Document, kind: type[BaseModel], detail: dict[str, Any]) -> Problem:
    loc = _without_tags(detail["loc"])
    at_key = detail["type"] == "extra_forbidden"
    line, column = document.place(loc, key=at_key)
    name = ".".join(str(s + 1) if isinstance(s, int) else str(s) for s in loc) or "the file"
    return Problem(document.path, line, column, f"{name}: {_explain(kind, loc, detail)}")


KINDS = {"matches", "shaped", "unchanged", "gradient", "same", "cost", "manual"}


def _without_tags(loc: tuple[Any, ...]) -> list[Any]:
    """`loc` without the kinds that pydantic puts after the position of a check."""
    return [
        step
        for i, step in enumerate(loc)
        if not (step in KINDS and i >= 2 and loc[i - 2] == "checks" and isinstance(loc[i - 1], int))
    ]


def _explain(kind: type[BaseModel], loc: list[Any], detail: dict[str, Any]) -> str:
    context, given = detail.get("ctx", {}), detail.get("input")
    match detail["type"]:
        case "missing":
            return "this key is missing. Add it."
        case "extra_forbidden":
            allowed = sorted(_keys_beside(kind, detail["loc"]))
            near = difflib.get_close_matches(str(loc[-1]), allowed, n=1)
            guess = f"Did you mean `{near[0]}`? " if near else ""
            return f"there is no such key. {guess}Allowed: {', '.join(allowed)}."
        case "string_too_short":
            return "this is empty. Fill it in."
        case "string_pattern_mismatch":
            return f"{given!r} is not allowed. It must match {context['pattern']}."
        case "union_tag_invalid":
            return f"{context['tag']!r} is no such kind. Allowed: {context['expected_tags']}."
        case "union_tag_not_found":
            return "this check has no kind. Add `kind: matches`, `gradient`, ..."
        case "value_error":
            return f"{given!r} is not allowed: {context['error']}."
        case _:
            return f"{given!r} is not allowed. {detail['msg']}."


def _keys_beside(kind: type[BaseModel], loc: tuple[Any, ...]) -> set[str]:
    """The keys allowed in the mapping that `loc`'s last step stands in."""
    current: list[type[BaseModel]] = [kind]
    for step in loc[:-1]:
        if isinstance(step, int):
            continue
        if step in KINDS:
            tagged = [m for m in current if step in _kinds_of(m)]
            current = tagged or current
            continue
        fields = [f for m in current for n, f in m.model_fields.items() if step in (n, f.alias)]
        found = [m for f in fields for m in _models_in(f.annotation)]
        current = found or current
    return {f.alias or n for m in current for n, f in m.model_fields.items()}


def _kinds_of(m: type[BaseModel]) -> tuple[str, ...]:
    field = m.model_fields.get("kind")
    return getattr(field.annotation, "__args__", ()) if field else ()


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for arg in getattr(annotation, "__args__", ()) for m in _models_in(arg)]
