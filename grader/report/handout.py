"""What a student may be sent: a page of HTML that stands alone, and the same as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from grader.messages import say
from grader.model import Assignment
from grader.report.advice import Advice, advice, for_student
from grader.report.gather import Gathered
from grader.report.markdown import markdown
from grader.report.page import render
from grader.report.panels import Figure, figure
from grader.report.people import Person
from grader.report.verdicts import Verdict, verdicts
from grader.verdict import Result

FOLDER = "students"


@dataclass(frozen=True)
class Own:
    """All that a student is told, by assignment; nothing in it is the instructor's alone."""

    person: Person
    total: Fraction | None
    assignments: tuple[Assignment, ...]
    results: Mapping[str, Result]
    advice: Mapping[str, tuple[Advice, ...]]
    verdicts: Mapping[str, tuple[Verdict, ...]]
    figures: Mapping[str, tuple[Figure, ...]]


def own(g: Gathered, person: Person) -> Own:
    """What `person` is told."""
    shown = tuple(e.assignment for e in g.worked_on)
    work = g.work[person.id]
    fit = {a.slug: for_student(work[a.slug], a) for a in shown if a.slug in work}
    maps = g.material.maps
    return Own(
        person,
        g.totals[person.id] if len(shown) > 1 else None,
        shown,
        fit,
        {slug: advice(r) for slug, r in fit.items()},
        {slug: verdicts(r.checks, told=False) for slug, r in fit.items()},
        {slug: tuple(figure(m) for m in maps.get((person.id, slug), ())) for slug in fit},
    )


def own_page(g: Gathered, person: Person, *, alone: bool = False) -> str:
    """The page of `person`: as a file that stands `alone`, or as a piece of the class report."""
    told = own(g, person)
    template = "student.html" if alone else "own.html"
    common = g.common(told.results.values())
    return render(template, **common, o=told, inside=not alone, scale=say("page.scale"))


def own_markdown(g: Gathered, person: Person) -> str:
    """The same as Markdown."""
    told = own(g, person)
    return markdown(told, g.course, g.weights, g.clock(told.results.values()))


def hand_out(g: Gathered, person: Person) -> dict[str, str]:
    """Both, by path within the report."""
    return {
        f"{FOLDER}/{person.file}.html": own_page(g, person, alone=True),
        f"{FOLDER}/{person.file}.md": own_markdown(g, person),
    }
