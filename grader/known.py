"""The known mistakes of an exercise, run on the student's own inputs to recognise an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from grader import diagnose, slopes
from grader.diagnose import Candidate, Recogniser
from grader.exercise import Exercise
from grader.findings import Evidence
from grader.measurement import Answer, Derivative
from grader.model import Assignment, Check, Part
from grader.rebuild import rebuild
from grader.slopes import Key
from grader.verdict import Diagnosis, Recognised
from grader.worker import Ask


def recogniser_of(exercise: Exercise) -> Recogniser:
    """Diagnoses by running every known mistake on the student's own inputs; only on failure."""

    def by_quantity(found: Evidence) -> Mapping[tuple[str, str], Diagnosis]:
        wrong = diagnose.wrong_quantities(found)
        calls = {c for p in exercise.assignment.parts for c in (p.forward, p.backward)}
        primary = {k: f for k, f in wrong.items() if k[0] in calls}
        telling = diagnose.suspicions(primary or wrong)
        every = [k for k in found.bench.expected if k[0] not in found.bench.timed]
        asks = {
            m.name: partial(exercise.probe.answers, exercise.wrong[m.name], found.bench.inputs)
            for m in exercise.mistakes
            if not m.slow
        }
        repeats: dict[str, frozenset[diagnose.Key]] = dict.fromkeys(asks, frozenset())
        candidates: dict[str, Candidate] = {}
        for call in dict.fromkeys(f.quantity.call for f in telling):
            some = [f for f in telling if f.quantity.call == call]
            for name, ask in asks.items():
                answers = ask(dict.fromkeys((f.case, call) for f in some))
                repeats[name] |= diagnose.repeated(answers, some)
            for mistake in sorted(exercise.mistakes, key=lambda m: -len(repeats.get(m.name, ()))):
                repeated = repeats.get(mistake.name, frozenset())
                # A mistake that repeats more, and predicts nothing that did not happen, settles it.
                settled = any(
                    repeated < repeats[name] <= c.explains and c.predicts <= wrong.keys()
                    for name, c in candidates.items()
                )
                if repeated and not settled and mistake.name not in candidates:
                    answers = asks[mistake.name](every)
                    candidates[mistake.name] = diagnose.candidate(mistake, answers, found, wrong)
            if any(c.explains == wrong.keys() == c.predicts for c in candidates.values()):
                break
        return diagnose.choose(candidates.values(), wrong)

    def slow(check: Check) -> tuple[Recognised, ...]:
        # The values of a slow mistake are right, so only time can tell.
        return tuple(
            Recognised(m.name, m.when, m.hint)
            for m in exercise.mistakes
            if m.slow and check.id in m.loses
        )

    def slopes_of(
        assignment: Assignment, found: Evidence, name: str, part: Part
    ) -> Mapping[Key, Derivative]:
        evaluate = partial(_at_points, exercise, exercise.wrong[name], found)
        keys = slopes.wanted(assignment, found, thorough=False)
        known = slopes.measure(found, [k for k in keys if k[1] == part.name], evaluate)
        found = replace(found, measurement=replace(found.measurement, slopes=known))
        late = slopes.wanted_of_timed(assignment, found)
        return {**known, **slopes.measure(found, late, evaluate)}

    return Recogniser(by_quantity, slow, slopes_of, partial(rebuild, exercise))


def _at_points(
    exercise: Exercise, module: object, found: Evidence, asks: Sequence[Ask]
) -> list[Answer]:
    """What trusted code answers, stacked over the points of each question."""
    return [
        exercise.probe.at_points(
            module, found.bench.inputs[ask.case], ask.call, ask.input, ask.points
        )
        for ask in asks
    ]
