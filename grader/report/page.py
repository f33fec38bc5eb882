"""One HTML page out of a template, with everything in it made safe on the way.

Every value a template prints passes through `printable`, which takes out what could repaint or
reorder a line, and is then escaped. On top of that, each page forbids the browser any request and
any script but the report's own, which it names by hash.
"""

from __future__ import annotations

import base64
import functools
import gzip
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.errors import UsageError
from grader.explain import diagnosis_text
from grader.messages import plain
from grader.results import duration_text, points_text
from grader.verdict import Status

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
MOST_TEXT = 2000

STATUS: Mapping[str, tuple[str, str, str]] = {
    Status.PASSED: ("p", "✓", "passed"),
    Status.FOLLOW_THROUGH: ("f", "≈", "follow-through"),
    Status.FAILED: ("x", "✗", "failed"),
    Status.ERROR: ("e", "!", "error"),
    Status.TIMEOUT: ("t", "T", "timeout"),
    Status.SKIPPED: ("s", "–", "not judged"),
    Status.MANUAL: ("m", "M", "graded by a person"),
}
"""For each status its CSS class, its symbol (never colour alone) and its name in words."""


def render(template: str, **values: object) -> str:
    """The page that `template` makes of `values`."""
    return _environment().get_template(template).render(**values)


def packed(data: object) -> Any:
    """Data for a script: JSON, compressed, in base64. The same data give the same text."""
    from markupsafe import Markup

    told = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Markup(base64.b64encode(gzip.compress(told.encode(), mtime=0)).decode())


def packed_pieces(pieces: Mapping[str, str]) -> Any:
    """Pieces of HTML by name, each line that several have kept once: a tenth of their size.

    What students are told is mostly the same, but farther apart than gzip looks back.
    """
    lines = sorted({line for text in pieces.values() for line in text.split("\n")})
    place = {line: n for n, line in enumerate(lines)}
    made_of = {name: [place[x] for x in text.split("\n")] for name, text in pieces.items()}
    return packed({"lines": lines, "pieces": made_of})


def _text(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _digest(script: str) -> str:
    """By what a page's policy knows its own script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def printable(value: Any) -> Any:
    """A value about to be printed: text without control, bidi or format characters, and bounded."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    if value.isascii() and value.isprintable() and len(value) <= MOST_TEXT:
        return value  # what `plain` would return, for the thousands of values that are like this
    return plain(value, MOST_TEXT)


def percent(share: Fraction | float) -> str:
    """A share as a whole percentage, rounded so that only all is 100% and only nothing is 0%."""
    whole = round(100 * share)
    if whole == 100 and share < 1:
        return "99%"
    return "1%" if whole == 0 and share > 0 else f"{whole}%"


def when(moment: datetime) -> str:
    """A moment to the minute, by the clock it was given in."""
    return f"{moment:%Y-%m-%d %H:%M}"


def relative_error(value: float) -> str:
    """An error for the instructor, to two digits."""
    return f"{value:.2g}"


@functools.cache
def _environment() -> Environment:
    try:
        import jinja2
        from markupsafe import Markup
    except ImportError as e:
        raise UsageError(
            "The report needs jinja2, which is not installed here. "
            "Install the instructor's extra: pip install 'rnn-grader[instructor]'."
        ) from e
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    styles = ("style", "student", "map")
    scripts = ("unpack", "table", "shell")
    texts = {name: _text(f"{name}.css") for name in styles} | {
        name: _text(f"{name}.js") for name in scripts
    }
    index_script = texts["unpack"] + texts["table"]
    shell_script = texts["unpack"] + texts["shell"]
    environment.globals |= {
        "style": Markup(texts["style"] + texts["map"]),
        "student_style": Markup(texts["student"] + texts["map"]),
        "script": Markup(index_script),
        "script_hash": _digest(index_script),
        "shell_script": Markup(shell_script),
        "shell_script_hash": _digest(shell_script),
        "statuses": STATUS,
    }
    environment.filters |= {
        "points": points_text,
        "percent": percent,
        "relative_error": relative_error,
        "when": when,
        "height": lambda share, most: round(float(share) * most, 1),
        "duration": duration_text,
        "diagnosis": diagnosis_text,
    }
    return environment
