"""What public cases show of gradients that failed on hidden ones, so that students may be shown it.

A stored source is run in the sandbox once more, on the public cases alone: a fresh process that
knows nothing of any hidden case. What came out is kept beside the results.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from grader import __version__, compare, gradcheck, gradient_map
from grader.errors import WorkerError
from grader.exercise import Exercise
from grader.explain import name_of
from grader.findings import Evidence, evidence
from grader.gradient_map import GradientMap
from grader.measurement import Bench, Measurement
from grader.model import Check
from grader.slopes import forward_right, outputs_usable, usable
from grader.store import Row
from grader.verdict import Status
from grader.worker import Ask, Session, Worker

if TYPE_CHECKING:
    from grader.model import Array

SCHEMA = 1
FILE = "public.json"
STEP = 1e-2
MOST_ENTRIES = 2000
AGREEMENT = {compare.FLOAT64: 1e-5, compare.FLOAT32: 1e-2}
"""The relative error up to which a gradient is the slope, by the student's precision."""

Maps = tuple[GradientMap, ...]


def failed_gradients(e: Exercise, row: Row) -> tuple[Check, ...]:
    """The gradient checks of a row that came out wrong, with values that can be looked at."""
    failed = {c.id for c in row.judgement.checks if c.status is Status.FAILED}
    checks = e.assignment.checks
    return tuple(c for c in checks if c.kind == "gradient" and c.id in failed)


def look(worker: Worker, e: Exercise, bench: Bench, row: Row, checks: Sequence[Check]) -> Maps:
    """Run the source of `row` on the public cases of `checks`. Raises WorkerError.

    Whatever the student's code does, at most there is less to show.
    """
    cases = [c for check in checks for c in bench.of(check) if c not in bench.timed]
    cases = list(dict.fromkeys(cases))
    with (
        np.errstate(all="ignore"),
        worker.open(e.probe.source, e.assignment.module, row.source) as session,
    ):
        session.give({case: bench.inputs[case] for case in cases})
        calls = dict.fromkeys(
            (case, call)
            for check in checks
            for case in bench.of(check)
            if case in cases
            for call in (check.pair.forward, check.pair.backward)
            if (case, call) in bench.expected
        )
        asks = [Ask(case, call) for case, call in calls]
        answers = dict(zip(calls, session.ask(asks), strict=True))
        expected = {key: bench.expected[key] for key in calls}
        asked = Bench({c: bench.cases[c] for c in cases}, bench.inputs, expected)
        found = evidence(asked, Measurement(answers))
        maps = [_of_check(session, found, check) for check in checks]
    return tuple(m for m in maps if m is not None)


def _of_check(session: Session, found: Evidence, check: Check) -> GradientMap | None:
    (quantity,) = check.quantities
    what = name_of(quantity)
    seen, forwards = 0, True
    for case in found.bench.of(check):
        finding = found.findings.get((case, check.pair.backward, check.input))
        if finding is None or not outputs_usable(found, case, check.pair):
            continue
        got, right = finding.got, forward_right(found, case, check.pair)
        if finding.right and right:
            seen += 1
            continue
        if got is None or finding.what not in ("right", "wrong", "not_finite"):
            continue
        numeric = _numeric(session, found, case, check)
        if numeric is None:
            continue
        if compare.relative_error(got, numeric) > AGREEMENT[found.precision[case]]:
            return gradient_map.differing(check.id, what, case, got, numeric)
        seen, forwards = seen + 1, forwards and right
    if not seen:
        return None
    return GradientMap(check.id, what, "right" if forwards else "forward")


def _numeric(session: Session, found: Evidence, case: str, check: Check) -> Array | None:
    """The slope of the student's forward, entry by entry; two steps extrapolated to none."""
    at = found.bench.inputs[case][check.input]
    if at.size > MOST_ENTRIES or at.dtype.kind != "f":
        return None
    forward = found.bench.expected[case, check.pair.forward].arrays
    shapes = {y: (2 * at.size, *a.shape) for y, a in forward.items()}
    asks = [
        Ask(case, check.pair.forward, check.input, gradcheck.entry_points(at, h))
        for h in (STEP, STEP / 2)
    ]
    answers = session.ask(asks)
    if not all(usable(a, shapes) for a in answers):
        return None
    coarse, fine = (
        gradcheck.entries({y: a.arrays[y] for y in shapes}, found.bench.inputs[case], at.shape, h)
        for a, h in zip(answers, (STEP, STEP / 2), strict=True)
    )
    return (4 * fine - coarse) / 3


class Views:
    """The maps of a results folder, made as they are asked for and kept in `FILE` there."""

    def __init__(self, folder: Path, exercises: Mapping[str, Exercise]) -> None:
        self._path = folder / FILE
        self._exercises = exercises
        self._kept = _read(self._path)
        self._used: dict[str, Maps] = {}

    def split(self, rows: Iterable[Row]) -> tuple[dict[tuple[str, str], Maps], list[Row]]:
        """What is known of `rows` already, by student and assignment, and the rows left to run."""
        known, left = {}, []
        for row in rows:
            checks = failed_gradients(self._exercises[row.assignment], row)
            if not checks:
                continue
            key = self._key(row, checks)
            if key in self._kept:
                self._used[key] = known[row.student, row.assignment] = self._kept[key]
            else:
                left.append(row)
        return known, left

    def run(self, worker: Worker, rows: Iterable[Row]) -> Iterator[tuple[Row, Maps]]:
        """Run `rows`; one that no process can be had for has nothing to show, this time."""
        benches: dict[str, Bench] = {}
        for row in rows:
            e = self._exercises[row.assignment]
            if row.assignment not in benches:
                benches[row.assignment] = e.public_bench()
            checks = failed_gradients(e, row)
            try:
                maps = look(worker, e, benches[row.assignment], row, checks)
            except WorkerError:
                yield row, ()
                continue
            self._used[self._key(row, checks)] = maps
            yield row, maps

    def keep(self) -> None:
        """Write down what was used, for the next time; whoever cannot write runs it again."""
        if self._used == self._kept:
            return
        told = {key: [m.as_json() for m in maps] for key, maps in sorted(self._used.items())}
        new = self._path.with_name(f"{FILE}.{os.getpid()}")
        try:
            new.write_text(json.dumps({"schema": SCHEMA, "views": told}), encoding="utf-8")
            os.replace(new, self._path)
        except OSError:
            new.unlink(missing_ok=True)

    def _key(self, row: Row, checks: Sequence[Check]) -> str:
        """A digest of all that decides the maps."""
        e = self._exercises[row.assignment]
        decided = [
            __version__,
            row.source.hex(),
            e.probe.source.hex(),
            e.source,
            [repr(c) for c in checks],
            [repr(c) for c in e.assignment.public],
            repr(e.assignment.limits),
        ]
        return hashlib.sha256(json.dumps(decided).encode()).hexdigest()


def _read(path: Path) -> dict[str, Maps]:
    """What an earlier report has kept; nothing if that cannot be read."""
    try:
        told = json.loads(path.read_bytes())
        if told["schema"] != SCHEMA:
            return {}
        return {
            str(key): tuple(gradient_map.from_json(m) for m in maps)
            for key, maps in told["views"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
