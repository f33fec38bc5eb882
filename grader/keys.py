"""What decides a judgement, and its digest: the key under which the judgement is kept.

Points and titles are not part of it: they only score a judgement.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from grader import __version__, inputs
from grader.exercise import Exercise
from grader.model import Submission

SHORT = 16
"""Characters of a component's digest: enough to tell two versions of one thing apart."""


def decides(e: Exercise, secret: bytes, submission: Submission) -> dict[str, str]:
    """A digest of each thing that decides the judgement, by its name."""
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
    }
    return {name: _digest(value)[:SHORT] for name, value in components.items()}


def key(decided: Mapping[str, str]) -> str:
    """One digest of them all."""
    return _digest(dict(sorted(decided.items())))


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
