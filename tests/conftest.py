"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from course_kit import Course
from hypothesis import settings

# The same examples in every run: a test that fails here fails everywhere. No deadline, since the
# machine may be busy with another worker's tests.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A small complete course in a folder of its own."""
    return Course(tmp_path)
