"""Where a kernel's checks are worked out: the exercise's files, and what was judged already.

A notebook has a cell for each check, and one conversation answers all of them. It is held again
as soon as a cell has run that is anything but a check.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from grader import examples, explain, sealed
from grader.diagnose import Recogniser
from grader.errors import UsageError
from grader.judge import conclude, examine
from grader.messages import say
from grader.model import Check
from grader.notebook import heatmap, show
from grader.notebook.kernel import Kernel
from grader.probe import Probe, checked, module_of, read_text
from grader.score import score
from grader.verdict import Status
from grader.worker import NOT_SANDBOXED

if TYPE_CHECKING:
    from grader.examples import Kit
    from grader.findings import Evidence
    from grader.notebook.show import Shown
    from grader.verdict import ScoredCheck

FILES = EXAMPLES, PROBE = "examples.json", "probe.py"
STUDENT = "you"


@dataclass(frozen=True)
class _Exercise:
    """The two files of an exercise, read; `stamp` tells whether they have changed since."""

    probe: Probe
    kit: Kit
    stamp: tuple[int, ...]


@dataclass(frozen=True)
class _Judged:
    """What one conversation gave, when the kernel had run `cells` cells and knew `names`.

    `names` is None where a kernel does not remember its cells.
    """

    found: Evidence
    printed: str
    checks: Mapping[str, ScoredCheck]
    cells: int
    names: Mapping[str, Any] | None


class Desk:
    """One for each kernel."""

    def __init__(self) -> None:
        self._exercises: dict[Path, _Exercise] = {}
        self._judged: dict[tuple[Path, tuple[str, ...]], _Judged] = {}

    def look(self, check_id: str, slug: str | None = None) -> Shown:
        """How a check comes out for what is defined in the kernel now.

        Raises UsageError if the exercise or the check is not to be found, ConfigError if the
        exercise's files are damaged.
        """
        folder = _folder(Path.cwd(), slug)
        exercise = self._exercise(folder)
        assignment = exercise.kit.assignment
        check = next((c for c in assignment.checks if c.id == check_id), None)
        if check is None:
            known = ", ".join(c.id for c in assignment.checks)
            raise UsageError(
                say("notebook.no_check", id=check_id, slug=assignment.slug, known=known)
            )
        names = vars(sys.modules["__main__"])
        for name in assignment.requires:
            if name not in names:
                return show.note(check_id, say("notebook.not_defined", name=name))
        # A timed check takes its time, so it is held only if its result counts for this one.
        timed = tuple(
            c.id for c in assignment.checks if c.kind == "cost" and check_id in (c.id, *c.withholds)
        )
        judged = self._current(folder, timed, exercise, names)
        scored = judged.checks[check_id]
        return show.outcome(scored, judged.printed, _maps(check, scored, judged.found))

    def _exercise(self, folder: Path) -> _Exercise:
        stamp = tuple((folder / file).stat().st_mtime_ns for file in FILES)
        known = self._exercises.get(folder)
        if known is None or known.stamp != stamp:
            source = read_text(folder, folder / PROBE).encode()
            probe = Probe(source, checked(lambda: module_of(source, "probe"), Path(PROBE)))
            known = _Exercise(probe, examples.load(folder / EXAMPLES, probe), stamp)
            self._exercises[folder] = known
            self._judged.clear()
        return known

    def _current(
        self, folder: Path, timed: tuple[str, ...], exercise: _Exercise, names: dict[str, Any]
    ) -> _Judged:
        known = self._judged.get((folder, timed))
        if known is None or not _stands(known, names):
            known = self._judged[folder, timed] = _judge(exercise, timed, names)
        return known


def _folder(here: Path, slug: str | None) -> Path:
    """The exercise's folder: `here` or above, or that of `slug` in a course that `here` is in."""
    for folder in (here, *here.parents):
        places = [folder] if slug in (None, folder.name) else []
        places += [folder / "assignments" / slug, folder / slug] if slug else []
        for place in places:
            if all((place / file).is_file() for file in FILES):
                return place
    if slug is None:
        raise UsageError(say("notebook.no_folder", here=here, files=" and ".join(FILES)))
    raise UsageError(say("notebook.no_exercise", here=here, slug=slug))


def _judge(exercise: _Exercise, timed: Collection[str], names: dict[str, Any]) -> _Judged:
    """The whole conversation but for the timed checks that are not among `timed`."""
    kit = exercise.kit
    wanted = tuple(c for c in kit.assignment.checks if c.kind != "cost" or c.id in timed)
    assignment = replace(kit.assignment, checks=wanted)
    recogniser = Recogniser(lambda e: sealed.recognise(kit.hints, e), lambda c: ())
    cells = _cells(names)
    # The cell that runs now may go on to change something, so it counts as one to come.
    before = max(len(cells) - 1, 0)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kernel = Kernel(exercise.probe.module, names, kit.assignment.limits.seconds, _number)
        found = examine(kernel, assignment, kit.bench, recogniser)
        judgement = conclude(assignment, found, recogniser, NOT_SANDBOXED)
    result = score(STUDENT, assignment, judgement)
    checks = {c.result.id: c for c in result.checks}
    return _Judged(found, judgement.printed, checks, before, _own(names) if cells else None)


def _stands(known: _Judged, names: Mapping[str, Any]) -> bool:
    """Whether nothing but checks has run in the kernel since."""
    now = _own(names)
    return (
        known.names is not None
        and known.names.keys() == now.keys()
        and all(known.names[name] is value for name, value in now.items())
        and all(_only_checks(cell) for cell in _cells(names)[known.cells :])
    )


def _own(names: Mapping[str, Any]) -> dict[str, Any]:
    """What is defined, but for what a kernel itself changes with each cell."""
    return {n: v for n, v in names.items() if not n.startswith("_") and n not in ("In", "Out")}


def _cells(names: Mapping[str, Any]) -> Sequence[Any]:
    """The code of all cells run so far, this one too; nothing where that is not remembered."""
    cells = names.get("In")
    return cells if isinstance(cells, list) else ()


def _only_checks(cell: object) -> bool:
    """Whether a cell imports and calls checks, and does nothing else."""
    try:
        body = ast.parse(str(cell)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(_is_import(node) or _is_check(node) for node in body)


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "grader.notebook"


def _is_check(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id == "check"
        and all(isinstance(a, ast.Constant) for a in node.value.args)
    )


def _number(file: str) -> int:
    """The number in brackets beside the cell whose code IPython keeps under a file name, or 0."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    told = shell.compile.format_code_name(file) if shell else None
    found = re.fullmatch(r"In\[(\d+)\]", told[1]) if told else None
    return int(found[1]) if found else 0


def _maps(check: Check, scored: ScoredCheck, found: Evidence) -> tuple[heatmap.Map, ...]:
    """Pictures of what is wrong with the arrays of a check that failed."""
    if scored.result.status is not Status.FAILED or check.kind not in ("matches", "gradient"):
        return ()
    wrong = [f for f in found.of(check, check.quantities) if f.what == "wrong"]
    if not wrong:
        return ()
    f = max(wrong, key=lambda f: f.error)
    what = explain.name_of(f.quantity)
    maps = [heatmap.of(what, f.case, f.got, f.want)]
    own = found.measurement.own.get(check.part)
    if check.kind == "gradient" and own is not None and check.input in own.gradient:
        got = found.findings[own.case, check.pair.backward, check.input].got
        slope = own.gradient[check.input]
        maps.append(heatmap.of(what, own.case, got, slope, own=True))
    return tuple(m for m in maps if m is not None)
