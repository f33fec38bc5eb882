"""GitHub's workflow commands and step summary.

The runner reads a line of a step's output, standard error included, as a command if it begins with
`::` after any blanks, or has `##[` anywhere in it (src/Runner.Common/ActionCommand.cs). So a name
of a file or a line that a student's code printed could be one. Everything that is not a command of
ours is therefore printed between `::stop-commands::TOKEN` and `::TOKEN::`, a token that nobody
could have known when they wrote it.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from grader.ci.places import line_of
from grader.explain import diagnosis_text
from grader.messages import plain, say
from grader.terminal import nothing_ran, remember, to_do, told_by
from grader.verdict import Status

if TYPE_CHECKING:
    from grader.own import Checked
    from grader.verdict import CheckResult

SUMMARY = "GITHUB_STEP_SUMMARY"
MOST_BYTES = 1 << 20
"""What GitHub takes of a step's summary. It drops a longer one as a whole."""

MOST_ANNOTATIONS = 10
"""What GitHub shows of each level and step."""

_LEVELS = {Status.FOLLOW_THROUGH: "warning", Status.SKIPPED: "", Status.MANUAL: ""}


def fenced(lines: Iterable[str]) -> Iterator[str]:
    """`lines` as the runner shows them and obeys none of them."""
    token = secrets.token_hex(16)
    yield f"::stop-commands::{token}"
    try:
        yield from lines
    finally:
        yield f"::{token}::"


def command(name: str, message: str, **properties: object) -> str:
    """A workflow command in one line. Properties that are empty or 0 are left out."""
    told = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items() if value)
    return f"::{name}{' ' if told else ''}{told}::{_data(message)}"


def annotate(checked: Iterable[Checked], root: Path) -> list[str]:
    """Commands that put what does not hold on the student's lines, what to do next first.

    `root` is the folder of the repository, to which the names of files are relative.
    """
    return [line for c in checked for line in _of(c, root)][:MOST_ANNOTATIONS]


def _of(checked: Checked, root: Path) -> Iterator[str]:
    result, file = checked.result, relative(checked.file, root)
    if nothing_ran(result):
        lines = [_line(checked, c.result) for c in result.checks[:1]]
        yield command("error", plain(result.problem), file=file, line=next(iter(lines), 0))
        return
    told: dict[object, str] = {}
    for c in to_do(result):
        level = _LEVELS.get(c.result.status, "error")
        if level:
            yield command(
                level,
                _message(c.result, told),
                file=file,
                line=_line(checked, c.result),
                title=plain(f"{result.assignment}: {c.title}"),
            )


def relative(file: Path, root: Path) -> str:
    """`file` as systems name it that know the repository at `root`."""
    full = file.resolve()
    return full.relative_to(root).as_posix() if full.is_relative_to(root) else full.as_posix()


def workspace() -> Path:
    """The folder of the repository that is checked out."""
    return Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd()).resolve()


def write_summary(text: str) -> bool:
    """Append `text` to the summary of this step; whether there is one.

    What is longer than GitHub takes is cut at a line, rather than lost.
    """
    path = os.environ.get(SUMMARY)
    if not path:
        return False
    content = text.encode()
    if len(content) > MOST_BYTES // 2:
        content = content[: MOST_BYTES // 2].rpartition(b"\n")[0] + b"\n\n(cut)\n"
    with Path(path).open("ab") as f:
        f.write(content)
    return True


def _line(checked: Checked, result: CheckResult) -> int:
    check = next(c for c in checked.rubric.checks if c.id == result.id)
    return line_of(result, check, checked.file.name, checked.source)


def _message(r: CheckResult, told: dict[object, str]) -> str:
    """What the terminal says, each line made safe; the lines are joined by escaped line ends."""
    if earlier := told_by(r, told):
        return plain(say("fold.cause", reason=r.reason, id=earlier))
    remember(r, told)
    lines = [r.reason, *r.detail, *(diagnosis_text(d) for d in r.diagnosis)]
    lines += [say("notebook.hint", hint=r.hint)] if r.hint else []
    return "\n".join(plain(line, 500) for line in lines if line)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A").replace("##[", "## [")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
