"""One exercise as the judge knows it: rubric, probe, reference, hidden cases, known mistakes.

Everything here is the course author's and trusted; a student's file never comes near it.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from grader import course as courses
from grader.errors import ConfigError, Problem
from grader.inputs import PUBLIC, generator, inputs
from grader.measurement import Answer, Bench
from grader.model import Assignment, Case, Check, Course, Mistake
from grader.probe import Probe, checked, load_probe, module_of, questions, read_text
from grader.source import apply_edits

if TYPE_CHECKING:
    from grader.model import Arrays

TIMED_RUNS = 3


@dataclass(frozen=True)
class Exercise:
    """An exercise with its solution. `load` reads it."""

    assignment: Assignment
    probe: Probe
    source: str
    cases: tuple[Case, ...]
    mistakes: tuple[Mistake, ...]
    proof: types.ModuleType
    _timed: dict[bytes, _Timings] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def reference(self) -> types.ModuleType:
        return module_of(self.source.encode(), self.assignment.module)

    @cached_property
    def wrong(self) -> Mapping[str, types.ModuleType]:
        """The module each known mistake makes of the reference, by mistake name."""
        return {
            m.name: module_of(self.with_mistake(m).encode(), self.assignment.module)
            for m in self.mistakes
        }

    def with_mistake(self, mistake: Mistake) -> str:
        """The reference's source with the mistake made in it."""
        return apply_edits(self.source, mistake.edits)

    def hidden_bench(self, secret: bytes, student: str) -> Bench:
        """The hidden cases with this student's inputs, and the reference's answers."""
        if secret not in self._timed:
            self._timed[secret] = self._timings(self.cases, secret)
        return self._bench(self.cases, secret, student, self._timed[secret])

    def public_bench(self) -> Bench:
        """The public cases with their inputs, and the reference's answers."""
        cases = self.assignment.public
        return self._bench(cases, PUBLIC, "", self._timings(cases, PUBLIC))

    def _bench(
        self, cases: tuple[Case, ...], secret: bytes, student: str, timings: _Timings
    ) -> Bench:
        timed = self.assignment.timed(cases)
        drawn = self._draw((c for c in cases if c.id not in timed), secret, student)
        asks = list(questions(self.assignment, cases))

        def solve() -> Mapping[tuple[str, str], Answer]:
            own = [k for k in asks if k[0] in drawn]
            return {**self.probe.answers(self.reference, drawn, own), **timings.answers}

        seed = generator(secret, student, self.assignment.slug, "the directions")
        return Bench(
            {c.id: c for c in cases},
            {**drawn, **timings.inputs},
            _Solved(asks, solve),
            timed,
            directions=int(seed.integers(2**63)),
        )

    def _draw(self, cases: Iterable[Case], secret: bytes, student: str) -> dict[str, Arrays]:
        return inputs(self.probe.make_inputs(), cases, secret, student, self.assignment.slug)

    def _timings(self, cases: Iterable[Case], secret: bytes) -> _Timings:
        """Inputs and usual times of the timed cases: the same for all students, to save time.

        The usual time is the reference's best of a few, without hiccups.
        """
        ids = self.assignment.timed(cases)
        timed = [c for c in cases if c.id in ids]
        drawn = self._draw(timed, secret, "")
        answers = {}
        for case, call in questions(self.assignment, timed):
            tries = [self.probe.call(call, self.reference, drawn[case]) for _ in range(TIMED_RUNS)]
            answers[case, call] = min(tries, key=lambda answer: answer.seconds)
        return _Timings(drawn, answers)


@dataclass(frozen=True)
class _Timings:
    inputs: Mapping[str, Arrays]
    answers: Mapping[tuple[str, str], Answer]


class _Solved(Mapping[tuple[str, str], Answer]):
    """The reference's answers, worked out when they are first looked at.

    The judge looks after it has put its questions, so that reference and child work side by side.
    """

    def __init__(
        self,
        asks: Sequence[tuple[str, str]],
        solve: Callable[[], Mapping[tuple[str, str], Answer]],
    ) -> None:
        self._asks = asks
        self._solve = solve

    @cached_property
    def _answers(self) -> Mapping[tuple[str, str], Answer]:
        return self._solve()

    def __getitem__(self, key: tuple[str, str]) -> Answer:
        return self._answers[key]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._asks)

    def __len__(self) -> int:
        return len(self._answers)


