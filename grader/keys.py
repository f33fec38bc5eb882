"""What decides a judgement, and its digest: the key under which the judgement is kept.

Points and titles only score a judgement. They are told beside the rest, and are not in the key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from grader import __version__, inputs
from grader.exercise import Exercise
from grader.model import Submission

SCORING = "points"
"""The component that is not in the key: a change of it needs no new judgement."""

SHORT = 16
"""Characters of a component's digest: enough to tell two versions of one thing apart."""


def decides(e: Exercise, secret: bytes, submission: Submission) -> dict[str, str]:
    """A digest of each thing that decides the judgement, by its name, and one of its points."""
    checks = [
        {name: str(value) for name, value in vars(c).items() if name not in ("title", "points")}
        for c in e.assignment.checks
    ]
    limits = e.assignment.limits
    components: dict[str, object] = {
        "grader": __version__,
        "secret": inputs.fingerprint(secret),
        "source": hashlib.sha256(submission.source).hexdigest(),
        "problem": repr(submission.problem),
        "module": [e.assignment.module, *e.assignment.requires],
        "limits": [limits.seconds, limits.memory_mb],
        "checks": checks,
        "cases": [[c.id, c.regime, dict(c.sizes)] for c in e.cases],
        "probe": hashlib.sha256(e.probe.source).hexdigest(),
        "reference": hashlib.sha256(e.source.encode()).hexdigest(),
        "mistakes": [[m.name, m.when, m.edits, m.hint, m.slow] for m in e.mistakes],
        SCORING: [
            str(e.assignment.follow_through),
            *([c.id, c.title, str(c.points)] for c in e.assignment.checks),
        ],
    }
    return {name: _digest(value)[:SHORT] for name, value in components.items()}


def key(decided: Mapping[str, str]) -> str:
    """One digest of all that decides."""
    return _digest({name: d for name, d in sorted(decided.items()) if name != SCORING})


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
