"""The checks of an exercise as pytest's items: collected from the kit, judged when the first runs.

A check that holds passes. One that follows through is expected to fail (xfail): it has earned
marks, and what is to be mended stands elsewhere and fails under its own name. One that waits for
another, or for a person, is skipped. All others fail, with what `grader check` says of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

import pytest

from grader.errors import ConfigError, GraderError
from grader.messages import say
from grader.model import Kind
from grader.notebook import show
from grader.verdict import ScoredCheck, Status
from grader.yamlio import read_yaml

_REGISTERED = pytest.StashKey[bool]()


class Exercise(pytest.File):
    """An assignment.yaml, with examples.json beside it. The student's code runs once."""

    def collect(self) -> Iterator[Check]:
        """One item for each check, in rubric order. Runs nothing of the student's."""
        try:
            rubric = json.loads((self.path.parent / "examples.json").read_bytes())
            checks = [(str(c["id"]), str(c["kind"])) for c in rubric["assignment"]["checks"]]
        except (OSError, ValueError, KeyError, TypeError) as e:
            message = f"examples.json is damaged ({type(e).__name__}: {e}). Restore it."
            raise self.CollectError(message) from None
        self._register()
        lines = _lines(self.path)
        for name, kind in checks:
            check = Check.from_parent(self, name=name, line=lines.get(name, 1))
            check.add_marker(kind)
            yield check

    @cached_property
    def outcome(self) -> dict[str, show.Shown] | str:
        """How each check came out, by its id, or one sentence why nothing could be judged."""
        from grader import own

        folder = self.path.parent
        try:
            checked = own.check(folder.parent.parent, folder.name, folder)
        except ConfigError as e:
            return "\n".join(str(p) for p in e.problems)
        except GraderError as e:
            return str(e)
        if not checked.judgement.checks:
            return checked.judgement.problem
        printed = checked.judgement.printed
        return {c.result.id: _shown(c, printed) for c in checked.result.checks}

    def _register(self) -> None:
        """Announce the markers, only in runs that have checks: other projects keep their own."""
        if not self.config.stash.get(_REGISTERED, False):
            self.config.stash[_REGISTERED] = True
            for kind in get_args(Kind):
                line = f"{kind}: a check of this kind in assignment.yaml (rnn-grader)"
                self.config.addinivalue_line("markers", line)


class Check(pytest.Item):
    """One check. `line` is where it begins in assignment.yaml, from 1."""

    parent: Exercise

    def __init__(self, *, line: int, **rest: Any) -> None:
        super().__init__(**rest)
        self.line = line

    def runtest(self) -> None:
        outcome = self.parent.outcome
        if isinstance(outcome, str):
            raise CheckFailed(outcome)
        shown = outcome[self.name]
        match shown.status:
            case Status.PASSED:
                return
            case Status.FOLLOW_THROUGH:
                pytest.xfail(shown.reason)
            case Status.MANUAL | Status.SKIPPED:
                raise pytest.skip.Exception(shown.reason, _use_item_location=True)
            case _:
                place = f"{self.nodeid.partition('::')[0]}:{self.line}"
                closing = f"{place}: {shown.title} ({shown.score})"
                raise CheckFailed("\n".join([shown.reason, *shown.findings, "", closing]))

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """What the student is told, and no traceback of ours."""
        if isinstance(excinfo.value, CheckFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.line - 1, self.name


class CheckFailed(Exception):
    """A check that does not hold. The first line of its text is what pytest's summary shows."""


def _shown(scored: ScoredCheck, printed: str) -> show.Shown:
    shown = show.outcome(scored, printed)
    return shown if shown.reason else replace(shown, reason=say(f"outcome.{shown.status}"))


def _lines(path: Path) -> dict[str, int]:
    """The line on which each check begins, by its id; nothing for a file that cannot be read."""
    try:
        document = read_yaml(path)
    except ConfigError:
        return {}
    data = document.data if isinstance(document.data, dict) else {}
    return {
        str(check.get("id")): document.place(("checks", i))[0]
        for i, check in enumerate(data.get("checks") or ())
        if isinstance(check, dict)
    }
