"""A class sorted for its pages: who there is, what each has done, the figures of exercises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from grader.errors import UsageError
from grader.model import Assignment, Course
from grader.policy import weighted
from grader.report.example import Example, example
from grader.report.material import Material
from grader.report.people import Person, people
from grader.report.summary import ExerciseSummary, MistakeSummary, summarise
from grader.verdict import Result

MISSING = "missing"


@dataclass(frozen=True)
class Gathered:
    """All by student id: `everyone` in alphabetical order, `work` by assignment, `totals` of 100.

    `exercises` are all of the course's, in order. A total is None if nothing weighs anything.
    """

    course: Course
    exercises: tuple[ExerciseSummary, ...]
    everyone: Mapping[str, Person]
    work: Mapping[str, Mapping[str, Result]]
    totals: Mapping[str, Fraction | None]
    material: Material

    @property
    def worked_on(self) -> tuple[ExerciseSummary, ...]:
        """The exercises that somebody has handed in."""
        return tuple(e for e in self.exercises if e.results)

    @property
    def results(self) -> tuple[Result, ...]:
        """All that was handed in, by exercise."""
        return tuple(r for e in self.exercises for r in e.results)

    @property
    def weights(self) -> dict[str, Fraction]:
        """What each exercise weighs, by title; empty if all weigh the same."""
        policy = self.course.policy
        weights = {e.assignment.title: policy.of(e.assignment.slug).weight for e in self.worked_on}
        return weights if len(set(weights.values())) > 1 else {}

    def clock(self, results: Iterable[Result]) -> str:
        """By whose clock the times of `results` are shown, "" if there are none."""
        return str(self.course.policy.zone) if any(r.came for r in results) else ""

    def common(self, results: Iterable[Result]) -> dict[str, object]:
        """What all pages say of the course as a whole."""
        return {"course": self.course, "weights": self.weights, "clock": self.clock(results)}


def gather(
    course: Course,
    assignments: Mapping[str, Assignment],
    results: Sequence[Result],
    material: Material,
) -> Gathered:
    """The class of `results`, at most one for each student and assignment.

    Raises UsageError if a result's exercise is not in `assignments`.
    """
    unknown = sorted({r.assignment for r in results} - set(assignments))
    if unknown:
        raise UsageError(
            f"There are results of {', '.join(unknown)}, which the course does not have. "
            "Add the exercise to course.yaml, or report from another results folder."
        )
    everyone = people((*(r.student for r in results), *material.names), material.names)
    work: dict[str, dict[str, Result]] = {s: {} for s in everyone}
    for r in results:
        if r.status != MISSING:
            work[r.student][r.assignment] = r
    slugs = [s for s in dict.fromkeys((*course.slugs, *assignments)) if s in assignments]
    exercises = tuple(_exercise(assignments[s], work, material) for s in slugs)
    worked_on = [e.assignment.slug for e in exercises if e.results]
    totals = {s: _total(course, worked_on, own) for s, own in work.items()}
    return Gathered(course, exercises, everyone, work, totals, material)


def _exercise(
    assignment: Assignment, work: Mapping[str, Mapping[str, Result]], material: Material
) -> ExerciseSummary:
    slug = assignment.slug
    found = summarise(assignment, (own[slug] for own in work.values() if slug in own), len(work))
    mistakes = tuple(replace(m, line=_line(slug, m, material)) for m in found.mistakes)
    return replace(found, mistakes=mistakes)


def _line(slug: str, mistake: MistakeSummary, material: Material) -> Example | None:
    """A line of somebody who made the mistake. Of several that it may be, none is certain."""
    if len(mistake.example.mistakes) != 1:
        return None
    edits = material.edits.get(slug, {}).get(mistake.example.mistakes[0].name, ())
    sources = (
        (s, *material.sources[s, slug]) for s in mistake.students if (s, slug) in material.sources
    )
    return example(edits, sources) if edits else None


def _total(course: Course, slugs: Sequence[str], own: Mapping[str, Result]) -> Fraction | None:
    """What a student has earned so far, out of 100."""
    shares = dict.fromkeys(slugs, Fraction(0))
    shares |= {s: r.score / r.max_score if r.max_score else Fraction(1) for s, r in own.items()}
    share = weighted(shares, course.policy)
    return None if share is None else 100 * share
