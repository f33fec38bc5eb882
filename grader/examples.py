"""examples.json: all that a student's own check needs, compiled by `grader build`. Data, no code.

It holds the rubric, the public cases with their inputs and the reference's answers, and the sealed
hints. `grader check` reads nothing else of the course but the probe, so a student needs neither
`solutions/` nor a YAML schema.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from grader import sealed
from grader.errors import ConfigError, Problem
from grader.findings import evidence
from grader.inputs import PUBLIC, inputs
from grader.measurement import Answer, Bench, Measurement
from grader.model import Assignment, Case, Check, Limits, Quantity
from grader.probe import Probe
from grader.sealed import Sealed

if TYPE_CHECKING:
    from grader.exercise import Exercise
    from grader.model import Array, Arrays

SCHEMA = 1
NEARLY = 1e-9
"""How closely numbers of two builds must agree: machines round differently in the last place."""


@dataclass(frozen=True)
class Kit:
    """An exercise as a student has it."""

    assignment: Assignment
    bench: Bench
    hints: Sealed


def make(exercise: Exercise) -> bytes:
    """The bytes of examples.json."""
    bench = exercise.public_bench()
    asks = [k for k in bench.expected if k[0] not in bench.timed]
    kept = replace(bench, expected={k: bench.expected[k] for k in asks})
    wrong = []
    for mistake in exercise.mistakes:
        if not mistake.slow:
            answers = exercise.probe.answers(exercise.wrong[mistake.name], bench.inputs, asks)
            wrong.append((mistake, evidence(kept, Measurement(answers))))
    return _dump(exercise.assignment, bench, sealed.seal(wrong))


def same(old: bytes, new: bytes) -> bool:
    """Whether two builds say the same, but for rounding in the last places of their numbers.

    Boxes are the same if there are as many: the keys to them are made of rounded numbers.
    """
    try:
        a, b = json.loads(old), json.loads(new)
        if a.pop("letters") != b.pop("letters") or len(a.pop("boxes")) != len(b.pop("boxes")):
            return False
    except (ValueError, KeyError, AttributeError, TypeError):
        return False
    return _alike(a, b)


def load(path: Path, probe: Probe) -> Kit:
    """The kit in `path`. Raises ConfigError if it is missing or damaged."""
    try:
        data = json.loads(path.read_bytes())
        if data["schema"] != SCHEMA:
            raise ValueError(f"schema {data['schema']}")
        assignment = _assignment(data["assignment"])
        cases = {c["id"]: Case(**c) for c in data["cases"]}
        given: dict[str, Arrays] = {case: _arrays(a) for case, a in data["inputs"].items()}
        drawn = [c for c in cases.values() if c.id not in given]
        given.update(inputs(probe.make_inputs(), drawn, PUBLIC, "", assignment.slug))
        expected = {(e["case"], e["call"]): Answer(_arrays(e["arrays"])) for e in data["expected"]}
        bench = Bench(cases, given, expected, assignment.timed(cases.values()))
        hints = Sealed(tuple(data["letters"]), tuple(data["boxes"]))
        return Kit(replace(assignment, public=tuple(cases.values())), bench, hints)
    except FileNotFoundError:
        message = "the file is missing. Restore it, or run `grader build`."
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as e:
        message = f"the file is damaged ({type(e).__name__}: {e}). Restore it."
    raise ConfigError([Problem(path, 0, 0, message)])


def _dump(assignment: Assignment, bench: Bench, hints: Sealed) -> bytes:
    """JSON with a line for each check, case, answer and box, so that changes can be read."""
    stored = {c: a for c, a in bench.inputs.items() if c not in bench.timed}
    sections: dict[str, Any] = {
        "schema": SCHEMA,
        "assignment": _assignment_json(assignment),
        "cases": [
            {"id": c.id, "regime": c.regime, "sizes": dict(c.sizes)} for c in bench.cases.values()
        ],
        "inputs": {case: _arrays_json(a) for case, a in stored.items()},
        "expected": [
            {"case": case, "call": call, "arrays": _arrays_json(a.arrays, case in stored)}
            for (case, call), a in bench.expected.items()
        ],
        "letters": list(hints.letters),
        "boxes": list(hints.boxes),
    }
    return ("{\n" + ",\n".join(_section(k, v) for k, v in sections.items()) + "\n}\n").encode()


def _section(name: str, value: Any) -> str:
    if isinstance(value, list):
        body = "[\n  " + ",\n  ".join(json.dumps(v, ensure_ascii=False) for v in value) + "\n ]"
    elif isinstance(value, dict):
        lines = (
            f"{json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}"
            if not (isinstance(v, list) and v and isinstance(v[0], dict))
            else _section(k, v).strip()
            for k, v in value.items()
        )
        body = "{\n  " + ",\n  ".join(lines) + "\n }"
    else:
        body = json.dumps(value)
    return f' "{name}": {body}'


def _assignment_json(a: Assignment) -> dict[str, Any]:
    return {
        "slug": a.slug,
        "title": a.title,
        "module": a.module,
        "requires": list(a.requires),
        "follow_through": str(a.follow_through),
        "limits": {"seconds": a.limits.seconds, "memory_mb": a.limits.memory_mb},
        "checks": [_check_json(c) for c in a.checks],
    }


def _check_json(c: Check) -> dict[str, Any]:
    plain = Check(c.id, c.title, c.kind, c.points)
    told: dict[str, Any] = {"id": c.id, "title": c.title, "kind": c.kind, "points": str(c.points)}
    plainly = ("regime", "part", "input", "same_as", "call", "seconds", "ratio", "most", "hint")
    for name in plainly:
        if getattr(c, name) != getattr(plain, name):
            told[name] = getattr(c, name)
    if c.of:
        told["of"] = [str(q) for q in c.of]
    for name in ("withholds", "builds_on"):
        if getattr(c, name):
            told[name] = list(getattr(c, name))
    return told


def _assignment(data: Mapping[str, Any]) -> Assignment:
    checks = []
    for told in data["checks"]:
        c = dict(told)
        c["points"] = Fraction(c["points"])
        c["of"] = tuple(_quantity(q) for q in c.get("of", ()))
        c |= {name: tuple(c.get(name, ())) for name in ("withholds", "builds_on")}
        checks.append(Check(**c))
    return Assignment(
        slug=data["slug"],
        title=data["title"],
        module=data["module"],
        checks=tuple(checks),
        requires=tuple(data["requires"]),
        follow_through=Fraction(data["follow_through"]),
        limits=Limits(**data["limits"]),
    )


def _quantity(text: str) -> Quantity:
    call, dot, name = text.partition(".")
    return Quantity(call, name if dot else None)


def _arrays_json(arrays: Arrays, values: bool = True) -> dict[str, Any]:
    """Arrays as JSON; without `values` only their shapes, for cases that are only timed."""
    return {
        name: {"dtype": x.dtype.name, "shape": list(x.shape)}
        | ({"data": x.ravel().tolist()} if values else {})
        for name, x in arrays.items()
    }


def _arrays(data: Mapping[str, Any]) -> dict[str, Array]:
    arrays: dict[str, Array] = {}
    for name, told in data.items():
        if "data" in told:
            arrays[name] = np.array(told["data"], dtype=told["dtype"]).reshape(told["shape"])
        else:
            arrays[name] = np.zeros(told["shape"], dtype=told["dtype"])
    return arrays


def _alike(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        if not (math.isfinite(a) and math.isfinite(b)):
            return repr(a) == repr(b)
        return abs(a - b) <= NEARLY * max(abs(a), abs(b), 1e-3)
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(_alike(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(_alike(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)
