"""The pytest plugin: `pytest assignments/lstm` shows each check of an exercise as a test.

It is loaded into every pytest run where this package is installed, so it imports nothing and does
nothing but look at file names. PYTEST_DONT_REWRITE: there are no asserts to be rewritten.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as typing has it, without importing typing
if TYPE_CHECKING:
    from pathlib import Path

    import pytest

RUBRIC = "assignment.yaml"
BESIDE = ("examples.json", "probe.py")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """An exercise of ours for its assignment.yaml; that of anybody else is not for us."""
    if file_path.name != RUBRIC or file_path.parent.parent.name != "assignments":
        return None
    if not all((file_path.parent / name).is_file() for name in BESIDE):
        return None
    from grader.pytest_checks import Exercise

    exercise: pytest.Collector = Exercise.from_parent(parent, path=file_path)
    return exercise
