"""Makes what the documentation shows of the command itself: every command's help, and a picture of
a check of a wrong LSTM. `python docs/generate.py` writes, with `--check` it only compares."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from grader.cli import cli

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
COLUMNS = 100
WRONG = Path("examples/class/olga/lstm/lstm.py")
HEAD = """# Every command

`grader COMMAND --help` prints the same. `-h` is short for `--help`, and every command that needs a
course takes `--course DIR`.
"""


def commands() -> str:
    """The help of every command, as Markdown."""
    return "\n".join(
        [HEAD, *_helps(cli, click.Context(cli, info_name="grader", **cli.context_settings))]
    )


def _helps(command: click.Command, context: click.Context) -> Iterator[str]:
    context.terminal_width = COLUMNS
    yield f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            one = command.get_command(context, name)
            assert one is not None
            yield from _helps(one, click.Context(one, context, name, **cli.context_settings))


def picture() -> str:
    """What a terminal shows of `grader check` on a wrong LSTM, as SVG without a font to load."""
    told = f"$ grader check {WRONG.name}\n" + _in_a_terminal("check", str(WRONG))
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text.from_ansi(told.rstrip()))
    svg = console.export_svg(title="grader check", theme=MONOKAI, unique_id="check")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


def _in_a_terminal(*arguments: str) -> str:
    """What `grader` prints on a terminal of COLUMNS columns."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    command = [sys.executable, "-c", "from grader.cli import main; main()", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    ):
        os.close(theirs)
        told = b"".join(_all_of(ours))
    os.close(ours)
    return told.decode("utf-8").replace("\r\n", "\n")


def _all_of(fd: int) -> Iterator[bytes]:
    try:
        while piece := os.read(fd, 1 << 16):
            yield piece
    except OSError:  # how Linux says that nobody writes any more
        return


PAGES = {DOCS / "commands.md": commands, DOCS / "images" / "check.svg": picture}


def main() -> None:
    stale = []
    for path, make in PAGES.items():
        made = make()
        if not path.is_file() or path.read_text(encoding="utf-8") != made:
            stale.append(str(path.relative_to(ROOT)))
            if "--check" not in sys.argv:
                path.write_text(made, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.exit(f"Out of date: {', '.join(stale)}. Run `python docs/generate.py`.")


if __name__ == "__main__":
    main()
