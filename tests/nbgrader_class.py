"""A class that hands in notebooks, one student for each trap, and nbgrader's own command line."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader.source import apply_edits

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
SECRET = "a secret of the tests alone, long enough"
IN_TIME = "2026-09-01 12:00:00 UTC"
LATE = "2026-10-20 12:00:00 UTC"
"""A week after the first exercise of the course was due, and a day after the second."""

Book = dict[str, Any]


def run(folder: Path, *command: str, accept: tuple[int, ...] = (0,)) -> str:
    """A command's stdout. Its programs are this environment's; so is what they remember."""
    env = {**os.environ, "GRADER_SECRET": SECRET, "HOME": str(folder), "PYTHONWARNINGS": "ignore"}
    env["PATH"] = os.pathsep.join([str(BIN), env["PATH"]])
    env |= {
        f"JUPYTER_{kind}_DIR": str(folder / ".jupyter" / kind) for kind in ("CONFIG", "RUNTIME")
    }
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode in accept, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def solution(book: Book) -> dict[str, Any]:
    """The last cell in which a student writes."""
    return [c for c in book["cells"] if _is(c, "solution") and not _is(c, "grade")][-1]


def tests(book: Book) -> list[dict[str, Any]]:
    """The cells that have points."""
    return [c for c in book["cells"] if _is(c, "grade")]


def text(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def code(source: str, **metadata: Any) -> dict[str, Any]:
    """A new cell."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": f"new-{abs(hash(source)) % 10**8}",
        "metadata": metadata,
        "outputs": [],
        "source": source,
    }


def _is(cell: dict[str, Any], what: str) -> bool:
    return bool(cell["metadata"].get("nbgrader", {}).get(what))


def _on_top(book: Book, cell: dict[str, Any]) -> Book:
    book["cells"].insert(0, cell)
    return book


def _each_test(book: Book, change: Callable[[dict[str, Any]], None]) -> Book:
    for cell in tests(book):
        change(cell)
    return book


def _claims(shown: str) -> Callable[[dict[str, Any]], None]:
    def change(cell: dict[str, Any]) -> None:
        result = {"output_type": "execute_result", "execution_count": 1, "metadata": {}}
        cell["outputs"] = [{**result, "data": {"text/plain": [shown]}}]

    return change


def _nan(book: Book) -> Book:
    cell = solution(book)
    cell["source"] = re.sub(r"(\n +)return ", r"\1return float('nan') * ", text(cell), count=1)
    return book


def _leaky(book: Book) -> Book:
    """Tries to have hidden inputs told."""
    cell = solution(book)
    leak = (
        r"\1print('LEAK', *map(repr, locals().values())); raise ValueError('LEAK' + repr(locals()))"
    )
    cell["source"] = re.sub(r"(\n +)return [^\n]*", leak, text(cell))
    return book


def _noisy(book: Book) -> Book:
    cell = solution(book)
    noise = "import sys, warnings\nwarnings.warn('of old age')\nprint('noise', file=sys.stderr)\n"
    cell["source"] = noise + text(cell)
    cell["outputs"] = [{"output_type": "stream", "name": "stderr", "text": ["noise\n"]}]
    return book


def _deleted(book: Book) -> Book:
    book["cells"] = [c for c in book["cells"] if not _is(c, "grade")]
    return book


def _only_code(book: Book) -> Book:
    """All metadata lost, and all cells but the student's own."""
    book["cells"] = [code(text(solution(book)))]
    return book


def _renamed(book: Book) -> Book:
    for i, cell in enumerate(tests(book)):
        cell["metadata"]["nbgrader"]["grade_id"] = f"mine-{i}"
    return book


def _extra(book: Book) -> Book:
    book["cells"].append(code("raise SystemExit"))
    book["cells"].append(code("1 / 0"))
    return _on_top(book, code("undefined_name + 1"))


def _edited(book: Book) -> Book:
    for cell in book["cells"]:
        if _is(cell, "locked"):
            cell["source"] = "100.0"
    return book


def _magics(book: Book) -> Book:
    cell = solution(book)
    cell["source"] = "%%time\n%matplotlib inline\n!pip install nothing\n" + text(cell)
    return _on_top(book, code("%%bash\nexit 1"))


def _big(book: Book) -> Book:
    stream = {"output_type": "stream", "name": "stdout", "text": ["x" * 99 + "\n"] * 20000}
    solution(book)["outputs"] = [stream]
    return book


def _richer(book: Book) -> Book:
    def change(cell: dict[str, Any]) -> None:
        cell["metadata"]["nbgrader"]["points"] = 1000

    return _each_test(book, change)


def _odd_metadata(book: Book) -> Book:
    """Nothing in nbgrader's metadata is what its schema says."""
    for i, cell in enumerate(tests(book)):
        mine = cell["metadata"]["nbgrader"]
        mine.update(
            [("grade", False), ("schema_version", 99), ("locked", "no"), ("points", "x")][i % 4 :]
        )
    book["cells"][0]["metadata"]["nbgrader"] = ["not", "a", "dict"]
    return book


def _twice(book: Book) -> Book:
    """First a copy of the cell that is wrong, then the one that counts."""
    at = book["cells"].index(solution(book))
    wrong = copy.deepcopy(solution(book))
    wrong["source"] = text(wrong).replace("return", "return None #")
    wrong["id"] = "copied"
    book["cells"].insert(at, wrong)
    return book


REBIND = "import numpy as np; np.testing.assert_allclose = lambda *a, **k: None"
BLANK = (
    "get_ipython().input_transformers_cleanup.append("
    "lambda lines: [] if any('HIDDEN' in line for line in lines) else lines)"
)

RIGHT: dict[str, Callable[[Book], Book]] = {
    "right": lambda book: book,
    "noisy": _noisy,
    "deleted": _deleted,
    "only-code": _only_code,
    "renamed": _renamed,
    "extra": _extra,
    "edited": _edited,
    "magics": _magics,
    "big": _big,
    "twice": _twice,
}
"""What is done to a notebook with the right solution, which must cost nothing."""

PARTLY: dict[str, Callable[[Book], Book]] = {
    "partly": lambda book: book,
    "claims-100": lambda book: _each_test(book, _claims("100.0")),
    "claims-nan": lambda book: _each_test(book, _claims("nan")),
    "claims-float64": lambda book: _each_test(book, _claims("np.float64(0.8)")),
    "richer": _richer,
    "odd-metadata": _odd_metadata,
    "rebinds": lambda book: _on_top(book, code(REBIND)),
    "blanks": lambda book: _on_top(book, code(BLANK)),
}
"""What is done to one with a known mistake in it, which must gain nothing."""


OTHERS: dict[str, Callable[[Book], Book]] = {
    "nan": _nan,
    "leaks": _leaky,
    "late": lambda book: book,
}
"""What else is done to the right solution."""


def with_mistake(book: Book, edits: tuple[tuple[str, str], ...]) -> Book:
    """The notebook with a known mistake in its one solution cell."""
    cell = solution(book)
    cell["source"] = apply_edits(text(cell), edits)
    return book


def write(path: Path, book: Book) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(book), encoding="utf-8")
