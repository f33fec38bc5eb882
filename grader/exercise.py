"""One exercise as the judge knows it: rubric, probe, reference, hidden cases, known mistakes.

Everything here is the course author's and trusted; a student's file never comes near it.
"""

from __future__ import annotations

import time
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader import course as courses
from grader import wire
from grader.errors import ConfigError, Problem
from grader.inputs import inputs
from grader.model import Answer, Assignment, Bench, Case, Course, Failure, Mistake
from grader.source import apply_edits

if TYPE_CHECKING:
    from grader.model import Array, Arrays


@dataclass(frozen=True)
class Probe:
    """The author's probe.py: its bytes, which travel to the child, and the module they make."""

    source: bytes
    module: types.ModuleType

    def make_inputs(self) -> Any:
        return self.module.inputs

    def call(self, call: str, module: object, given: Arrays) -> Answer:
        """What `call` returns over trusted code; exceptions become failures as in the child."""
        import numpy as np

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

    def answers(
        self, module: object, given: Mapping[str, Arrays], asks: Iterable[tuple[str, str]]
    ) -> dict[tuple[str, str], Answer]:
        """The answer to each (case id, call)."""
        return {(case, call): self.call(call, module, given[case]) for case, call in asks}


@dataclass(frozen=True)
class Exercise:
    """An exercise with its solution. `load` reads it."""

    assignment: Assignment
    probe: Probe
    source: str
    cases: tuple[Case, ...]
    mistakes: tuple[Mistake, ...]

    @cached_property
    def reference(self) -> types.ModuleType:
        return module_of(self.source.encode(), self.assignment.module)

    @cached_property
    def wrong(self) -> Mapping[str, types.ModuleType]:
        """The module each known mistake makes of the reference, by mistake name."""
        return {
            m.name: module_of(self.with_mistake(m).encode(), self.assignment.module)
            for m in self.mistakes
        }

    def with_mistake(self, mistake: Mistake) -> str:
        """The reference's source with the mistake made in it."""
        return apply_edits(self.source, mistake.edits)

    def hidden_bench(self, secret: bytes, student: str) -> Bench:
        """The hidden cases with this student's inputs, and the reference's answers."""
        return self.bench(self.cases, secret, student)

    def bench(self, cases: tuple[Case, ...], secret: bytes, student: str) -> Bench:
        """`cases` with inputs drawn for `student`, and the reference's answers to them."""
        drawn = inputs(self.probe.make_inputs(), cases, secret, student, self.assignment.slug)
        asks = list(questions(self.assignment, cases))
        return Bench(
            cases={c.id: c for c in cases},
            inputs=drawn,
            expected=self.probe.answers(self.reference, drawn, asks),
        )


def questions(
    assignment: Assignment, cases: Iterable[Case], *, cost: bool = True
) -> Iterable[tuple[str, str]]:
    """All (case id, call) that the checks need: by call in rubric order, then by case.

    By call first, so that a submission that hangs in `backward` has answered `forward` already.
    """
    by_regime: dict[str, list[str]] = {}
    for case in cases:
        by_regime.setdefault(case.regime, []).append(case.id)
    wanted: dict[str, dict[str, None]] = {"forward": {}, "backward": {}}
    for check in assignment.checks:
        if check.kind != "cost" or cost:
            for call in check.calls:
                wanted.setdefault(call, {}).update(dict.fromkeys(by_regime.get(check.regime, ())))
    return [(case, call) for call, ids in wanted.items() for case in ids]


def load(course: Course, slug: str) -> Exercise:
    """Exercise `slug` of the course. Raises ConfigError with every problem of the file at fault."""
    assignment = courses.load_assignment(course, slug)
    source_path = course.root / "solutions" / slug / f"{assignment.module}.py"
    probe = load_probe(course.root, slug)
    exercise = Exercise(
        assignment=assignment,
        probe=probe,
        source=_text(course.root, source_path),
        cases=courses.load_hidden(course, assignment),
        mistakes=courses.load_mistakes(course, assignment),
    )
    shown = source_path.relative_to(course.root)
    _checked(lambda: exercise.reference, shown)
    problems = []
    for mistake in exercise.mistakes:
        try:
            exercise.with_mistake(mistake)
        except Exception as e:
            at = courses.place_of_mistake(course, slug, mistake.name)
            problems.append(Problem(at.file, at.line, at.column, f"{mistake.name}: {e}"))
    if problems:
        raise ConfigError(problems)
    return exercise


def load_probe(root: Path, slug: str) -> Probe:
    """assignments/<slug>/probe.py. Raises ConfigError if it does not run or lacks a function."""
    path = root / "assignments" / slug / "probe.py"
    source = _text(root, path).encode()
    shown = path.relative_to(root)
    module = _checked(lambda: module_of(source, "probe"), shown)
    missing = [f for f in ("inputs", "forward", "backward") if not hasattr(module, f)]
    if missing:
        message = f"{', '.join(missing)} not defined. A probe defines inputs, forward, backward."
        raise ConfigError([Problem(shown, 0, 0, message)])
    return Probe(source, module)


def module_of(source: bytes, name: str) -> types.ModuleType:
    """A module made of trusted source, on no path and in no registry."""
    module = types.ModuleType(name)
    exec(compile(source, f"{name}.py", "exec", dont_inherit=True), module.__dict__)
    return module


def copies(arrays: Arrays) -> dict[str, Array]:
    """Fresh, writable copies, so that one call cannot see what another did to its arguments."""
    import numpy as np

    return {name: np.array(a) for name, a in arrays.items()}


def _checked(make: Any, shown: Path) -> Any:
    try:
        return make()
    except SyntaxError as e:
        message = f"{e.msg}. Mend the file."
        raise ConfigError([Problem(shown, e.lineno or 0, e.offset or 0, message)]) from None
    except Exception as e:
        message = f"it does not run: {type(e).__name__}: {e}. Mend the file."
        raise ConfigError([Problem(shown, 0, 0, message)]) from None


def _text(root: Path, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as e:
        message = f"the file cannot be read ({e.strerror}). Add it, or mend its permissions."
    except UnicodeDecodeError as e:
        message = f"byte {e.start} is not UTF-8. Save the file as UTF-8."
    raise ConfigError([Problem(path.relative_to(root), 0, 0, message)])