def load(course: Course, slug: str) -> Exercise:
    """Exercise `slug` of the course. Raises ConfigError with every problem of the file at fault."""
    assignment = courses.load_assignment(course, slug)
    source_path = course.root / "solutions" / slug / f"{assignment.module}.py"
    probe = load_probe(course.root, slug)
    exercise = Exercise(
        assignment=assignment,
        probe=probe,
        source=read_text(course.root, source_path),
        cases=courses.load_hidden(course, assignment),
        mistakes=courses.load_mistakes(course, assignment),
        proof=_proof(course, slug),
    )
    shown = source_path.relative_to(course.root)
    checked(lambda: exercise.reference, shown)
    problems = []
    for mistake in exercise.mistakes:
        try:
            exercise.with_mistake(mistake)
        except Exception as e:
            at = courses.place_of_mistake(course, slug, mistake.name)
            problems.append(Problem(at.file, at.line, at.column, f"{mistake.name}: {e}"))
    problems += _misfits(course, exercise)
    if problems:
        raise ConfigError(problems)
    return exercise


def _proof(course: Course, slug: str) -> types.ModuleType:
    """solutions/<slug>/proof.py: right answers by another way; empty if there is none."""
    path = course.root / "solutions" / slug / "proof.py"
    if not path.is_file():
        return types.ModuleType("proof")
    text = read_text(course.root, path).encode()
    return checked(lambda: module_of(text, "proof"), path.relative_to(course.root))


def _misfits(course: Course, e: Exercise) -> Iterator[Problem]:
    """What rubric and cases ask of the probe in vain: sizes, functions and arrays it lacks."""
    hidden = Path("solutions", e.assignment.slug, "hidden.yaml")
    rubric = Path("assignments", e.assignment.slug, "assignment.yaml")
    answers: dict[tuple[str, str], Answer] = {}
    given: dict[str, Arrays] = {}
    for file, cases in ((rubric, e.assignment.public), (hidden, e.cases)):
        for case in cases:
            try:
                given |= inputs(e.probe.make_inputs(), [case], PUBLIC, "", e.assignment.slug)
            except Exception as error:
                message = f"case {case.id}: probe.inputs raises {type(error).__name__}: {error}."
                yield Problem(file, 0, 0, f"{message} Mend the case's sizes or the probe.")
    for check in e.assignment.checks:
        first = next((c for c in check.cases(e.assignment.public) if c in given), None)
        if first is None:
            continue
        for call in check.calls:
            if (first, call) not in answers:
                answers[first, call] = e.probe.call(call, e.reference, given[first])
        if check.builds_on and not hasattr(e.probe.module, "parts"):
            message = f"check {check.id}: builds_on needs a function `parts` in the probe. Add it."
            yield Problem(rubric, 0, 0, message)
        yield from (Problem(rubric, 0, 0, m) for m in _misfit(check, answers, first, given[first]))


def _misfit(
    check: Check, answers: Mapping[tuple[str, str], Answer], case: str, given: Arrays
) -> Iterator[str]:
    for call in check.calls:
        failure = answers[case, call].failure
        if failure is not None:
            yield (
                f"check {check.id}: {call} of the probe raises {failure.type} over the reference: "
                f"{failure.message}. Mend the probe, the reference or the name."
            )
            return
    for q in check.quantities:
        known = answers[case, q.call].arrays
        if q.name is not None and q.name not in known:
            yield f"check {check.id}: there is no {q}. {q.call} returns {', '.join(known)}."
            continue
        for name in [q.name] if q.name else known:
            if check.kind == "unchanged" and name not in given:
                yield f"check {check.id}: {q.call} returns {name}, which is no input."
            if check.kind == "same" and name not in answers[case, check.same_as].arrays:
                yield f"check {check.id}: {check.same_as} returns no {name} to compare with."
    if check.kind == "gradient":
        wanted = [check.input, *(f"d{y}" for y in answers[case, check.pair.forward].arrays)]
        for name in wanted:
            if name not in given:
                names = ", ".join(given)
                yield f"check {check.id}: probe.inputs gives no {name}. It gives {names}."
            elif given[name].dtype.kind != "f":
                yield f"check {check.id}: {name} holds no float64 numbers, so it has no gradient."
