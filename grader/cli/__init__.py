"""The command `grader`. Parsing and printing only; each command imports what it needs itself."""

from __future__ import annotations

import importlib
import os
import sys
import traceback

import click

from grader import __version__
from grader.cli import common
from grader.errors import ConfigError, GraderError

MODULES = (
    "student",
    "grade",
    "grading",
    "status",
    "report",
    "similarity",
    "compare",
    "author",
    "nbgrader",
    "transfer",
    "bundle",
)
"""Where the commands are, looked through in this order: a student's must be quick to start."""


class _Commands(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(name for module in MODULES for name in _commands(module))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = (_commands(module).get(cmd_name) for module in MODULES)
        return next(filter(None, found), None)


def _commands(module: str) -> dict[str, click.Command]:
    """The commands that a module defines, by name."""
    defined = vars(importlib.import_module(f"{__name__}.{module}")).values()
    return {c.name: c for c in defined if isinstance(c, click.Command) and c.name}


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="grader")
def cli() -> None:
    """Backpropagation by hand: check your own work, grade a class, prove a course.

    Exit codes: 0 done; 1 done, with something to look at; 2 the command or the course is wrong.
    """


def main() -> None:
    """The console script: errors raised on purpose become messages, never tracebacks."""
    # One thread, as in the child: the arrays are small, and a reference that is timed on more
    # threads than the student's code would set the wrong pace.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    try:
        sys.exit(cli(standalone_mode=False) or common.ALL_WELL)
    except ConfigError as e:
        click.echo("\n".join(str(p) for p in e.problems), err=True)
    except GraderError as e:
        click.echo(f"grader: {e}", err=True)
    except click.exceptions.Exit as e:
        sys.exit(e.exit_code)
    except click.ClickException as e:
        e.show()
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted. Run the same command again to go on.", err=True)
        sys.exit(common.INTERRUPTED)
    except common.ReaderGone:
        # As with `| head`. Without this Python would complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(common.LOOK)
    except Exception:
        # Not 1, which Python would take and which has a meaning here.
        traceback.print_exc()
        click.echo("grader: this is a mistake in the grader itself. Please report it.", err=True)
    sys.exit(common.BAD_USAGE)
