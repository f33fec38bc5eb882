"""A new exercise to start from: small, complete, and proven before the first change to it."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

from grader.errors import UsageError
from grader.model import Course

MOST_LETTERS = 40

_FILES = Path(__file__).parent / "files"
_TARGETS = {
    "assignment.yaml.in": "assignments/{slug}/assignment.yaml",
    "probe.py.in": "assignments/{slug}/probe.py",
    "source.py.in": "solutions/{slug}/{slug}.py",
    "hidden.yaml.in": "solutions/{slug}/hidden.yaml",
    "mistakes.yaml.in": "solutions/{slug}/mistakes.yaml",
    "proof.py.in": "solutions/{slug}/proof.py",
    "accepted/einsum.py.in": "solutions/{slug}/accepted/einsum.py",
    "accepted/row_by_row.py.in": "solutions/{slug}/accepted/row_by_row.py",
}


def create(course: Course, slug: str, title: str) -> tuple[str, ...]:
    """Write the files of a new exercise and enter it in course.yaml; the paths of all, in order.

    Raises UsageError, before anything is written, for a name that is taken or cannot be one.
    """
    _check_name(course, slug)
    course_file = course.root / "course.yaml"
    entered = with_exercise(course_file.read_bytes().decode(), slug)
    made = files(slug, title)
    for path, text in made.items():
        target = course.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
    course_file.write_bytes(entered.encode())
    return (*made, "course.yaml")


def files(slug: str, title: str) -> Mapping[str, str]:
    """The author's files of a new exercise, by path in the course. Raises UsageError for a title
    that cannot stand in them."""
    title = title.strip()
    if not title or not title.isprintable():
        raise UsageError("The title is empty or has odd characters. Give it as one line of text.")
    made = {}
    for name, target in _TARGETS.items():
        shown = _quoted(title) if name.endswith(".yaml.in") else title
        text = (_FILES / name).read_text(encoding="utf-8")
        made[target.format(slug=slug)] = text.replace("@slug@", slug).replace("@title@", shown)
    return made


def with_exercise(text: str, slug: str) -> str:
    """The text of a course.yaml with one more exercise at the end of its list.

    All else stays as it is, comments too. Raises UsageError if the list is not written as a list
    with one exercise a line.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    entries = next((v for k, v in pairs if k.value == "assignments"), None)
    if not isinstance(entries, yaml.SequenceNode) or entries.flow_style or not entries.value:
        raise UsageError(
            "course.yaml lists its assignments in a way that cannot be added to. "
            f"Write each in a line of its own, such as `  - slug: {slug}`."
        )
    last = _last_line(entries.value[-1])
    lines = text.splitlines(keepends=True)
    end = "\r\n" if lines[last].endswith("\r\n") else "\n"
    if not lines[last].endswith("\n"):
        lines[last] += end
    lines.insert(last + 1, f"{' ' * entries.start_mark.column}- slug: {slug}{end}")
    return "".join(lines)


def _last_line(node: yaml.Node) -> int:
    """The line, from 0, on which what a node says ends; comments after it do not count."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        return max(_last_line(v) for pair in node.value for v in pair)
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return max(map(_last_line, node.value))
    line: int = node.end_mark.line
    # A text in `|` or `>` ends where the line after it begins.
    return line - 1 if node.end_mark.column == 0 and line > node.start_mark.line else line


def _quoted(title: str) -> str:
    """A title as YAML: as it is, or in quotes if that could be read as something else."""
    if re.fullmatch(r"[A-Za-z][A-Za-z ,()'-]*[A-Za-z)]", title) and title.casefold() not in (
        "true",
        "false",
        "null",
        "yes",
        "no",
        "on",
        "off",
    ):
        return title
    escaped = title.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _check_name(course: Course, slug: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", slug) or len(slug) > MOST_LETTERS:
        raise UsageError(
            f"{slug!r} cannot be the name of an exercise. Use small letters, digits and `_`, "
            f"a letter first, {MOST_LETTERS} at most, such as {_likely(slug)}."
        )
    taken = slug in sys.stdlib_module_names or slug in ("numpy", "probe", "proof", "grader")
    if keyword.iskeyword(slug) or taken:
        raise UsageError(
            f"{slug} is a name that Python or the grader uses itself. "
            f"Choose another, such as {slug}_exercise."
        )
    if slug in course.slugs:
        raise UsageError(f"There is an exercise {slug} already. Choose another name.")
    for folder in (f"assignments/{slug}", f"solutions/{slug}"):
        if (course.root / folder).exists():
            raise UsageError(f"{folder} is there already. Choose another name, or move it away.")


def _likely(slug: str) -> str:
    """The nearest that is allowed."""
    near = re.sub(r"[^a-z0-9]+", "_", slug.lower()).strip("_").lstrip("0123456789_")
    return near[:MOST_LETTERS] or "my_exercise"
