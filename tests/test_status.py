"""`grader status`: what is told of a run, by its own log and by whether its process is there."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from grader.cli import cli
from grader.runs import Progress, Run, Running
from grader.status import DONE, INTERRUPTED, RUNNING, UNKNOWN, as_json, lines, status, this_process
from grader.store import Store

SINCE = datetime(2026, 10, 12, 20, 0, tzinfo=UTC)
NOW = SINCE + timedelta(seconds=100)
HALF = Progress(
    total=1000,
    done=400,
    worked=200,
    busy=(("ada", "unit"), ("bo", "net")),
    at=(SINCE + timedelta(seconds=99)).isoformat(),
)
COMMAND = "grader grade class --workers 2"


def run(progress: Progress = HALF, process: Running | None = None) -> Run:
    return Run(1, COMMAND, process or this_process(), SINCE, progress)


def gone() -> Running:
    """A process that was there."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    there = replace(this_process(), pid=child.pid)
    child.communicate()
    return there


def told(one: Run) -> list[str]:
    return list(lines(status(one, NOW), UTC))


def test_a_run_that_runs_tells_how_far_how_fast_and_how_long_yet() -> None:
    assert told(run()) == [
        f"Running since 2026-10-12 20:00:00 (process {os.getpid()}): 400 of 1,000 submissions, "
        "2.0/s, 0:05:00 left.",
        "With the workers: ada (unit), bo (net).",
    ]


def test_a_run_whose_process_is_gone_was_interrupted_and_says_how_to_go_on() -> None:
    assert told(run(process=gone())) == [
        "Interrupted after 0:01:39: 400 of 1,000 submissions, begun 2026-10-12 20:00:00, 2.0/s.",
        f"What is done is kept. To go on: {COMMAND}",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="there, start times are of the kernel")
def test_a_later_process_of_the_same_number_is_not_the_run_s() -> None:
    other = replace(this_process(), started="some other time")
    assert status(run(process=other), NOW).state == INTERRUPTED


def test_another_machine_s_process_cannot_be_seen() -> None:
    seen = status(run(process=replace(this_process(), host="far-away\x1b[2J")), NOW)
    assert (seen.state, seen.left) == (UNKNOWN, None)
    first, *_ = lines(seen, UTC)
    assert "\x1b" not in first
    assert "not to be seen from here: 400 of 1,000" in first


def test_from_another_folder_the_way_back_is_told() -> None:
    away = replace(gone(), folder="/a class/of mine")
    assert told(run(process=away))[-1].endswith(f"To go on: cd '/a class/of mine' && {COMMAND}")


def test_a_run_that_is_done_tells_what_could_not_be_judged() -> None:
    ended = replace(HALF, done=1000, failed=1, errors=("ada, unit: no\x07.",), busy=(), ended=DONE)
    assert told(run(ended)) == [
        "Done: 1,000 of 1,000 submissions, begun 2026-10-12 20:00:00, in 0:01:39, 2.0/s.",
        "1 could not be judged and will be tried again by the next run:",
        "  ada, unit: no.",
        f"To go on: {COMMAND}",
    ]


def test_names_are_shown_plain_and_only_a_few() -> None:
    many = replace(HALF, busy=tuple((f"s{n}\x1b[1m", "unit") for n in range(12)))
    (line,) = told(run(many))[1:]
    assert "\x1b" not in line
    assert line.endswith("and 4 more.")


def test_before_anything_is_judged_no_pace_is_made_up() -> None:
    seen = status(run(Progress(1000)), NOW)
    assert (seen.state, seen.rate, seen.left) == (RUNNING, None, None)
    json.dumps(as_json(seen), allow_nan=False)


# The command


def invoke(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(cli, ["status", "--results", str(folder), *options])


def test_the_command_shows_the_last_run_or_those_that_run(tmp_path: Path) -> None:
    with Store(tmp_path, create=True) as store:
        for process in (this_process(), gone(), gone()):
            store.tell(store.begin(COMMAND, process, Progress(1000)), HALF)
        shown = invoke(tmp_path, "--json")
        document = json.loads(shown.stdout)
        assert document["schema"] == 1
        (only,) = document["runs"]
        assert (only["state"], only["done"], only["total"]) == ("running", 400, 1000)
        assert only["busy"][0] == {"student": "ada", "assignment": "unit"}
        store.tell(1, replace(HALF, ended=DONE))
        (last,) = json.loads(invoke(tmp_path, "--json").stdout)["runs"]
        assert last["state"] == "interrupted"
        assert "Interrupted after" in invoke(tmp_path).stdout


def test_a_damaged_line_and_no_line_are_told_without_a_traceback(tmp_path: Path) -> None:
    with Store(tmp_path, create=True) as store:
        store.begin(COMMAND, this_process(), HALF)
        db = sqlite3.connect(store.path)
        db.execute("UPDATE batch SET progress = '{}'")
        db.commit()
        db.close()
    error = invoke(tmp_path).exception
    assert "Nothing is told of any run" in str(error)
