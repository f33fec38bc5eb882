"""The known mistakes of an exercise, run on the student's own inputs to recognise an answer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from grader import diagnose
from grader.diagnose import Recogniser
from grader.exercise import Exercise
from grader.findings import Evidence
from grader.model import Check, Diagnosis, Recognised


def recogniser_of(exercise: Exercise) -> Recogniser:
    """Diagnoses by running every known mistake on the student's own inputs; only on failure."""

    def by_quantity(found: Evidence) -> Mapping[tuple[str, str], Diagnosis]:
        wrong = diagnose.wrong_quantities(found)
        primary = {k: f for k, f in wrong.items() if k[0] in ("forward", "backward")}
        telling = diagnose.suspicions(primary or wrong)
        few = dict.fromkeys((f.case, f.quantity.call) for f in telling)
        every = [k for k in found.bench.expected if k[0] not in found.bench.timed]
        candidates = []
        for mistake in exercise.mistakes:
            if mistake.slow:
                continue
            ask = partial(exercise.probe.answers, exercise.wrong[mistake.name], found.bench.inputs)
            if diagnose.suspect(ask(few), telling):
                candidates.append(diagnose.candidate(mistake, ask(every), found, wrong))
        return diagnose.choose(candidates, wrong)

    def slow(check: Check) -> tuple[Recognised, ...]:
        # The values of a slow mistake are right, so only time can tell.
        return tuple(
            Recognised(m.name, m.when, m.hint)
            for m in exercise.mistakes
            if m.slow and check.id in m.loses
        )

    return Recogniser(by_quantity, slow)
