"""Everything the grader says to a student, by key; the words are in <language>.toml beside this."""

from __future__ import annotations

import functools
import tomllib
import unicodedata
from pathlib import Path

LANGUAGE = "en"


@functools.cache
def _catalogue(language: str) -> dict[str, dict[str, str]]:
    text = (Path(__file__).parent / f"{language}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def say(key: str, /, **details: object) -> str:
    """The text of `key` ("section.name") with `details` filled in. KeyError if there is none."""
    section, _, name = key.partition(".")
    return _catalogue(LANGUAGE)[section][name].format(**details)


def plain(text: str, limit: int = 300) -> str:
    """A student's text made safe to print: one line, bounded, without control, bidi or format
    characters (which could repaint a terminal or reorder a line)."""
    shown = (_shown(c) for c in text[: 4 * limit])
    kept = "".join(c for c in shown if c)
    return kept if len(kept) <= limit else kept[: limit - 1] + "…"


def _shown(c: str) -> str:
    if c in "\n\r\t" or unicodedata.category(c) in ("Zl", "Zp"):
        return " "
    return "" if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn") else c
