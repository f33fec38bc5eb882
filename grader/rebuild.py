"""The reference with a submission's own functions in it.

A loop over a unit is right if it does with this unit what the reference's loop would do with it,
even where the unit itself is wrong. So the author's probe has `parts`: classes that answer by
asking the submission. Put in the place of the reference's own, they make a reference built on the
student's unit, run in the judge; the student's code stays in its child.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from grader import gradcheck
from grader.exercise import Exercise
from grader.findings import Evidence
from grader.measurement import Answer, Measurement
from grader.model import Check, Quantity
from grader.probe import module_of
from grader.slopes import usable
from grader.worker import Ask, Conversation

if TYPE_CHECKING:
    from grader.model import Array, Arrays

ASKED = "asked by the reference"
"""The id of the case that holds the arguments of each call."""

STEPS = (1e-2, 64.0)
"""How far an entry is moved to see whether an answer depends on it: a little, and far enough to
wake a unit that happens to be off. What is even in the entry is the same far to both sides."""

SOME = 12
"""Of how many entries of each input this is asked."""

MOST_ENTRIES = 2000


class NoUse(Exception):
    """The submission's function answers with nothing that could be built on."""


def rebuild(exercise: Exercise, found: Evidence, session: Conversation) -> Measurement:
    """The measurement with what each wrong check that builds on wrong functions is held against.

    And with which of these functions make it too easy: they leave out what the reference's depend
    on. Functions that fail, or return other shapes than the reference's, are of no use.
    """
    answers: dict[tuple[str, str], Answer] = {}
    depends: dict[tuple[str, str], bool] = {}
    for check in exercise.assignment.checks:
        cases = found.bench.of(check)
        basis = list(_wrong(check, found))
        for call in basis:
            # Whoever forgot what others forget is not playing tricks.
            if call not in found.known and (cases[0], call) not in depends:
                depends[cases[0], call] = _depends(exercise, found, session, cases[0], call)
        for case in cases if basis else ():
            for call in dict.fromkeys(q.call for q in check.quantities):
                if (case, call) not in answers:
                    answers[case, call] = _built(exercise, found, session, case, call)
    too_easy = frozenset(call for (_, call), does in depends.items() if not does)
    return replace(found.measurement, rebuilt=answers, too_easy=too_easy)


def _wrong(check: Check, found: Evidence) -> Iterator[str]:
    """The functions that `check` builds on and that are wrong, if the check is wrong too."""
    looked_at = found.of(check, check.quantities) if check.builds_on else []
    if all(f.right for f in looked_at) or not all(f.well_shaped for f in looked_at):
        return
    for call in check.builds_on:
        if not all(f.right for f in found.of(check, [Quantity(call)])):
            yield call


def _built(
    exercise: Exercise, found: Evidence, session: Conversation, case: str, call: str
) -> Answer:
    def ask(name: str, given: Arrays) -> Mapping[str, Array]:
        session.give({ASKED: given})
        (answer,) = session.ask([Ask(ASKED, name)])
        want = exercise.probe.call(name, exercise.reference, given)
        if not usable(answer, {y: a.shape for y, a in want.arrays.items()}):
            raise NoUse
        return {y: np.array(a) for y, a in answer.arrays.items()}

    module = module_of(exercise.source.encode(), exercise.assignment.module)
    module.__dict__.update(exercise.probe.module.parts(ask))
    return exercise.probe.call(call, module, found.bench.inputs[case])


def _depends(
    exercise: Exercise, found: Evidence, session: Conversation, case: str, call: str
) -> bool:
    """Whether the submission's `call` depends on the entries that the reference's depends on.

    A function that ignores its arguments is trivial to build on. A few entries of each input are
    tried, which nobody can foresee.
    """
    given, precision = found.bench.inputs[case], found.precision[case]
    rng = np.random.default_rng(found.bench.directions)
    names = list(_read(exercise, given, call))
    some = {n: rng.permutation(given[n].size)[:SOME] for n in names}
    asks = [
        Ask(case, call, n, _entry_points(given[n], some[n], step)) for n in names for step in STEPS
    ]
    needed = {n: np.zeros(some[n].shape, dtype=bool) for n in names}
    moves = {n: np.zeros(some[n].shape, dtype=bool) for n in names}
    for ask, answer in zip(asks, session.ask(asks), strict=True):
        ours = exercise.probe.at_points(exercise.reference, given, call, ask.input, ask.points)
        if not usable(answer, {y: a.shape for y, a in ours.arrays.items()}):
            return False
        shape = some[ask.input].shape
        needed[ask.input] |= gradcheck.depends(ours.arrays, shape, precision)
        moves[ask.input] |= gradcheck.depends(answer.arrays, shape, precision)
    return not any(bool((needed[n] & ~moves[n]).any()) for n in names)


def _entry_points(p: Array, some: Array, step: float) -> Array:
    """Points [2 n, *p.shape]: each of `some` n entries of p plus a step, then each minus it."""
    every = gradcheck.entry_points(p, step)
    return np.concatenate((every[some], every[p.size + some]))


def _read(exercise: Exercise, given: Arrays, call: str) -> Iterator[str]:
    """The inputs that the reference's `call` depends on at all."""
    plain = exercise.probe.call(call, exercise.reference, given).arrays
    for name, a in given.items():
        if a.dtype.kind == "f" and 0 < a.size <= MOST_ENTRIES:
            moved = exercise.probe.call(call, exercise.reference, {**given, name: a + STEPS[0]})
            same = (np.array_equal(moved.arrays[y], plain[y]) for y in plain if y in moved.arrays)
            if not all(same):
                yield name
