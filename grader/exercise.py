"""One exercise as the judge knows it: rubric, probe, reference, hidden cases, known mistakes.

Everything here is the course author's and trusted; a student's file never comes near it.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from grader import course as courses
from grader.errors import ConfigError, Problem
from grader.inputs import inputs
from grader.model import Answer, Assignment, Bench, Case, Course, Mistake
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
        return self.bench(self.cases, secret, student)

    def bench(self, cases: tuple[Case, ...], secret: bytes, student: str) -> Bench:
        """`cases` with inputs drawn for `student`, and the reference's answers to them."""
        drawn = inputs(self.probe.make_inputs(), cases, secret, student, self.assignment.slug)
        asks = list(questions(self.assignment, cases))
        expected = self.probe.answers(self.reference, drawn, asks)
        timed = self.assignment.timed(cases)
        for case, call in asks:
            if case in timed:
                expected[case, call] = self._usual(call, drawn[case])
        return Bench({c.id: c for c in cases}, drawn, expected, timed)

    def _usual(self, call: str, given: Arrays) -> Answer:
        """The reference's answer with its usual time: the best of a few, without hiccups."""
        tries = [self.probe.call(call, self.reference, given) for _ in range(TIMED_RUNS)]
        return min(tries, key=lambda answer: answer.seconds)


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
    if problems:
        raise ConfigError(problems)
    return exercise
