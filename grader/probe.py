"""The probe: how a submission of an exercise is exercised, by trusted code, in the judge.

The child runs the same file over the student's module. Everything here is the course author's.
"""

from __future__ import annotations

import time
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from grader import wire
from grader.errors import ConfigError, Problem
from grader.measurement import Answer, Failure
from grader.model import Assignment, Case

if TYPE_CHECKING:
    from grader.model import Array, Arrays

T = TypeVar("T")


@dataclass(frozen=True)
class Probe:
    """The author's probe.py: its bytes, which travel to the child, and the module they make."""

    source: bytes
    module: types.ModuleType

    def make_inputs(self) -> Any:
        return self.module.inputs

    def call(self, call: str, module: object, given: Arrays) -> Answer:
        """What `call` returns over trusted code; exceptions become failures as in the child."""
        before = time.perf_counter()
        try:
            # Known mistakes overflow and divide by zero on purpose.
            with np.errstate(all="ignore"):
                returned = getattr(self.module, call)(module, copies(given))
            arrays, rest = wire.sort_out(returned)
        except Exception as e:
            failure = Failure("exception", type(e).__name__, str(e))
            return Answer(failure=failure, seconds=time.perf_counter() - before)
        return Answer(arrays, rest, seconds=time.perf_counter() - before)

    def at_points(
        self, module: object, given: Arrays, call: str, name: str, points: Iterable[Array] | None
    ) -> Answer:
        """What `call` returns with each of `points` for input `name`, stacked by output."""
        each = [
            self.call(call, module, {**given, name: p}).arrays
            for p in (() if points is None else points)
        ]
        names = each[0] if each else ()
        return Answer({y: np.stack([a[y] for a in each if y in a]) for y in names})

    def answers(
        self, module: object, given: Mapping[str, Arrays], asks: Iterable[tuple[str, str]]
    ) -> dict[tuple[str, str], Answer]:
        """The answer to each (case id, call)."""
        return {(case, call): self.call(call, module, given[case]) for case, call in asks}


def questions(
    assignment: Assignment, cases: Iterable[Case], *, cost: bool = True
) -> Iterable[tuple[str, str]]:
    """All (case id, call) that the checks need: by call in rubric order, then by case.

    By call first, so that a submission that hangs in `backward` has answered `forward` already;
    parts one after another.
    """
    cases = list(cases)
    wanted: dict[str, dict[str, None]] = {}
    for part in assignment.parts:
        wanted |= {part.forward: {}, part.backward: {}}
    for check in assignment.checks:
        if check.kind != "cost" or cost:
            for call in check.calls:
                wanted.setdefault(call, {}).update(dict.fromkeys(check.cases(cases)))
    return [(case, call) for call, ids in wanted.items() for case in ids]


def load_probe(root: Path, slug: str) -> Probe:
    """assignments/<slug>/probe.py. Raises ConfigError if it does not run or lacks a function."""
    path = root / "assignments" / slug / "probe.py"
    source = read_text(root, path).encode()
    shown = path.relative_to(root)
    module = checked(lambda: module_of(source, "probe"), shown)
    if not hasattr(module, "inputs"):
        message = "inputs is not defined. A probe defines it: the named arguments of one case."
        raise ConfigError([Problem(shown, 0, 0, message)])
    return Probe(source, module)


def module_of(source: bytes, name: str) -> types.ModuleType:
    """A module made of trusted source, on no path and in no registry."""
    module = types.ModuleType(name)
    exec(compile(source, f"{name}.py", "exec", dont_inherit=True), module.__dict__)
    return module


def copies(arrays: Arrays) -> dict[str, Array]:
    """Fresh, writable copies, so that one call cannot see what another did to its arguments."""
    return {name: np.array(a) for name, a in arrays.items()}


def checked(make: Callable[[], T], shown: Path) -> T:
    """What `make` returns; whatever it raises becomes a ConfigError on the file `shown`."""
    try:
        return make()
    except SyntaxError as e:
        message = f"{e.msg}. Mend the file."
        raise ConfigError([Problem(shown, e.lineno or 0, e.offset or 0, message)]) from None
    except Exception as e:
        message = f"it does not run: {type(e).__name__}: {e}. Mend the file."
        raise ConfigError([Problem(shown, 0, 0, message)]) from None


def read_text(root: Path, path: Path) -> str:
    """The text of a course file. Raises ConfigError if it cannot be read or is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as e:
        message = f"the file cannot be read ({e.strerror}). Add it, or mend its permissions."
    except UnicodeDecodeError as e:
        message = f"byte {e.start} is not UTF-8. Save the file as UTF-8."
    raise ConfigError([Problem(path.relative_to(root), 0, 0, message)])
