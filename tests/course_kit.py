"""A tiny complete course in a temporary folder, for tests to build on and to break.

    Course(tmp_path).edit(RUBRIC, "points: 30", "points: 31").assignment()

Its one exercise, `affine`, is y = x W + b: small enough to work out by hand, and with a check for
each thing that a real exercise checks but time. Nothing of the repository's own course is read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

from grader import course as courses
from grader import exercise as exercises
from grader import model

SLUG = "affine"
COURSE = "course.yaml"
RUBRIC = "assignments/affine/assignment.yaml"
PROBE = "assignments/affine/probe.py"
SOURCE = "solutions/affine/affine.py"
HIDDEN = "solutions/affine/hidden.yaml"
MISTAKES = "solutions/affine/mistakes.yaml"
PROOF = "solutions/affine/proof.py"

FILES = {
    COURSE: """\
schema: 1
id: a-small-course
title: A small course
assignments:
  - slug: affine
limits: {seconds: 5, memory_mb: 512}
""",
    RUBRIC: """\
schema: 1
slug: affine
title: An affine map
module: affine
requires: [forward, backward]
follow_through: 1/2
public:
  - {id: public-typical, sizes: {batch: 3, features: 4, outputs: 2}}
  - {id: public-single, regime: single, sizes: {batch: 1}}
checks:
  - {id: forward-value, title: forward gives y, kind: matches, of: [forward.y], points: 20}
  - {id: grad-x, title: The gradient of x, kind: gradient, input: x, points: 20}
  - {id: grad-W, title: The gradient of W, kind: gradient, input: W, points: 30}
  - {id: grad-b, title: The gradient of b, kind: gradient, input: b, points: 15}
  - id: unmodified
    title: Arguments are left alone
    kind: unchanged
    of: [arguments_after]
    points: 7.5
    hint: Which of your lines writes into an array that you were given?
  - id: one-row
    title: A batch of one row keeps its dimensions
    kind: shaped
    regime: single
    of: [forward.y, backward]
    points: 15/2
""",
    PROBE: '''\
"""How affine is exercised."""


def inputs(rng, batch=3, features=4, outputs=2):
    return {
        "x": rng.standard_normal((batch, features)),
        "W": rng.standard_normal((features, outputs)),
        "b": rng.standard_normal(outputs),
        "dy": rng.standard_normal((batch, outputs)),
    }


def forward(module, a):
    return {"y": module.forward(a["x"], a["W"], a["b"])}


def backward(module, a):
    dx, dW, db = module.backward(a["x"], a["W"], a["b"], a["dy"])
    return {"x": dx, "W": dW, "b": db}


def arguments_after(module, a):
    module.forward(a["x"], a["W"], a["b"])
    module.backward(a["x"], a["W"], a["b"], a["dy"])
    return a
''',
    SOURCE: '''\
# %% [markdown]
# # An affine map
#
# Multiply by a matrix, add a bias, and go back.

# %%
import numpy as np


# %%
def forward(x, W, b):
    """y: [B, O] for x: [B, F], W: [F, O], b: [O]."""
    ### BEGIN SOLUTION
    return x @ W + b
    ### END SOLUTION


# %%
def backward(x, W, b, dy):
    """The gradients of x, W and b, given dy: [B, O]."""
    ### BEGIN SOLUTION
    dx = dy @ W.T
    dW = x.T @ dy
    db = np.sum(dy, axis=0)
    return dx, dW, db
    ### END SOLUTION
''',
    HIDDEN: """\
schema: 1
cases:
  - {id: typical, why: Three different sizes., sizes: {batch: 5, features: 3, outputs: 4}}
  - {id: square, why: All sizes agree., sizes: {batch: 4, features: 4, outputs: 4}}
  - {id: single, regime: single, why: One row., sizes: {batch: 1, features: 3, outputs: 2}}
