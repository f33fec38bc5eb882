"""Where things are. Imports nothing but the errors, so that every command can ask cheaply."""

from __future__ import annotations

from pathlib import Path

from grader.errors import UsageError


def find_course(start: Path) -> Path:
    """The folder of the nearest course.yaml at or above `start`. Raises UsageError if none is."""
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / "course.yaml").is_file():
            return folder
    raise UsageError(
        f"No course.yaml in {start} or any folder above it. "
        "Go into the course's folder, or name it with --course DIR."
    )


def slugs(root: Path) -> list[str]:
    """The exercises below `root` that have been built, by name."""
    return sorted(p.parent.name for p in (root / "assignments").glob("*/examples.json"))
