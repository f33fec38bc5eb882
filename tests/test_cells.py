"""Notebooks as submissions: what is run, what is said of the rest, and which file counts."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from course_kit import SLUG, Course, affine
from golden.kit import command, grade, grader
from test_worker import PATIENCE, Told, X, run

from grader.collect import collect
from grader.errors import SubmissionError
from grader.explain import failure_text
from grader.measurement import Failure
from grader.model import Assignment, Limits
from grader.own import UNPACKING
from grader.sandbox import magics
from grader.submission import MAX_NOTEBOOK, is_notebook, read_bytes
from grader.worker import Ask, Worker

ROOT = Path(__file__).resolve().parent.parent
SOLUTION = {"solution": True, "grade": False, "locked": False}
GIVEN = {"solution": False, "grade": False, "locked": True}
TEST = {"solution": False, "grade": True, "locked": True}
CHECK = 'from grader.notebook import check\n\ncheck("grad-Wx")'

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="the zygote is Linux's")


def cell(source: object, marks: object = None, kind: str = "code") -> dict[str, Any]:
    metadata = {} if marks is None else {"nbgrader": marks}
    return {"cell_type": kind, "metadata": metadata, "outputs": [], "source": source}


def notebook(*of: object, **more: object) -> bytes:
    """A notebook of these cells; a string is a solution."""
    made = [cell(c, SOLUTION) if isinstance(c, str) else c for c in of]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, **more}).encode()


TEXT = cell("# What to do", kind="markdown")


@pytest.fixture(scope="module")
def zygote() -> Iterator[Worker]:
    if sys.platform != "linux":
        pytest.skip("the zygote is Linux's")
    with Worker(Limits(seconds=PATIENCE)) as opened:
        yield opened


def y(told: Told) -> list[float]:
    assert told.only.failure is None, told.only.failure
    return [float(v) for v in told.only.arrays["y"]]


# What is run


def test_solution_cells_are_run_in_order_and_see_each_other(zygote: Worker) -> None:
    book = notebook(TEXT, "import numpy as np\nTWO = 2", "def forward(x): return np.abs(TWO * x)")
    assert y(run(zygote, book)) == list(2 * np.abs(X))


@pytest.mark.parametrize(
    "source",
    [
        "import numpy\ndef forward(x):\n    return x\n",
        ["import numpy\n", "def forward(x):\n", "    return x"],
        "\ufeffimport numpy\r\ndef forward(x):\r\n    return x\r\n",
    ],
    ids=["text", "lines", "carriage returns and a byte order mark"],
)
def test_a_source_may_be_a_text_or_a_list_of_lines(zygote: Worker, source: object) -> None:
    assert y(run(zygote, notebook(cell(source, SOLUTION)))) == list(X)


def test_a_notebook_of_the_older_format_is_read_too(zygote: Worker) -> None:
    old = {"cell_type": "code", "input": ["def forward(x): return x"], "language": "python"}
    raw = json.dumps({"nbformat": 3, "worksheets": [{"cells": [old]}]}).encode()
    assert y(run(zygote, raw)) == list(X)


def test_cells_with_checks_are_not_run_wherever_they_are(zygote: Worker) -> None:
    book = notebook(
        cell("raise SystemExit", TEST),
        cell(CHECK, TEST),
        f"{CHECK}\nimport grader.notebook as g\ng.check('a')\ndef forward(x): return x",
        cell(f"{CHECK}\nscore = check('cost')\nclass Unit: pass"),
    )
    assert y(run(zygote, book)) == list(X)


def test_a_given_cell_is_run_whole_and_an_answer_for_a_person_is_not(zygote: Worker) -> None:
    book = notebook(
        cell("SCALES = []\nSCALES.append(3)", GIVEN),
        cell("SCALES.append(5)\nraise ValueError", {**SOLUTION, "grade": True}),
        "def forward(x): return sum(SCALES) * x",
    )
    assert y(run(zygote, book)) == list(3 * X)


def test_of_other_cells_imports_definitions_and_needed_values_are_run(zygote: Worker) -> None:
    book = notebook(
        cell("import numpy as np\nimport matplotlib.pyplot as plt\nplt.style.use('dark')"),
        cell("BASE = 1\nSCALE = BASE + 1\nidle = 1 / 0\ndef double(x): return SCALE * x"),
        "def forward(x):\n    idle = np.abs(x)\n    return double(idle)",
        cell("print('tried')\nwhile True: pass"),
        cell("losses = forward(None)"),
        cell("try:\n    import torch\nexcept ImportError:\n    torch = None"),
    )
    told = run(zygote, book)
    assert y(told) == list(2 * np.abs(X))
    assert told.printed == ""


def test_what_a_later_cell_defines_again_is_what_counts_as_in_a_kernel(zygote: Worker) -> None:
    stub = "def forward(x): raise NotImplementedError"
    assert y(run(zygote, notebook(stub, cell("def forward(x): return x")))) == list(X)


def test_a_feature_of_the_language_holds_for_the_cells_below(zygote: Worker) -> None:
    book = notebook("from __future__ import annotations", "def forward(x: Missing): return x")
    assert y(run(zygote, book)) == list(X)


def test_a_module_made_of_cells_is_one(zygote: Worker) -> None:
    book = notebook(
        "from dataclasses import dataclass\nimport sys",
        "@dataclass\nclass Unit:\n    scale: float = 2.0",
        "def forward(x):\n    assert sys.modules[__name__].Unit is Unit and __name__ == 'unit'\n"
        "    display(x)\n    return Unit().scale * x",
    )
    assert y(run(zygote, book, module="unit")) == list(2 * X)


def test_without_metadata_cells_are_known_by_what_they_define(zygote: Worker) -> None:
    book = notebook(
        TEXT,
        cell("import numpy as np\n%matplotlib inline"),
        cell("def forward(x):\n    return np.abs(x)\n\nforward(None)"),
        cell(CHECK),
        cell("1 / 0"),
    )
    assert y(run(zygote, book)) == list(np.abs(X))


@pytest.mark.parametrize("metadata", [None, [], 3, {"nbgrader": [1]}, {"nbgrader": {"grade": 7}}])
def test_metadata_of_any_type_are_none(zygote: Worker, metadata: object) -> None:
    made = {"cell_type": "code", "metadata": metadata, "source": "def forward(x): return x"}
    assert y(run(zygote, notebook(made))) == list(X)


# Magics


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("!pip install 'torch\nx = 1", "pass\nx = 1"),
        ("if x:\n    !ls \\\n  -l (\ny = 1", "if x:\n    pass\n\ny = 1"),
        ("a, b = !ls\nt = %timeit -o f()\nx = 1", "pass\npass\nx = 1"),
        ("unit?\nnp.tanh??\n?x\nz = 1;", "pass\npass\npass\nz = 1;"),
        ("%%time\nx = 1", "\nx = 1"),
        ("\n%%capture out\n%%timeit -n 3\nx = 1", "\n\n\nx = 1"),
        ("%%bash\nrm -r /", ""),
        ("%%writefile rnn_unit.py\nx = 1", ""),
        (
            "s = '''\n%not magic\n!nor this\n'''\n%magic",
            "s = '''\n%not magic\n!nor this\n'''\npass",
        ),
        ("x = (y\n% 3)\n!ls", "x = (y\n% 3)\npass"),
        ("x = y \\\n% 3\n%cd", "x = y \\\n% 3\npass"),
        ("# it's\n%cd 'a\nx = \"#%\"", '# it\'s\npass\nx = "#%"'),
        ("x = 3 % 2 != 1", "x = 3 % 2 != 1"),
        ("x = '''never ended\n%cd", "x = '''never ended\n%cd"),
    ],
)
def test_lines_that_only_ipython_knows_become_a_pass_in_their_place(text: str, python: str) -> None:
    assert magics.python(text) == python


@pytest.mark.parametrize("piece", ['"', "'", "'''", "\\", "%", "(", "a?", "\\\n", "x=", "#", "é!"])
def test_looking_for_magics_takes_no_time_and_ends(piece: str) -> None:
    before = time.process_time()
    magics.python(piece * 100_000)
    assert time.process_time() - before < PATIENCE / 10


def test_a_cell_that_is_python_already_is_left_as_it_is(zygote: Worker) -> None:
    book = notebook(
        'TEXT = """\n%matplotlib inline\n!ls\n"""\ndef forward(x):\n    return x * len(TEXT)'
    )
    assert y(run(zygote, book)) == list(X * len("\n%matplotlib inline\n!ls\n"))


def test_magics_in_a_solution_do_no_harm_and_shift_no_line(zygote: Worker) -> None:
    book = notebook("%%time\n%load_ext x\n!pip install y\ndef forward(x):\n    return 1 / 0 * x")
    failure = run(zygote, book).failure
    assert (failure.type, failure.cell, failure.line) == ("ZeroDivisionError", 1, 5)
    assert failure.code == "return 1 / 0 * x"


# Errors


def test_an_exception_names_the_cell_and_its_line(zygote: Worker) -> None:
    book = notebook(
        TEXT, "def helper(x):\n    return x[9]", TEXT, "def forward(x): return helper(x)"
    )
    failure = run(zygote, book).failure
    assert (failure.type, failure.cell, failure.line, failure.code) == (
        "IndexError",
        2,
        2,
        "return x[9]",
    )
    assert failure_text(failure)[1][-1] == "cell 2, line 2: return x[9]"


@pytest.mark.parametrize("marks", [SOLUTION, None], ids=["marked", "metadata lost"])
@pytest.mark.parametrize(
    ("source", "line", "code"),
    [
        ("\ndef forward(x):\n    return (x\n", 3, "return (x"),
        ("def forward(x):\n    return x\n  y = 1", 3, "y = 1"),
        ("x = 1\ndef forward(x, x): return x", 2, "def forward(x, x): return x"),
        ("%cd\ndef forward(x):\n    return x +", 3, "return x +"),
    ],
)
def test_a_cell_that_cannot_be_compiled_is_told_with_its_line(
    zygote: Worker, source: str, line: int, code: str, marks: object
) -> None:
    failure = run(zygote, notebook(TEXT, "import numpy", cell(source, marks))).failure
    assert failure.type in ("SyntaxError", "IndentationError")
    assert (failure.cell, failure.line, failure.code) == (3, line, code)
    assert f"(cell 3, line {line})" in failure.message


def test_a_cell_that_fails_costs_what_it_would_have_defined_and_no_more(zygote: Worker) -> None:
    book = notebook(
        "def forward(x): return x",
        "def backward(x): return 3 * x",
        "1 / 0\ndef backward(x): return x",
        "def forward(x): return 2 * x\nforward(unknown)",
    )
    first, second = run(zygote, book, "forward", "backward").answers
    assert list(first.arrays["y"]) == list(2 * X)
    assert second.failure is not None
    assert (second.failure.type, second.failure.cell, second.failure.line) == (
        "ZeroDivisionError",
        3,
        1,
    )


def test_names_that_an_earlier_cell_imported_outlive_a_cell_that_fails(zygote: Worker) -> None:
    book = notebook(
        "import numpy as np\nEPS = 0\ndef forward(x): return np.abs(x) + EPS",
        "import numpy as np\nEPS = 0\nprint(1 / 0)",
    )
    assert y(run(zygote, book)) == list(np.abs(X))


@pytest.mark.parametrize("book", [notebook(), notebook(TEXT), notebook(cell("", SOLUTION))])
def test_a_deleted_solution_is_told_as_one_that_no_cell_defines(
    zygote: Worker, book: bytes
) -> None:
    failure = run(zygote, book).failure
    assert (failure.type, failure.message) == ("AttributeError", "no cell defines forward")


def test_an_import_that_is_refused_names_the_cell(zygote: Worker) -> None:
    failure = run(zygote, notebook(TEXT, "import torch\ndef forward(x): return x")).failure
    assert (failure.kind, failure.cell, failure.line) == ("refused", 2, 1)


# What is no notebook


BROKEN = {
    "cut off": (notebook("def forward(x): return x")[:-20], "json"),
    "a mark of a merge": (b'{"cells": [\n<<<<<<< HEAD\n]}', "json"),
    "nothing but its name": (b'{"cells"', "json"),
    "cells of another type": (b'{"cells": {"a": 1}}', "cells"),
    "cells that are null": (b'{"nbformat": 4, "cells": null}', "cells"),
    "no cells": (b'{"nbformat": 4, "metadata": {}}', "cells"),
    "worksheets of another type": (b'{"worksheets": 3}', "cells"),
    "a cell that is a number": (b'{"cells": [3]}', "cell"),
    "a source that is a number": (notebook(cell(3)), "source"),
    "a source of numbers": (notebook(cell(["x = 1\n", 2])), "source"),
    "a source that is null": (notebook(cell(None)), "source"),
    "UTF-16": (notebook("x = 1").decode().encode("utf-16"), "encoding"),
    "UTF-16 without a mark": (notebook("x = 1").decode().encode("utf-16-le"), "json"),
    "latin-1": (b'{"cells": ["\xe9"]}', "encoding"),
    "a NUL": (b'{"cells": [\0]}', "json"),
    "nested lists": (b'{"cells": ' + b"[" * 1_000_000, "deep"),
    "nested objects": (b'{"cells": ' + b'{"a":' * 500_000, "deep"),
    "a million cells": (b'{"cells": [' + b"{}," * 1_000_000 + b"{}]}", "many"),
}


@pytest.mark.parametrize(("raw", "code"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_notebook_is_told_with_the_reason(zygote: Worker, raw: bytes, code: str) -> None:
    assert len(raw) <= MAX_NOTEBOOK
    assert is_notebook(raw)
    failure = run(zygote, raw).failure
    assert (failure.kind, failure.type) == ("notebook", code)
    reason, detail = failure_text(failure)
    assert reason == "Your file is not a notebook that can be read."
    assert len(detail) == 1
    assert y(run(zygote, notebook("def forward(x): return x"))) == list(X)


ODD = {
    "a byte order mark": b"\xef\xbb\xbf" + notebook("def forward(x): return x"),
    "NaN": notebook(cell("def forward(x): return x", SOLUTION), metadata={"a": float("nan")}),
    "a huge number": notebook("def forward(x): return x")[:-1] + b', "a": ' + b"9" * 10**6 + b"}",
    "a key twice": b'{"cells": [3], ' + notebook("def forward(x): return x")[1:],
    "cells of other kinds": notebook({}, {"cell_type": 3}, cell([], kind="raw"), "forward = abs"),
    "no source": notebook({"cell_type": "code"}, "forward = abs"),
    "pictures": notebook(
        {**cell("def forward(x): return x"), "outputs": [{"image/png": "A" * 3_900_000}]}
    ),
    "spaces before": b" \n" * 1000 + notebook("forward = abs"),
}


@pytest.mark.parametrize("raw", ODD.values(), ids=ODD)
def test_what_is_odd_but_a_notebook_is_run(zygote: Worker, raw: bytes) -> None:
    assert len(raw) <= MAX_NOTEBOOK
    assert run(zygote, raw).only.failure is None


HOSTILE = {
    "a surrogate": notebook("x = '\ud800'\ndef forward(x): return x"),
    "a NUL in a cell": notebook("x = 1\0\ndef forward(x): return x"),
    "deep brackets": notebook("(" * 10**5 + "\ndef forward(x): return x"),
    "a deep chain": notebook("x = " + "-" * 10**5 + "1\ndef forward(x): return x"),
    "a deep chain in another cell": notebook(cell("def forward(x): return " + "-" * 10**5 + "1")),
    "elif without end": notebook(
        cell("if 0: pass\n" + "elif 0: pass\n" * 20_000 + "def forward(x): return x")
    ),
    "an exit": notebook("import sys\nsys.exit()\ndef forward(x): return x"),
    "a class that cannot be made": notebook(
        "class M(type):\n    def __new__(*a): raise KeyboardInterrupt\n"
        "class forward(metaclass=M): pass"
    ),
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_cell_costs_its_own_submission_and_is_an_answer(
    zygote: Worker, raw: bytes
) -> None:
    failure = run(zygote, raw).failure
    assert failure.kind in ("exception", "died")
    assert y(run(zygote, notebook("def forward(x): return x"))) == list(X)


@pytest.mark.parametrize("name", ["run", "missing", "first", "cells", "errors"])
def test_any_name_may_be_defined_or_missing(zygote: Worker, name: str) -> None:
    probe = f"def forward(module, a): return {{'y': module.{name}(a['x'])}}".encode()
    for source, failed in (("pass", True), (f"def {name}(x): return x", False)):
        with zygote.open(probe, "m", notebook(source)) as session:
            session.give({"c": {"x": X}})
            (answer,) = session.ask([Ask("c", "forward")])
        assert (answer.failure and answer.failure.message) == (
            f"no cell defines {name}" if failed else None
        )


def test_cells_cannot_change_how_cells_are_read(zygote: Worker) -> None:
    book = notebook(
        "import ast, json, re\nast.parse = ast.Module = json.loads = re.match = re.compile = None",
        "def forward(x): return x",
    )
    assert y(run(zygote, book)) == list(X)


def test_python_that_begins_like_json_is_python(zygote: Worker) -> None:
    assert y(run(zygote, '{"a": 1}\ndef forward(x): return x')) == list(X)


def test_a_reason_that_a_student_made_up_is_not_repeated() -> None:
    assert failure_text(Failure("notebook", "made up", "by a student"))[1] == ()


# Which file counts

UNIT = Assignment("unit", "A unit", "network", ())
BOOK = notebook("def forward(x): return x")


def put(path: Path, content: bytes = BOOK) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("file", "named", "student"),
    [
        ("ada/unit/network.ipynb", "ada/unit/network.ipynb", "ada"),
        ("ada/unit/unit.ipynb", "ada/unit/unit.ipynb", "ada"),
        ("ada/network.ipynb", "ada", "ada"),
        ("class/ada/unit/network.ipynb", "class", "ada"),
        ("class/ada/unit/2/unit.ipynb", "class", "ada"),
        ("class/ada/unit.ipynb", "class", "ada"),
        ("class/ada.ipynb", "class", "ada"),
        ("unit/ada.ipynb", "unit/ada.ipynb", "ada"),
    ],
)
def test_a_notebook_may_be_wherever_a_module_may(
    tmp_path: Path, file: str, named: str, student: str
) -> None:
    put(tmp_path / file)
    found = collect([tmp_path / named], [UNIT])
    assert found.problems == []
    (submission,) = found.submissions()
    assert (submission.student, submission.source) == (student, BOOK)
    assert submission.file == Path(file).name


def test_a_notebook_of_another_name_is_told_with_the_right_one(tmp_path: Path) -> None:
    put(tmp_path / "ada" / "unit" / "Untitled.ipynb")
    put(tmp_path / "ada" / "unit" / ".ipynb_checkpoints" / "network.ipynb")
    (submission,) = collect([tmp_path], [UNIT]).submissions()
    assert submission.problem is not None
    assert dict(submission.problem.details) == {"want": "network.ipynb", "found": "Untitled.ipynb"}


def test_of_two_files_that_were_changed_the_module_counts_and_a_line_says_so(
    tmp_path: Path,
) -> None:
    for name in ("ada/unit/network.ipynb", "ada/unit/network.py", "bo.ipynb", "bo.py"):
        put(tmp_path / name, b"x = 1" if name.endswith("py") else BOOK)
    found = collect([tmp_path], [UNIT])
    assert [(s.student, s.file) for s in found.submissions()] == [
        ("ada", "network.py"),
        ("bo", "bo.py"),
    ]
    assert found.problems == [
        "ada, unit: network.py is graded, and not network.ipynb beside it. "
        "Take away what does not count.",
        "bo, unit: bo.py is graded, and not bo.ipynb beside it. Take away what does not count.",
    ]


@pytest.mark.parametrize(
    ("changed", "graded"),
    [({"unit.ipynb"}, "unit.ipynb"), ({"network.py"}, "network.py"), (set(), "network.py")],
)
def test_what_was_never_touched_is_passed_over(
    tmp_path: Path, changed: set[str], graded: str
) -> None:
    for name in ("network.py", "unit.ipynb"):
        start = b'# {"cells"' if name.endswith(".py") else notebook("start")
        put(tmp_path / "assignments" / "unit" / name, start)
        put(tmp_path / "class" / "ada" / "unit" / name, BOOK if name in changed else start)
    found = collect([tmp_path / "class"], [UNIT], given=tmp_path / "assignments")
    assert ([s.file for s in found.submissions()], found.problems) == ([graded], [])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_notebook"),
        (b"def forward(x): return x", "not_notebook"),
        (b"[]", "not_notebook"),
        (b"{}", "not_notebook"),
        (b"<html>", "not_notebook"),
        (b'{"cells": []}' + b" " * MAX_NOTEBOOK, "too_large"),
    ],
)
def test_a_file_that_is_called_a_notebook_must_begin_like_one(
    tmp_path: Path, content: bytes, code: str
) -> None:
    with pytest.raises(SubmissionError, match=code):
        read_bytes(put(tmp_path / "unit.ipynb", content).parent, "unit.ipynb")


# The commands


def into(book: Path, source: str) -> bytes:
    """The notebook at `book` with all of `source` in its first solution cell."""
    document = json.loads(book.read_text(encoding="utf-8"))
    texts = [source]
    for c in document["cells"]:
        if c["cell_type"] == "code" and c["metadata"]["nbgrader"]["solution"]:
            c["source"] = texts.pop().splitlines(keepends=True) if texts else []
    return json.dumps(document).encode()


@pytest.fixture
def ready(course: Course) -> Course:
    ran = grader("build", "--course", course.root)
    assert ran.code == 0, ran.err
    return course


def test_a_notebook_is_checked_by_its_name(ready: Course) -> None:
    book = ready.path(f"assignments/{SLUG}/{SLUG}.ipynb")
    book.write_bytes(into(book, affine()))
    ran = grader("check", book, "--course", ready.root)
    assert ran.code == 0, ran.out
    assert f"An affine map ({SLUG}.ipynb)" in ran.out


def test_where_only_the_notebook_was_changed_it_is_checked_and_that_is_said(ready: Course) -> None:
    book = ready.path(f"assignments/{SLUG}/{SLUG}.ipynb")
    assert "(" not in grader("check", SLUG, "--course", ready.root).out.splitlines()[0]
    book.write_bytes(into(book, affine(y="x @ W")))
    ran = grader("check", SLUG, "--course", ready.root)
    assert f"An affine map ({SLUG}.ipynb)" in ran.out
    (row,) = grader("check", SLUG, "--course", ready.root, "--json").document["results"]
    assert 0 < row["score"] < 100


def test_where_both_were_changed_a_later_notebook_is_mentioned(ready: Course) -> None:
    module = ready.path(f"assignments/{SLUG}/{SLUG}.py")
    book = module.with_suffix(".ipynb")
    module.write_text(affine())
    os.utime(book, (module.stat().st_mtime + 2 * UNPACKING,) * 2)
    ran = grader("check", SLUG, "--course", ready.root)
    assert ran.code == 0
    assert f"({SLUG}.py; {SLUG}.ipynb was saved later and is not checked)" in ran.out


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("", "No cell defines forward."),
        ("def forward(x, W, b):\n    return (x", "(cell 3, line 2)"),
        (affine(first="raise NotImplementedError"), f"Open {SLUG}.ipynb and look for"),
    ],
)
def test_a_problem_of_the_whole_names_the_notebook_or_its_cell(
    ready: Course, source: str, problem: str
) -> None:
    given = ready.path(f"assignments/{SLUG}/{SLUG}.ipynb")
    document = json.loads(into(given, source))
    document["cells"] = [TEXT, *(c for c in document["cells"] if c["cell_type"] == "code")]
    put(ready.handed_in / "ada" / SLUG / f"{SLUG}.ipynb", json.dumps(document).encode())
    (row,) = grade(ready, "--json").document["results"]
    assert row["score"] == 0
    assert problem in row["problem"]


def test_a_broken_notebook_costs_nobody_else(ready: Course) -> None:
    given = ready.path(f"assignments/{SLUG}/{SLUG}.ipynb")
    for n, (raw, _) in enumerate(BROKEN.values()):
        put(ready.handed_in / f"broken-{n}" / SLUG / f"{SLUG}.ipynb", raw)
    put(ready.handed_in / "empty" / SLUG / f"{SLUG}.ipynb", b"")
    put(ready.handed_in / "zoe" / SLUG / f"{SLUG}.ipynb", into(given, affine()))
    ran = grade(ready, "--json")
    scores = ran.scores
    assert scores.pop("zoe") > 90
    assert set(scores.values()) == {0}
    rows = {r["student"]: r["problem"] for r in ran.document["results"]}
    assert all("not a notebook" in p for s, p in rows.items() if s != "zoe"), rows


def told_alike(text: str) -> str:
    """What is said of a notebook as it is said of the module, whose lines are in one cell here."""
    text = re.sub(r'"cell \d+, line', '"line', text)
    text = re.sub(r"\(cell \d+, line", "(FILE, line", text)
    return re.sub(r"(\w+)\.(py|ipynb)\b", "FILE", text)


@pytest.mark.slow
@on_linux
@pytest.mark.parametrize("slug", ["rnn_unit", "gradient_clipping"])
def test_a_class_gets_the_same_for_its_modules_and_for_the_same_code_in_notebooks(
    tmp_path: Path, slug: str
) -> None:
    given = ROOT / "assignments" / slug / f"{slug}.ipynb"
    for path in (ROOT / "examples" / "class").glob(f"*/{slug}/{slug}.py"):
        raw, who = path.read_bytes(), path.parent.parent.name
        if who == "nikos":
            continue  # so slow that it depends on the machine
        try:
            book = into(given, raw.decode("utf-8-sig"))
        except UnicodeDecodeError:
            continue
        for content, name in ((raw, f"{slug}.py"), (book, f"{slug}.ipynb")):
            file = put(tmp_path / name.rpartition(".")[2] / who / slug / name, content)
            os.utime(file, (1_790_000_000,) * 2)
    said = []
    for kind in ("py", "ipynb"):
        results = ("--results", tmp_path / f"results-{kind}", "--workers", "1", "--json")
        secret = {"GRADER_SECRET": "the same for both of the two"}
        ran = command("grade", tmp_path / kind, "--course", ROOT, *results, env=secret)
        said.append(told_alike(ran.out))
    assert said[0] == said[1]
    assert said[0].count('"passed"') > 100
