"""`grader check --watch`: every save is answered, on one screen, until Ctrl-C."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import click
import pytest
from course_kit import SLUG, Course, affine
from golden.kit import COMMAND, PATIENCE, built, grader, started

from grader.model import Assignment
from grader.own import Checked
from grader.screen import Look, Seen, compared, report
from grader.verdict import CheckResult, Judgement, Result, ScoredCheck, Status

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="uses a pseudo-terminal of Linux")

NEGATED_W = affine(dW="-x.T @ dy")
WIDTH, HEIGHT = 80, 24


class Terminal:
    """A terminal with `grader check --watch` running in it."""

    def __init__(self, course: Course, path: Path) -> None:
        self.ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
        self.settings = termios.tcgetattr(self.theirs)
        self.process = subprocess.Popen(
            [COMMAND, "check", str(path), "--watch", "--course", str(course.root)],
            stdin=self.theirs,
            stdout=self.theirs,
            stderr=self.theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self.raw = ""

    def screen(self, words: str, patience: float = PATIENCE) -> str:
        """The next whole screen with `words` on it, as it is read. Later ones stay to be read."""
        deadline = time.monotonic() + patience
        while True:
            *whole, rest = self.raw.split("\033[J")
            for n, drawn in enumerate(whole):
                if words in (seen := click.unstyle(drawn)):
                    self.raw = "\033[J".join([*whole[n + 1 :], rest])
                    return re.sub(r"\033\[\d*[HJK]", "", seen).replace("\r", "")
            assert time.monotonic() < deadline, f"no {words!r} in {self.raw!r}"
            self.raw += self._read()

    def _read(self) -> str:
        if not select.select([self.ours], [], [], 0.1)[0]:
            return ""
        try:
            return os.read(self.ours, 1 << 16).decode("utf-8", "replace")
        except OSError:  # how a pseudo-terminal says that nobody is left
            return ""

    def interrupt(self) -> str:
        """Press Ctrl-C. Everything that comes until the command has ended."""
        os.write(self.ours, b"\x03")
        self.process.wait(PATIENCE)
        said = self.raw
        while more := self._read():
            said += more
        return said


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return built(Course(tmp_path))


@pytest.fixture
def file(course: Course, tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    path = folder / f"{SLUG}.py"
    path.write_text(affine())
    return path


@pytest.fixture
def terminal(course: Course, file: Path) -> Iterator[Terminal]:
    opened = Terminal(course, file)
    try:
        yield opened
    finally:
        opened.process.kill()
        opened.process.wait()
        os.close(opened.ours)
        os.close(opened.theirs)


def test_each_save_is_answered_with_what_it_changed(terminal: Terminal, file: Path) -> None:
    first = terminal.screen("100 of 100 points")
    assert "passes now" not in first
    file.write_text(NEGATED_W)
    broken = terminal.screen("70 of 100 points (−30)")
    assert "▼ no longer passes: grad-W" in broken
    assert "Every entry has the wrong sign." in broken
    file.write_text(affine())
    mended = terminal.screen("100 of 100 points (+30)")
    assert "▲ passes now: grad-W" in mended
    file.write_text(affine() + "# a remark\n")
    assert "Nothing changed." in terminal.screen("100 of 100 points")


def replaced(file: Path, text: str) -> None:
    beside = file.with_suffix(".tmp")
    beside.write_text(text)
    beside.replace(file)


def removed_for_a_moment(file: Path, text: str) -> None:
    file.unlink()
    time.sleep(0.2)
    file.write_text(text)


def emptied_for_a_moment(file: Path, text: str) -> None:
    with file.open("w") as opened:
        time.sleep(0.2)
        opened.write(text)


@pytest.mark.parametrize("save", [replaced, removed_for_a_moment, emptied_for_a_moment])
def test_it_does_not_matter_how_an_editor_saves(
    save: Callable[[Path, str], None], terminal: Terminal, file: Path
) -> None:
    terminal.screen("100 of 100 points")
    save(file, NEGATED_W)
    seen = terminal.screen("Watching")
    assert "70 of 100 points (−30)" in seen


def test_a_file_that_is_gone_or_does_not_compile_is_told_and_waited_for(
    terminal: Terminal, file: Path
) -> None:
    terminal.screen("100 of 100 points")
    file.unlink()
    assert "There is no file affine.py." in terminal.screen("Watching")
    file.write_text("def (")
    assert "cannot be compiled" in terminal.screen("Watching")
    file.write_text(NEGATED_W)
    seen = terminal.screen("Watching")
    assert "70 of 100 points (−30)" in seen, "compared with the last that ran"


def test_a_loop_without_end_makes_way_for_the_file_that_mends_it(
    terminal: Terminal, file: Path
) -> None:
    terminal.screen("100 of 100 points")
    file.write_text(affine(first="while True: pass"))
    time.sleep(1)
    before = time.monotonic()
    file.write_text(NEGATED_W)
    assert "70 of 100 points" in terminal.screen("Watching")
    assert time.monotonic() - before < 4, "the limit of an attempt is 10 s"


def test_ctrl_c_ends_it_and_leaves_the_terminal_as_it_was(terminal: Terminal, file: Path) -> None:
    terminal.screen("100 of 100 points")
    said = terminal.interrupt()
    assert terminal.process.returncode == 0
    assert "Traceback" not in said
    assert "Interrupted" not in said
    assert said.endswith("\r\033[K")
    assert termios.tcgetattr(terminal.theirs) == terminal.settings


def test_ctrl_c_in_the_middle_of_a_check_ends_it_as_well(terminal: Terminal, file: Path) -> None:
    terminal.screen("100 of 100 points")
    file.write_text(affine(first="while True: pass"))
    time.sleep(0.3)
    said = terminal.interrupt()
    assert (terminal.process.returncode, "Traceback" in said) == (0, False)


def test_without_a_terminal_results_are_printed_one_after_another(
    course: Course, file: Path
) -> None:
    with started("check", file, "--watch", "--course", course.root) as process:
        assert process.stdout is not None
        seen = _lines_until(process, "Watching")
        file.write_text(NEGATED_W)
        seen += _lines_until(process, "Watching")
        process.terminate()
        process.communicate()
    assert "100 of 100 points" in seen
    assert "70 of 100 points (−30)" in seen
    assert "\033" not in seen


def _lines_until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    seen = ""
    while words not in seen:
        line = process.stdout.readline()
        assert line, seen
        seen += line
    return seen


def test_watching_prints_no_json(course: Course, file: Path) -> None:
    ran = grader("check", file, "--watch", "--json", "--course", course.root)
    assert ran.code == 2
    assert "--watch prints no JSON" in ran.err


# What is shown

STATUSES = (Status.PASSED, Status.SKIPPED, Status.FAILED, Status.ERROR)


def look(*statuses: Status, printed: str = "", problem: str = "") -> Look:
    results = [
        CheckResult(f"check-{n}", s, reason="" if s is Status.PASSED else f"Reason {n}.")
        for n, s in enumerate(statuses)
    ]
    scored = tuple(
        ScoredCheck(r, f"Title {r.id}", Fraction(r.status is Status.PASSED), Fraction(1))
        for r in results
    )
    points = sum((c.points for c in scored), Fraction(0))
    result = Result("you", SLUG, scored, points, Fraction(len(scored)), "failed", problem)
    judged = Judgement(tuple(results), problem, printed)
    rubric = Assignment(SLUG, "A title", SLUG, ())
    checked = Checked("A title", judged, result, Path("x.py"), b"", rubric)
    return Look(SLUG, Path("x.py"), checked, datetime.now(), 0.01)


def shown(now: Look, before: Look | None = None, height: int = 0, width: int = 80) -> list[str]:
    return [click.unstyle(line) for line in report(Seen(now, before), [], width, height)]


def test_what_to_do_next_comes_first_in_full_and_the_rest_is_folded() -> None:
    text = "\n".join(shown(look(*STATUSES)))
    assert text.index("Reason 2.") < text.index("Title check-3") < text.index("Title check-1")
    assert "Reason 3." not in text
    assert "1 passed: check-0" in text


@pytest.mark.parametrize("height", [10, 24, 50])
@pytest.mark.parametrize("width", [40, 60, 200])
def test_it_fits_the_window(height: int, width: int) -> None:
    many = look(*STATUSES * 8, printed="something\n" * 50)
    lines = shown(many, look(*STATUSES[::-1] * 8), height, width)
    assert len(lines) <= height
    assert all(len(line) <= width for line in lines)
    assert "Reason" in "".join(lines)
    assert lines[-1].startswith("Watching")


def test_what_did_not_run_is_not_what_a_save_is_compared_with() -> None:
    first, broken, second = (
        look(Status.PASSED),
        look(Status.ERROR, problem="No."),
        look(Status.FAILED),
    )
    seen = compared(second, compared(broken, compared(first, None)))
    assert seen == Seen(second, first)


def test_hostile_output_reaches_no_terminal() -> None:
    lines = shown(look(Status.FAILED, printed="\033[2Jgone\x07"))
    assert not re.search(r"[\x00-\x1f\x7f]", "".join(lines))
    assert "    [2Jgone" in lines


def test_the_first_that_runs_is_compared_with_the_stub_before_it() -> None:
    stub = look(Status.ERROR, Status.ERROR, problem="Nothing is implemented yet.")
    seen = compared(look(Status.PASSED, Status.FAILED), compared(stub, None))
    text = "\n".join(click.unstyle(line) for line in report(seen, [], 80, 24))
    assert "▲ passes now: check-0" in text
    assert "1 of 2 points (+1)" in text


# From a released kit, as a new student would


@pytest.mark.slow
def test_a_kit_is_watched_in_a_terminal_of_its_own(course: Course, tmp_path: Path) -> None:
    """tmux is what draws the screen here, so that what is seen is what a person would see."""
    if not shutil.which("tmux"):
        pytest.skip("tmux is not installed")
    kit, socket = tmp_path / "kit", tmp_path / "socket"
    assert grader("release", "--out", kit, "--course", course.root).code == 0
    work = kit / "assignments" / SLUG / f"{SLUG}.py"

    def tmux(*arguments: str) -> str:
        command = ["tmux", "-S", str(socket), "-f", os.devnull, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def screen(words: str) -> str:
        deadline = time.monotonic() + PATIENCE
        while words not in (seen := tmux("capture-pane", "-p")):
            assert time.monotonic() < deadline, f"no {words!r} in:\n{seen}"
            time.sleep(0.05)
        return seen

    run = f"import sys; sys.path.insert(0, {str(kit)!r}); from grader.cli import main; main()"
    (tmp_path / "grader.py").write_text(run)
    shell = "env PS1='ready> ' sh"
    tmux("new-session", "-d", "-x", "80", "-y", "24", "-c", str(kit), shell)
    try:
        screen("ready>")
        tmux("send-keys", "stty -a > ../before", "Enter")
        command = f"{sys.executable} -P {tmp_path}/grader.py check {SLUG} --watch"
        tmux("send-keys", f"clear; {command}", "Enter")
        assert "Open affine.py" in screen("Nothing is implemented yet.")
        work.write_text(affine())
        assert "▲ passes now: forward-value" in screen("100 of 100 points (+100)")
        work.write_text(NEGATED_W)
        broken = screen("70 of 100 points (−30)")
        assert "▼ no longer passes: grad-W" in broken
        assert "passes now" not in broken, "the screen before is gone"
        assert broken.count("of 100 points") == 1, "one screen"
        work.write_text(affine())
        assert "▲ passes now: grad-W" in screen("100 of 100 points (+30)")
        tmux("send-keys", "C-c")
        # The last result stays, and the prompt has a line of its own below it.
        left = screen("on the public cases (sandboxed)\nready>")
        assert "Traceback" not in left
        tmux("send-keys", "stty -a > ../after; echo 'and on'", "Enter")
        screen("\nand on")
        assert (tmp_path / "after").read_text() == (tmp_path / "before").read_text()
        assert tmux("display-message", "-p", "#{cursor_flag} #{alternate_on}").split() == ["1", "0"]
    finally:
        tmux("kill-server")
