"""The exact hidden inputs of one submission and both answers to them, for an appeal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader import keys, known
from grader.exercise import Exercise
from grader.findings import Evidence
from grader.judge import conclude, examine
from grader.measurement import Answer
from grader.model import Submission
from grader.store import Row
from grader.verdict import Judgement
from grader.worker import Worker

if TYPE_CHECKING:
    from grader.model import Arrays


@dataclass(frozen=True)
class Replay:
    """`stored` is the judgement on file, `again` the one of this run.

    `changed`: the exercise, the secret or the grader is not what it was then, so the inputs are
    those of today.
    """

    row: Row
    evidence: Evidence
    again: Judgement
    changed: bool

    @property
    def agrees(self) -> bool:
        """Whether every check came out as it did then."""
        then = [(c.id, c.status, c.known) for c in self.row.judgement.checks]
        return then == [(c.id, c.status, c.known) for c in self.again.checks]

    def as_json(self) -> dict[str, Any]:
        bench = self.evidence.bench
        answers = self.evidence.measurement.answers
        return {
            "student": self.row.student,
            "assignment": self.row.assignment,
            "agrees": self.agrees,
            "changed": self.changed,
            "cases": [
                {
                    "id": case.id,
                    "regime": case.regime,
                    "why": case.why,
                    "inputs": _arrays(bench.inputs[case.id]),
                    "calls": [
                        {
                            "call": call,
                            "expected": _arrays(want.arrays),
                            "answered": _answer(answers.get((case.id, call))),
                        }
                        for (c, call), want in bench.expected.items()
                        if c == case.id
                    ],
                }
                for case in bench.cases.values()
            ],
        }


def replay(e: Exercise, secret: bytes, row: Row) -> Replay:
    """Run the stored source again on the inputs that `secret` gives for its student."""
    bench = e.hidden_bench(secret, row.student)
    recogniser = known.recogniser_of(e)
    with (
        Worker(e.assignment.limits) as worker,
        worker.open(e.probe.source, e.assignment.module, row.source) as session,
    ):
        found = examine(session, e.assignment, bench, recogniser)
        again = conclude(e.assignment, found, recogniser, worker.isolation)
    submission = Submission(row.student, row.assignment, row.file, row.source)
    return Replay(row, found, again, keys.key(keys.decides(e, secret, submission)) != row.key)


def lines(r: Replay) -> Iterator[str]:
    """A replay for reading: each case with the quantities that differ, then the verdict."""
    for case in r.evidence.bench.cases.values():
        yield f"{case.id}: {case.why}"
        for (c, _, _), f in r.evidence.findings.items():
            if c == case.id and not f.right:
                error = f", relative error {f.error:.2g}" if f.what == "wrong" else ""
                yield f"    {f.quantity} {f.what}{error}"
    if r.changed:
        yield "The exercise, the secret or the grader has changed since; these inputs are today's."
    yield "All checks came out as stored." if r.agrees else "Checks came out differently."
    yield "The arrays themselves are in: grader replay --json"


def _answer(answer: Answer | None) -> dict[str, Any]:
    if answer is None:
        return {"failure": "timeout"}
    if answer.failure is not None:
        f = answer.failure
        return {"failure": f.kind, "type": f.type, "message": f.message, "line": f.line}
    return {**_arrays(answer.arrays), **dict(answer.returned)}


def _arrays(arrays: Arrays) -> dict[str, Any]:
    return {name: _finite(x.tolist()) for name, x in arrays.items()}


def _finite(value: Any) -> Any:
    """JSON has no NaN and no infinity: they become text."""
    if isinstance(value, list):
        return [_finite(v) for v in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), -float("inf"))):
        return str(value)
    return value
