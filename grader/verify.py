"""Proving an exercise: that its reference is right, its stub empty, its checks neither blind nor
unfair. Every proof runs submissions through the same judge as grading does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grader import (
    build,
    examples,
    exercise,
    gradcheck,
    mutants,
    progress,
    proofs,
    source,
)
from grader.course import place_of_mistake
from grader.crew import SECRET, STUDENT, Crew, Task
from grader.errors import ConfigError
from grader.exercise import Exercise
from grader.gradcheck import Verdict
from grader.judge import examine
from grader.measurement import Bench
from grader.model import Course, Mistake, Part, Quantity
from grader.mutate import Mutant
from grader.trial import Fate, Marker
from grader.verdict import Result, Status
from grader.worker import Worker

_CODE_IN_HINT = 12

Tell = Callable[[str], None]
Marked = Callable[[bytes], Result]
"""The result of a source, as a submission of the exercise that is proven."""


@dataclass
class Proof:
    """What was proven of one exercise; `failures` are sentences, empty if it all holds."""

    slug: str
    failures: list[str] = field(default_factory=list)
    reference: dict[str, Any] = field(default_factory=dict)
    stub: dict[str, Any] = field(default_factory=dict)
    mistakes: dict[str, Any] = field(default_factory=dict)
    accepted: dict[str, Any] = field(default_factory=dict)
    mutants: dict[str, Any] = field(default_factory=dict)
    inconclusive: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "assignment": self.slug,
            "proven": not self.failures,
            "reference": self.reference,
            "stub": self.stub,
            "mistakes": self.mistakes,
            "accepted": self.accepted,
            "mutants": self.mutants,
            "inconclusive": self.inconclusive,
            "failures": self.failures,
        }


def verify(course: Course, slug: str, worker: Worker, crew: Crew, tell: Tell) -> Proof:
    """Prove exercise `slug`. An error in its files is a proof that fails, not an exception."""
    proof = Proof(slug)
    try:
        e = exercise.load(course, slug)
        made = mutants.of(e)
    except ConfigError as error:
        proof.failures += [str(p) for p in error.problems]
        return proof
    tasks = _tasks(course, e, made)
    outcomes = crew.outcomes(list(tasks))  # they are at it from here on
    marks: dict[bytes, Result] = {}
    fates: dict[str, Fate] = {}
    bench = e.hidden_bench(SECRET, STUDENT)
    marker = Marker(e, bench, worker, STUDENT)

    def marked(source: bytes) -> Result:
        return marks.get(source) or marker.mark(source)

    tell("generated files")
    proof.failures += _drift(course, e)
    tell("reference")
    proof.failures += _reference(e, bench, marked, worker, proof)
    tell("stub")
    proof.failures += _stub(course, e, marked, proof)
    for task, outcome in progress.bar(outcomes, len(tasks), slug):
        if isinstance(outcome, Fate):
            fates[tasks[task]] = outcome
        else:
            marks[task.source] = outcome
    proof.failures += _mistakes(course, e, marked, proof)
    proof.failures += _accepted(course, e, marked, proof)
    proof.failures += _hints(course, e)
    found = mutants.conclude(course, e, made, fates)
    proof.mutants = found.as_json()
    proof.failures += found.failures
    return proof


def _tasks(course: Course, e: Exercise, made: Sequence[Mutant]) -> dict[Task, str]:
    """Every source to judge, with the id of those that are mutants.

    The slow ones first, so that nobody waits for them in the end.
    """
    slug = e.assignment.slug
    folder = course.root / "solutions" / slug / "accepted"
    return {
        **{Task(slug, e.with_mistake(m).encode()): "" for m in e.mistakes if m.slow},
        **{Task(slug, path.read_bytes()): "" for path in sorted(folder.glob("*.py"))},
        **{Task(slug, e.with_mistake(m).encode()): "" for m in e.mistakes if not m.slow},
        **{Task(slug, m.source.encode(), trial=True): m.id for m in made},
    }


def lines(proof: Proof) -> Iterator[str]:
    """A proof for reading: what holds in one line each, then every failure."""
    yield f"{proof.slug}: {'proven' if not proof.failures else 'NOT proven'}"
    if proof.mistakes:
        r, m, a = proof.reference, proof.mistakes, proof.accepted
        counts = f"{r['gradients']} gradients and {r['values']} values"
        yield f"  reference  {r['score']:g} points, {counts} proven to {r['error']:.0e}"
        yield f"  stub       {proof.stub['score']:g} points"
        yield f"  mistakes   {m['caught']} of {m['total']} lose what they must and are named"
        yield f"  accepted   {a['full']} of {a['total']} keep full marks"
    if proof.mutants:
        u = proof.mutants
        yield f"  mutants    {u['killed']} of {u['total']} lose marks, {u['equivalent']} need not"
    if proof.inconclusive:
        yield f"  numerically inconclusive: {', '.join(proof.inconclusive)}"
    for line in proof.failures:
        yield f"  ✗ {line}"


def _drift(course: Course, e: Exercise) -> list[str]:
    folder = course.root / "assignments" / e.assignment.slug
    found = build.check(folder, generated(course, e))
    return [f"assignments/{e.assignment.slug}/{drift}" for drift in found]


def generated(course: Course, e: Exercise) -> dict[str, bytes]:
    """The generated files of an exercise; examples.json as it stands if it says the same."""
    slug = e.assignment.slug
    path = course.root / "assignments" / slug / "examples.json"
    made = examples.make(e)
    if path.is_file():
        old = path.read_bytes()
        made = old if examples.same(old, made) else made
    shown = Path("solutions", slug, e.assignment.file_name)
    return build.generate(e.assignment, source.parse(e.source, shown), made)


def _reference(
    e: Exercise, bench: Bench, marked: Marked, worker: Worker, proof: Proof
) -> Iterator[str]:
    result = marked(e.source.encode())
    proven = proofs.of_reference(e, bench)
    proof.reference = {
        "score": float(result.score),
        "max_score": float(result.max_score),
        "gradients": proven.gradients,
        "values": proven.values,
        "error": proven.error,
    }
    yield from (f"reference: {line}" for line in (*_lost(result), *proven.failures))
    yield from _numerically(e, bench, worker, proof)


def _numerically(e: Exercise, bench: Bench, worker: Worker, proof: Proof) -> Iterator[str]:
    """The numerical derivative must agree with the reference wherever it is conclusive.

    Regimes where it is not are listed: a follow-through cannot be judged there.
    """
    with worker.open(e.probe.source, e.assignment.module, e.source.encode()) as session:
        found = examine(session, e.assignment, bench, thorough=True)
    for (case, part, name), slope in found.measurement.slopes.items():
        verdict = gradcheck.verdict(slope, found.precision[case])
        if verdict is Verdict.INCONCLUSIVE:
            proof.inconclusive.append(f"{Quantity(Part(part).backward, name)} in case {case}")
        elif verdict is Verdict.INCONSISTENT:
            what = Quantity(Part(part).backward, name)
            yield f"reference: {what} in case {case} is not the gradient of its forward."


def _stub(course: Course, e: Exercise, marked: Marked, proof: Proof) -> Iterator[str]:
    path = course.root / "assignments" / e.assignment.slug / e.assignment.file_name
    if not path.is_file():
        proof.stub = {"score": None}
        return
    result = marked(path.read_bytes())
    statuses = {c.result.status for c in result.checks} - {Status.MANUAL}
    proof.stub = {"score": float(result.score), "problem": result.problem}
    if result.score:
        yield f"stub: it earns {float(result.score):g} points; it must earn none."
    if statuses != {Status.ERROR} or not all(
        "implemented" in c.result.reason for c in result.checks if c.max_points
    ):
        yield 'stub: not every check says "not implemented yet".'


def _mistakes(course: Course, e: Exercise, marked: Marked, proof: Proof) -> Iterator[str]:
    caught: set[str] = set()
    misjudged = []
    for mistake in e.mistakes:
        result = marked(e.with_mistake(mistake).encode())
        lost = {c.result.id for c in result.checks if c.points < c.max_points}
        caught |= lost
        said = list(_misjudged(mistake, lost, result))
        if said:
            misjudged.append(mistake.name)
            at = place_of_mistake(course, e.assignment.slug, mistake.name)
            yield from (f"{at.file}:{at.line}: {mistake.name} {line}" for line in said)
    blind = [c.id for c in e.assignment.checks if c.kind != "manual" and c.id not in caught]
    proof.mistakes = {
        "total": len(e.mistakes),
        "caught": len(e.mistakes) - len(misjudged),
        "misjudged": misjudged,
        "blind_checks": blind,
    }
    yield from (f"check {c}: no known mistake is caught by it. Add one." for c in blind)


def _misjudged(mistake: Mistake, lost: set[str], result: Result) -> Iterator[str]:
    if extra := sorted(lost - mistake.loses):
        yield f"loses {', '.join(extra)}, which `loses` does not name."
    if kept := sorted(mistake.loses - lost):
        yield f"does not lose {', '.join(kept)}, which `loses` names."
    named = {m.name for c in result.checks for d in c.result.diagnosis for m in d.mistakes}
    if mistake.name not in named:
        others = f", but {', '.join(sorted(named))}" if named else ""
        yield f"is not named by the diagnosis{others}."


def _accepted(course: Course, e: Exercise, marked: Marked, proof: Proof) -> Iterator[str]:
    folder = course.root / "solutions" / e.assignment.slug / "accepted"
    paths = sorted(folder.glob("*.py"))
    full = 0
    for path in paths:
        result = marked(path.read_bytes())
        full += result.score == result.max_score
        yield from (f"accepted/{path.name}: {line}" for line in _lost(result))
    proof.accepted = {"total": len(paths), "full": full}


def _lost(result: Result) -> Iterator[str]:
    for c in result.checks:
        if c.points < c.max_points and c.result.status is not Status.MANUAL:
            detail = " ".join(c.result.detail)
            yield f"loses {c.result.id}: {c.result.reason} {detail}".rstrip()


def _hints(course: Course, e: Exercise) -> Iterator[str]:
    """A hint everywhere, and none that repeats a line of the solution."""
    lines = e.source.splitlines()
    regions = source.parse(e.source, Path(e.assignment.file_name)).regions
    answers = {_squeezed(line) for r in regions for line in lines[r.begin : r.end - 1]}
    told: Sequence[tuple[str, str]] = [
        *((f"check {c.id}", c.hint) for c in e.assignment.checks if c.kind != "manual"),
        *((f"mistake {m.name}", m.hint) for m in e.mistakes),
    ]
    for what, hint in told:
        if not hint.strip():
            yield f"{what}: it has no hint. Add one that leads without giving the answer away."
        for answer in answers:
            if len(answer) >= _CODE_IN_HINT and answer in _squeezed(hint):
                yield f"{what}: its hint holds a line of the solution. Lead, do not tell."


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)
