"""What a student should look at: each mistake or reason once, with the checks that it cost.

Only what is fit for hidden checks goes in: reasons, diagnoses and hints, never details, errors or
what the code printed or raised.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from grader.explain import diagnosis_text
from grader.messages import say
from grader.model import Assignment
from grader.report.summary import diagnoses_of, is_graded
from grader.results import duration_text, points_text
from grader.verdict import Diagnosis, Result, ScoredCheck, Status


@dataclass(frozen=True)
class Advice:
    """One thing to look at. `also`: further quantities that the same mistake explains.

    `checks` are the ids of the checks that it cost. `hints` are pairs of a check's title and its
    hint; the title is "" for a hint on all of them.
    """

    text: str
    also: tuple[str, ...]
    checks: tuple[str, ...]
    hints: tuple[tuple[str, str], ...]


def advice(result: Result) -> tuple[Advice, ...]:
    """All that `result`, as `for_student` gave it, has to say: recognised mistakes come first.

    A check without a diagnosis that failed for the same reason as one with a diagnosis is taken to
    have failed of the same mistake. There is nothing to add to a problem that may be shown.
    """
    if result.problem:
        return ()
    lost = [c for c in result.checks if c.result.status not in (Status.PASSED, Status.MANUAL)]
    named: list[Advice] = []
    explained: set[str] = set()
    for names, found in diagnoses_of(result).items():
        reasons = {c.result.reason for c in lost if _mentions(c, names)}
        explained |= reasons
        named.append(_of_mistake(found, [c for c in lost if _is_of(c, names, reasons)]))
    by_reason: dict[str, list[ScoredCheck]] = {}
    for c in lost:
        r = c.result
        if not r.diagnosis and r.status is not Status.SKIPPED and r.reason not in explained:
            by_reason.setdefault(r.reason, []).append(c)
    return (*named, *(_of_reason(reason, checks) for reason, checks in by_reason.items()))


def _is_of(check: ScoredCheck, names: tuple[str, ...], reasons: set[str]) -> bool:
    alike = not check.result.diagnosis and check.result.reason in reasons
    return alike or _mentions(check, names)


def _mentions(check: ScoredCheck, names: tuple[str, ...]) -> bool:
    return any(set(names) <= {m.name for m in d.mistakes} for d in check.result.diagnosis)


def _of_mistake(found: list[Diagnosis], checks: list[ScoredCheck]) -> Advice:
    first, *others = found
    hints = dict.fromkeys(m.hint for m in first.mistakes if m.hint)
    return Advice(
        text=diagnosis_text(first),
        also=tuple(dict.fromkeys(d.quantity for d in others if d.quantity != first.quantity)),
        checks=tuple(c.result.id for c in checks),
        hints=tuple(("", hint) for hint in hints),
    )


def _of_reason(reason: str, checks: list[ScoredCheck]) -> Advice:
    alone = len(checks) == 1
    return Advice(
        text=reason,
        also=(),
        checks=tuple(c.result.id for c in checks),
        hints=tuple(("" if alone else c.title, c.result.hint) for c in checks if c.result.hint),
    )


def problem_for_student(result: Result, assignment: Assignment) -> str:
    """A result's problem as far as it may be shown for hidden cases, or "".

    The problem of code that ran may quote an exception, and an exception may quote hidden inputs.
    """
    if not is_graded(result):
        return result.problem
    safe = {
        text
        for name in assignment.requires
        for text in (
            say("submission.missing_name", file=assignment.file_name, name=name),
            say("submission.no_cell", name=name),
        )
    }
    return result.problem if result.problem in safe else ""


def for_student(result: Result, assignment: Assignment) -> Result:
    """`result` without anything that is the instructor's alone."""
    checks = tuple(
        replace(c, result=replace(c.result, detail=(), error=None, numeric=None))
        for c in result.checks
    )
    problem = problem_for_student(result, assignment)
    attempts = tuple(for_student(r, assignment) for r in result.attempts)
    return replace(result, checks=checks, problem=problem, isolation="", attempts=attempts)


def lateness(result: Result) -> list[str]:
    """What coming late has cost, in a line; none for who came in time."""
    late = result.lateness
    if late is None or not result.is_late:
        return []
    key = "comment.refused" if late.refused else "comment.late"
    share = points_text(100 * late.penalty)
    return [say(key, time=duration_text(late.minutes), percent=share)]
