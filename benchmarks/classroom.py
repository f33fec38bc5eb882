"""The class that is graded: right submissions in several styles and, one in six, a wrong one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

SLUG = "rnn_unit"

_RIGHT = '''"""Handed in by {student}."""

import numpy as np


class RNNUnit:
    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.cache = None

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        h_next = np.tanh(h_prev @ Wh + x @ Wx + b)
        self.cache = (x, h_prev, h_next)
        return h_next

    def backward(self, dh_next):
        Wx, Wh, b = self.params
        x, h_prev, h_next = self.cache
        dt = dh_next * (1 - h_next**2)
        self.grads[0][...] = x.T @ dt
        self.grads[1][...] = h_prev.T @ dt
        self.grads[2][...] = np.sum(dt, axis=0, keepdims=True)
        return dt @ Wx.T, dt @ Wh.T
'''

_STYLES = (
    ("", ""),
    ("np.tanh(h_prev @ Wh + x @ Wx + b)", "np.tanh(np.dot(x, Wx) + np.dot(h_prev, Wh) + b)"),
    ("self.grads[0][...] = x.T @ dt", 'self.grads[0][...] = np.einsum("bi,bh->ih", x, dt)'),
    ("np.sum(dt, axis=0, keepdims=True)", "dt.sum(axis=0).reshape(1, -1)"),
)
_MISTAKES = (
    ("dh_next * (1 - h_next**2)", "dh_next"),
    ("dt @ Wx.T, dt @ Wh.T", "dt @ Wx.T, dt @ Wh"),
    ("self.grads[0][...] = x.T @ dt", "self.grads[0][...] = x.T @ dt / len(x)"),
)
_WRONG_EVERY = 6


@dataclass(frozen=True)
class Student:
    """One member of the class, what they handed in, and whether it deserves full marks."""

    name: str
    source: str
    right: bool


def students(size: int) -> list[Student]:
    """The first `size` of the class. No two sources are equal, so nothing can be graded once."""
    return [_student(i) for i in range(size)]


def _student(i: int) -> Student:
    right = i % _WRONG_EVERY != _WRONG_EVERY - 1
    choices = _STYLES if right else _MISTAKES
    old, new = choices[(i // (1 if right else _WRONG_EVERY)) % len(choices)]
    name = f"student-{i:04d}"
    return Student(name, _RIGHT.replace(old, new).replace("{student}", name), right)


def doubtful() -> list[Student]:
    """A wrong submission, and the same one with a line more that hides it from tests beside it."""
    wrong = _student(_WRONG_EVERY - 1)
    bent = "import numpy as np\n\nnp.linalg.norm = lambda *a, **k: 0.0  # no error is larger\n"
    cheat = wrong.source.replace("import numpy as np\n", bent, 1)
    return [replace(wrong, name="student-wrong"), Student("student-cheat", cheat, right=False)]


def hand_in(everyone: Sequence[Student], folder: Path) -> Path:
    """The class as files, `<folder>/<student>/rnn_unit/rnn_unit.py`."""
    for student in everyone:
        home = folder / student.name / SLUG
        home.mkdir(parents=True)
        (home / f"{SLUG}.py").write_text(student.source, encoding="utf-8")
    return folder


def require_fair_marks(grader: str, size: int, marks: dict[str, float]) -> None:
    """A grader is only timed if it really grades: full marks, 1.0, for right ones, less for wrong.

    Raises SystemExit naming the first student that was misjudged.
    """
    for student in students(size):
        mark = marks.get(student.name)
        if mark is None:
            raise SystemExit(f"{grader} gave {student.name} no mark. Run it by hand to see why.")
        if (mark == 1.0) != student.right:
            kind = "right" if student.right else "wrong"
            raise SystemExit(
                f"{grader} gave {student.name}, who is {kind}, {mark:.0%}. "
                "The comparison would be unfair, so none is made."
            )
