"""A result as a JSON document, and a judgement as what the store keeps. Versioned; round-trips.

A stored judgement holds no points, so a change of the rubric needs no rerun; a result document
holds no time, so grading twice gives the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from grader.model import CheckResult, Diagnosis, Judgement, Recognised, Result, ScoredCheck, Status

SCHEMA = 1


def document(results: list[Result], errors: list[str]) -> dict[str, Any]:
    """What `grade --json` prints."""
    return {"schema": SCHEMA, "results": [result_json(r) for r in results], "errors": errors}


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
        "checks": [_check_json(c) for c in result.checks],
    }


def number(points: Fraction) -> float | int:
    """Points as a JSON number, to the cent, a half cent to the even one."""
    cents = round(points * 100)
    return cents // 100 if cents % 100 == 0 else cents / 100


def _check_json(c: ScoredCheck) -> dict[str, Any]:
    r = c.result
    return {
        "id": r.id,
        "title": c.title,
        "status": r.status.value,
        "points": number(c.points),
        "max_points": number(c.max_points),
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