""",
    PROOF: '''\
"""y by single products."""

import math

import numpy as np


def forward(a):
    rows = [
        [math.fsum([*(x * w for x, w in zip(row, column, strict=True)), b]) for column, b in pairs]
        for row in a["x"]
        for pairs in [list(zip(a["W"].T, a["b"], strict=True))]
    ]
    return {"y": np.array(rows)}
''',
    MISTAKES: """\
schema: 1
mistakes:
  - name: bias-omitted
    when: the bias is left out
    edits:
      - {replace: x @ W + b, with: x @ W}
    loses: [forward-value]
    hint: Count the terms of the formula.
  - name: weights-averaged
    when: the gradient of W is averaged over the batch
    edits:
      - {replace: x.T @ dy, with: x.T @ dy / len(x)}
    loses: [grad-W]
    hint: Every row of the batch has its say.
  - name: bias-averaged
    when: the gradient of b is averaged over the batch
    edits:
      - {replace: "np.sum(dy, axis=0)", with: "np.mean(dy, axis=0)"}
    loses: [grad-b]
    hint: Every row of the batch has its say.
  - name: upstream-negated
    when: every gradient has the wrong sign
    edits:
      - {replace: dx = dy @ W.T, with: dx = -dy @ W.T}
      - {replace: dW = x.T @ dy, with: dW = -x.T @ dy}
      - {replace: "db = np.sum(dy, axis=0)", with: "db = -np.sum(dy, axis=0)"}
    loses: [grad-x, grad-W, grad-b]
    hint: Raise b a little. Does y rise or fall?
  - name: sum-in-place
    when: the rows of dy are summed where they stand
    edits:
      - {replace: "db = np.sum(dy, axis=0)", with: "db = np.add.accumulate(dy, out=dy)[-1]"}
    loses: [unmodified]
    hint: Whose array is dy?
  - name: row-squeezed
    when: axes of length one are dropped
    edits:
      - {replace: return x @ W + b, with: return np.squeeze(x @ W + b)}
    loses: [one-row]
    hint: What shape has a batch of one?
""",
}


def affine(
    y: str = "x @ W + b",
    dx: str = "dy @ W.T",
    dW: str = "x.T @ dy",
    db: str = "dy.sum(axis=0)",
    *,
    top: str = "",
    first: str = "pass",
) -> str:
    """A submission, right but for the expressions given. `top` stands above both functions, and
    `first` is the first statement of each."""
    return (
        f"import numpy as np\n{top}\n\n"
        f"def forward(x, W, b):\n    {first}\n    return {y}\n\n"
        f"def backward(x, W, b, dy):\n    {first}\n    return {dx}, {dW}, {db}\n"
    )


class Course:
    """The course's folder. What changes it returns it, so that calls can be chained."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "course"
        self.handed_in = folder / "submissions"
        for path, text in FILES.items():
            self.write(path, text)

    def path(self, path: str) -> Path:
        return self.root / path

    def write(self, path: str, text: str | bytes) -> Self:
        """Make `path`, relative to the course, hold `text` and nothing else."""
        _write(self.path(path), text)
        return self

    def edit(self, path: str, old: str, new: str) -> Self:
        """Put `new` for `old`, which stands exactly once in `path`."""
        text = self.path(path).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
        return self.write(path, text.replace(old, new))

    def remove(self, path: str) -> Self:
        self.path(path).unlink()
        return self

    def submit(self, student: str, code: str | bytes) -> Self:
        """Hand in `code` as `student`, in the plain layout below `handed_in`."""
        _write(self.handed_in / student / SLUG / f"{SLUG}.py", code)
        return self

    def load(self) -> model.Course:
        return courses.load_course(self.root)

    def assignment(self) -> model.Assignment:
        return courses.load_assignment(self.load(), SLUG)

    def hidden(self) -> tuple[model.Case, ...]:
        return courses.load_hidden(self.load(), self.assignment())

    def mistakes(self) -> tuple[model.Mistake, ...]:
        return courses.load_mistakes(self.load(), self.assignment())

    def exercise(self) -> exercises.Exercise:
        return exercises.load(self.load(), SLUG)


def _write(path: Path, text: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
