"""What went wrong, in words: from findings and failures to the lines a person reads.

Every word is in the message catalogue; text of a student's passes through `plain`.
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

import numpy as np

from grader import compare
from grader.findings import Finding
from grader.measurement import Failure, Measurement
from grader.messages import plain, say
from grader.model import Assignment, Quantity
from grader.submission import NOTEBOOK
from grader.verdict import Diagnosis, Judgement

if TYPE_CHECKING:
    from grader.model import Array

EXACT = 1e-9
"""How closely two answers of the same code must agree to be called the same."""

NAMED_ERRORS = frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
) | {"LinAlgError", "AxisError"}

UNREADABLE = frozenset(
    {
        *("unreadable.encoding", "unreadable.json", "unreadable.deep", "unreadable.cells"),
        *("unreadable.cell", "unreadable.source", "unreadable.many"),
    }
)
"""Why a notebook cannot be read, as the child may say it."""

COMPILE_ERRORS = ("SyntaxError", "IndentationError", "TabError", "UnicodeDecodeError")


def name_of(q: Quantity) -> str:
    """A quantity as a student calls it: dWx for backward.Wx, hs (loop) for loop_forward.hs."""
    part, _, side = q.call.rpartition("_")
    kind = {"backward": "gradient", "forward": "output"}.get(side)
    if kind is None:
        # A function of the probe: the check's title says when, and its name says nobody anything.
        return q.name or q.call
    what = say(f"quantity.{kind}", name=q.name or "")
    return say("quantity.of_part", what=what, part=part) if part else what


def failure_text(failure: Failure) -> tuple[str, tuple[str, ...]]:
    """A failure's reason, fit for hidden checks, and its detail lines."""
    if failure.kind == "timeout":
        return say("reason.timeout"), ()
    if failure.kind == "died":
        how = plain(failure.message, 60)
        return say("reason.died"), (say("detail.died", how=how),) if how else ()
    if failure.kind == "notebook":
        key = f"unreadable.{failure.type}"
        detail = (say(key, what=plain(failure.message, 100)),) if key in UNREADABLE else ()
        return say("reason.notebook"), detail
    at = say(
        "detail.line_in_cell" if failure.cell else "detail.line",
        cell=failure.cell,
        line=failure.line,
        code=plain(failure.code, 120),
    )
    where = (at,) if failure.line else ()
    kind, message = plain(failure.type, 60), plain(failure.message)
    # The name of a home-made exception is the student's text: not for hidden checks.
    named = kind if kind in NAMED_ERRORS else say("reason.own_exception")
    if failure.not_implemented:
        return say("reason.not_implemented"), ((message, *where) if message else where)
    text = say("detail.exception", type=kind, message=message) if message else kind
    if failure.kind == "refused":
        return say("reason.refused"), (message, *where)
    if kind in COMPILE_ERRORS:
        return say("reason.syntax", type=kind), (text, *where)
    return say("reason.exception", type=named), (text, *where)


def values(f: Finding) -> tuple[str, ...]:
    """What is wrong with the array of a finding, in lines: the pattern, then the worst entries."""
    if f.what == "returned":
        return (say("detail.returned", got=plain(f.returned, 100)),)
    if f.got is None or f.want is None:
        return ()
    if f.what in ("shape",) or f.got.shape != f.want.shape:
        return (say("detail.shape", got=f.got.shape, want=f.want.shape),)
    if f.what == "dtype":
        return (say("detail.returned", got=f"an array of {f.got.dtype}"),)
    bad = ~np.isfinite(f.got)
    if bad.any():
        first = ", ".join(str(int(i)) for i in np.argwhere(bad)[0])
        return (say("detail.not_finite", bad=int(bad.sum()), of=bad.size, where=f"[{first}]"),)
    if f.want.dtype.kind == "b" and f.want.size == 1:
        key = "detail.true" if f.want.any() else "detail.false"
        return (say(key, what=name_of(f.quantity)),)
    return (*_pattern(f.got, f.want, f.tolerance or EXACT), *entries(f, "detail.entry"))


def _pattern(got: Array, want: Array, tolerance: float) -> tuple[str, ...]:
    p = compare.pattern(got, want, max(tolerance, EXACT))
    return (say(f"pattern.{p.code}", **p.details),)


def entries(f: Finding, key: str) -> tuple[str, ...]:
    assert f.got is not None and f.want is not None
    what = name_of(f.quantity)
    return tuple(
        say(key, what=f"{what}[{', '.join(map(str, i))}]" if i else what, got=got, want=want)
        for i, got, want in compare.worst(f.got, f.want, 2)
    )


def problem(assignment: Assignment, measured: Measurement) -> str:
    """One sentence for a submission that all checks fail for the same reason, or ""."""
    failures = [a.failure for a in measured.answers.values()]
    if not failures or None in failures:
        return ""
    first = failures[0]
    assert first is not None
    if all(f is not None and f.not_implemented for f in failures):
        file = assignment.file_name if not first.cell else f"{assignment.slug}{NOTEBOOK}"
        return say("submission.stub", file=file)
    for name in assignment.requires:
        if first.type == "AttributeError" and first.message == f"no cell defines {name}":
            return say("submission.no_cell", name=name)
        if first.type == "AttributeError" and first.message.endswith(f"no attribute '{name}'"):
            return say("submission.missing_name", file=assignment.file_name, name=name)
    if len({(f.kind, f.type, f.message) for f in failures if f}) == 1:
        return " ".join((failure_text(first)[0], *failure_text(first)[1][:1]))
    return ""


def killed(judgement: Judgement) -> bool:
    """Whether the child was killed, though not by the judge: by the kernel or by a person.

    A submission cannot kill itself so, but for using up its CPU time; it may be run once more.
    """
    how = say("detail.died", how="signal SIGKILL")
    return any(how in c.detail for c in judgement.checks)


def diagnosis_text(d: Diagnosis) -> str:
    """A diagnosis as one sentence."""
    whens = [m.when for m in d.mistakes]
    if len(whens) == 1:
        return say("diagnosis.one", what=d.quantity, when=whens[0])
    return say("diagnosis.several", what=d.quantity, whens="; ".join(whens))
