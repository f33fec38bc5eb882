"""What all tests share."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest
from course_kit import Course
from hypothesis import settings

# The same examples in every run: a test that fails here fails everywhere. No deadline, since the
# machine may be busy with another worker's tests.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")

# A shell without job control starts its background with Ctrl-C ignored, and every process
# of the tests would inherit that: those that are to be ended by it would go on.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A small complete course in a folder of its own."""
    return Course(tmp_path)
