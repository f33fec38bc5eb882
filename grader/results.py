"""A result as a JSON document, and a judgement as what the store keeps. Versioned; round-trips.

A stored judgement holds no points, so a change of the rubric needs no rerun; a result document
holds no time of grading, so grading twice gives the same bytes.
"""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from grader.verdict import (
    CheckResult,
    Diagnosis,
    Judgement,
    Recognised,
    Result,
    ScoredCheck,
    Status,
)

SCHEMA = 1
_FORMULA = ("=", "+", "-", "@", "|", "%")


def document(
    results: list[Result],
    errors: list[str],
    totals: Mapping[str, Fraction | None] | None = None,
) -> dict[str, Any]:
    """What `grade --json` prints. `totals`, the shares of a course earned, are out of 100."""
    told = {"schema": SCHEMA, "results": [result_json(r) for r in results], "errors": errors}
    return told if totals is None else {**told, "totals": _totals_json(totals)}


def streamed(
    results: Iterable[Result],
    after: Callable[[], tuple[list[str], Mapping[str, Fraction | None]]],
) -> Iterator[str]:
    """The lines of the document, with never more than one result of it in memory.

    `after` gives errors and totals once the last of `results` has been read.
    """
    yield f'{{\n "schema": {SCHEMA},'
    last = ""
    for result in results:
        yield f"{last}," if last else ' "results": ['
        text = json.dumps(result_json(result), indent=1, ensure_ascii=False)
        last = "  " + text.replace("\n", "\n  ")
    yield f"{last}\n ]," if last else ' "results": [],'
    errors, totals = after()
    rest = {"errors": errors, "totals": _totals_json(totals)}
    yield json.dumps(rest, indent=1, ensure_ascii=False)[2:]


def _totals_json(totals: Mapping[str, Fraction | None]) -> dict[str, float | int | None]:
    return {
        student: None if share is None else number(100 * share) for student, share in totals.items()
    }


def result_json(result: Result) -> dict[str, Any]:
    """One gradebook row with its checks; points to the cent."""
    return {
        "student": result.student,
        "assignment": result.assignment,
        "score": number(result.score),
        "max_score": number(result.max_score),
        "status": result.status,
        "problem": result.problem,
        "isolation": result.isolation,
        **_attempt_json(result),
        "attempts": [
            {
                **_attempt_json(r),
                "score": number(r.score),
                "status": r.status,
                "counts": r.attempt == result.attempt,
            }
            for r in result.attempts
        ],
        "checks": [_check_json(c) for c in result.checks],
    }


def _attempt_json(result: Result) -> dict[str, Any]:
    """Which attempt it is, when it came, and what that cost."""
    attempt, came, late = result.attempt, result.came, result.lateness
    return {
        "attempt": attempt.number,
        "attempt_name": attempt.name,
        "submitted": came.isoformat() if came else None,
        "time_from": attempt.time_from if came else "",
        "earned": number(result.earned),
        "late": late
        and {
            "due": late.due.isoformat(),
            "extended": late.extended,
            "minutes": late.minutes,
            "days": late.days,
            "penalty_percent": number(100 * late.penalty),
            "refused": late.refused,
        },
    }


def number(points: Fraction) -> float | int:
    """Points as a JSON number, to the cent, a half cent to the even one."""
    cents = round(points * 100)
    return cents // 100 if cents % 100 == 0 else cents / 100


def points_text(points: Fraction) -> str:
    """Points as people write them: 7, 7.5, 7.33."""
    return str(number(points))


def csv_cell(value: object) -> object:
    """A value for a cell of a CSV: a text that a spreadsheet would compute begins with a quote."""
    if not isinstance(value, str):
        return value
    start = unicodedata.normalize("NFKC", value.lstrip("\ufeff \xa0")[:1])
    dangerous = start in _FORMULA or value[:1] in ("\t", "\r", "\n")
    return f"'{value}" if value and dangerous else value


def duration_text(minutes: int) -> str:
    """A time span as people say it, in its two largest units: 2 days 5 hours."""
    days, rest = divmod(minutes, 24 * 60)
    parts = ((days, "day"), (rest // 60, "hour"), (rest % 60, "minute"))
    said = [f"{n} {unit}{'s' if n > 1 else ''}" for n, unit in parts if n]
    return " ".join(said[:2]) or "0 minutes"


def _check_json(c: ScoredCheck) -> dict[str, Any]:
    r = c.result
    return {
        "id": r.id,
        "title": c.title,
        "status": r.status.value,
        "points": number(c.points),
        "max_points": number(c.max_points),
        **({"waiting": c.waiting} if r.status is Status.MANUAL else {}),
        "reason": r.reason,
        "detail": list(r.detail),
        "error": _finite(r.error),
        "numeric": _finite(r.numeric),
        "diagnosis": [_diagnosis_json(d) for d in r.diagnosis],
        "hint": r.hint,
    }


def _diagnosis_json(d: Diagnosis) -> dict[str, Any]:
    named = [{"name": m.name, "when": m.when, "hint": m.hint} for m in d.mistakes]
    return {"quantity": d.quantity, "mistakes": named}


def _finite(x: float | None) -> float | str | None:
    """JSON has no infinity."""
    return x if x is None or math.isfinite(x) else str(x)


def dump_judgement(j: Judgement) -> dict[str, Any]:
    """A judgement for the store."""
    return {
        "schema": SCHEMA,
        "problem": j.problem,
        "printed": j.printed,
        "isolation": j.isolation,
        "checks": [
            {
                "id": r.id,
                "status": r.status.value,
                "known": r.known,
                "reason": r.reason,
                "detail": list(r.detail),
                "error": _finite(r.error),
                "numeric": _finite(r.numeric),
                "diagnosis": [_diagnosis_json(d) for d in r.diagnosis],
                "hint": r.hint,
            }
            for r in j.checks
        ],
    }


def load_judgement(data: Mapping[str, Any]) -> Judgement:
    """A judgement out of the store. Raises KeyError, TypeError or ValueError for anything else."""
    if data["schema"] != SCHEMA:
        raise ValueError(f"schema {data['schema']}")
    return Judgement(
        checks=tuple(
            CheckResult(
                id=c["id"],
                status=Status(c["status"]),
                known=c["known"],
                reason=c["reason"],
                detail=tuple(c["detail"]),
                error=_number(c["error"]),
                numeric=_number(c["numeric"]),
                diagnosis=tuple(
                    Diagnosis(d["quantity"], tuple(Recognised(**m) for m in d["mistakes"]))
                    for d in c["diagnosis"]
                ),
                hint=c["hint"],
            )
            for c in data["checks"]
        ),
        problem=data["problem"],
        printed=data["printed"],
        isolation=data["isolation"],
    )


def _number(x: float | str | None) -> float | None:
    return None if x is None else float(x)
