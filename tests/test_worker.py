"""The worker: right answers from right code, and one failure an ask from everything else.

Two kinds of tests. `puppet` sessions talk to a socket that this file writes to, so that what a
hostile child might send is exact and repeatable. The others run real processes, through the
zygote and, where that is the point, as the plain subprocess of other systems.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import select
import signal
import socket
import subprocess
import sys
import textwrap
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from course_kit import Course, affine
from test_wire import mutate

from grader import launcher, wire, worker
from grader.errors import WorkerError
from grader.judge import examine
from grader.launcher import Isolation
from grader.measurement import Answer, Failure
from grader.model import Limits
from grader.sandbox.child import MESSAGE_LIMIT, PRINT_LIMIT
from grader.sandbox.zygote import ALLOWED, CHANNEL_FD, PRELOADED
from grader.wire import MAGIC, REPLY, Frame, Kind, encode
from grader.worker import Ask, Session, Worker

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="the zygote is Linux's")

PATIENCE = 60.0
"""Seconds for what should take milliseconds; only a machine that has stopped takes longer."""

SHORT = 0.5
"""Seconds for what never ends."""

PROBE = b"""
def forward(module, a):
    return {"y": module.forward(a["x"])}

def backward(module, a):
    return {"x": module.backward(a["x"])}

def unchanged(module, a):
    module.forward(a["x"])
    return a
"""

X = np.array([1.0, -2.0, 3.0])


@dataclass(frozen=True)
class Told:
    """All that a session gave, in seconds `took`."""

    answers: list[Answer]
    printed: str
    took: float

    @property
    def only(self) -> Answer:
        (answer,) = self.answers
        return answer

    @property
    def failure(self) -> Failure:
        failure = self.only.failure
        assert failure is not None, f"it answered {dict(self.only.arrays)}"
        return failure


def code(text: str) -> bytes:
    return textwrap.dedent(text).encode()


def run(
    through: Worker, source: str | bytes, *calls: str, seconds: float = PATIENCE, module: str = "m"
) -> Told:
    """Hand `source` in as m.py and ask for `calls` (`forward` if none) on X."""
    raw = code(source) if isinstance(source, str) else source
    before = time.monotonic()
    with through.open(PROBE, module, raw) as session:
        session.give({"c": {"x": X}})
        answers = session.ask([Ask("c", call) for call in calls or ("forward",)], seconds)
        return Told(answers, session.printed, time.monotonic() - before)


@pytest.fixture(scope="module")
def zygote() -> Iterator[Worker]:
    if sys.platform != "linux":
        pytest.skip("the zygote is Linux's")
    with Worker(Limits(seconds=PATIENCE)) as opened:
        yield opened


@pytest.fixture(params=["zygote", "solo"])
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """A worker on Linux, and one as on a system without a zygote."""
    if request.param == "zygote":
        yield request.getfixturevalue("zygote")
    else:
        monkeypatch.setattr(sys, "platform", "darwin")
        with Worker(Limits(seconds=PATIENCE)) as opened:
            yield opened


# Right code


def test_right_code_gives_right_answers_in_the_order_asked(either: Worker) -> None:
    source = "def forward(x): return 2 * x\ndef backward(x): return x + 1"
    told = run(either, source, "backward", "forward", "backward")
    got = [dict(a.arrays) for a in told.answers]
    assert [list(a) for a in got] == [["x"], ["y"], ["x"]]
    assert np.array_equal(got[0]["x"], X + 1)
    assert np.array_equal(got[1]["y"], 2 * X)
    assert np.array_equal(got[2]["x"], X + 1)
    assert all(a.failure is None and a.seconds > 0 for a in told.answers)
    assert told.printed == ""


def test_forward_at_points_is_stacked(either: Worker) -> None:
    points = np.arange(12.0).reshape(4, 3)
    with either.open(PROBE, "m", b"def forward(x): return x ** 2") as session:
        session.give({"c": {"x": X}})
        (answer,) = session.ask([Ask("c", "forward", "x", points)])
    assert np.array_equal(answer.arrays["y"], points**2)


def test_every_point_is_put_to_arguments_of_its_own(zygote: Worker) -> None:
    probe = b'def forward(module, a): return {"y": module.forward(a["x"], a["b"])}'
    points = np.arange(12.0).reshape(4, 3)
    with zygote.open(probe, "m", b"def forward(x, b):\n    b += 1\n    return x + b") as session:
        session.give({"c": {"x": X, "b": np.zeros(3)}})
        first, second = session.ask(
            [Ask("c", "forward", "x", points), Ask("c", "forward", "x", points)]
        )
    assert np.array_equal(first.arrays["y"], points + 1)
    assert np.array_equal(second.arrays["y"], points + 1)


def test_cases_and_questions_may_come_in_several_rounds(zygote: Worker) -> None:
    source = b"def forward(x):\n    print(len(x))\n    return x.sum(keepdims=True)"
    with zygote.open(PROBE, "m", source) as session:
        session.give({"a": {"x": np.ones(3)}, "b": {"x": np.ones(5)}})
        first = session.ask([Ask("b", "forward"), Ask("a", "forward")])
        session.give({"c": {"x": np.ones(7)}})
        second = session.ask([Ask("c", "forward"), Ask("a", "forward")])
        assert [float(a.arrays["y"][0]) for a in (*first, *second)] == [5, 3, 7, 3]
        assert session.printed == "5\n3\n7\n3\n"


def test_what_is_no_plain_array_is_described(zygote: Worker) -> None:
    source = """
        import numpy as np
        def forward(x): return [1.0]
        def backward(x): return np.float64(3)
    """
    told = run(zygote, source, "forward", "backward")
    assert [dict(a.returned) for a in told.answers] == [
        {"y": "of type list"},
        {"x": "of type float64"},
    ]
    assert all(a.failure is None and not a.arrays for a in told.answers)


def test_an_answer_too_large_to_send_is_described(zygote: Worker) -> None:
    source = "import numpy as np\ndef forward(x): return np.zeros(REPLY // 8)".replace(
        "REPLY", str(REPLY.body // 2 + 8)
    )
    told = run(zygote, source)
    assert dict(told.only.returned) == {"y": "too large"}


def test_every_call_gets_arguments_of_its_own(either: Worker) -> None:
    source = "def forward(x):\n    x *= 0\n    return x\ndef backward(x): return x"
    told = run(either, source, "forward", "backward", "unchanged", "backward")
    assert not told.answers[0].arrays["y"].any()
    assert np.array_equal(told.answers[1].arrays["x"], X)
    assert not told.answers[2].arrays["x"].any()
    assert np.array_equal(told.answers[3].arrays["x"], X)


def test_every_session_starts_from_nothing(zygote: Worker) -> None:
    source = """
        import builtins, numpy as np
        builtins.count = getattr(builtins, "count", 0) + 1
        seen = np.tanh(0.5) != 0
        np.tanh = lambda x: 0 * x
        np.random.seed(builtins.count)
        def forward(x): return np.array([builtins.count, seen], dtype=float)
    """
    for _ in range(3):
        assert run(zygote, source).only.arrays["y"].tolist() == [1.0, 1.0]


def test_a_module_s_own_name_and_classes_work_as_in_a_file(zygote: Worker) -> None:
    source = """
        from __future__ import annotations
        from dataclasses import dataclass
        import sys

        @dataclass
        class Unit:
            scale: float

        def forward(x):
            assert __name__ == "lstm_unit" and __file__ == "lstm_unit.py"
            assert sys.modules[__name__].Unit is Unit
            return Unit(2.0).scale * x
    """
    assert np.array_equal(run(zygote, source, module="lstm_unit").only.arrays["y"], 2 * X)


def test_the_clock_of_an_answer_is_the_judge_s(zygote: Worker) -> None:
    source = """
        import time
        time.monotonic = time.perf_counter = lambda: 0.0
        def forward(x): return x
        def backward(x):
            end = time.process_time() + 0.3
            while time.process_time() < end: pass
            return x
    """
    # The child may be at the second call before the judge has looked at its clock for the first.
    _, slow = run(zygote, source, "forward", "backward").answers
    assert 0.1 <= slow.seconds < PATIENCE


# Exceptions


@dataclass(frozen=True)
class Raises:
    """Source, and the failure it has to give."""

    source: str | bytes
    type: str
    line: int
    code: str
    message: str = ""


RAISES = {
    "in the function": Raises(
        'def forward(x):\n    y = x\n    raise ValueError("no " + str(len(y)))',
        "ValueError",
        3,
        'raise ValueError("no " + str(len(y)))',
        "no 3",
    ),
    "in a helper": Raises(
        "def helper(x):\n    return x[9]\n\ndef forward(x):\n    return helper(x)",
        "IndexError",
        2,
        "return x[9]",
        "index 9 is out of bounds",
    ),
    "inside numpy": Raises(
        "import numpy as np\n\ndef forward(x):\n    return np.linalg.inv(x)  # of a vector",
        "LinAlgError",
        4,
        "return np.linalg.inv(x)  # of a vector",
        "at least two-dimensional",
    ),
    "in the module": Raises("a = 1\n\nb = a / 0", "ZeroDivisionError", 3, "b = a / 0", "by zero"),
    "in a module that does not parse": Raises(
        "def forward(x):\n    return (x\n", "SyntaxError", 2, "return (x", "never closed"
    ),
    "in indentation": Raises(
        b"def forward(x):\n    y = x\n   return y\n", "IndentationError", 3, "return y", "unindent"
    ),
    "in tabs": Raises(
        b"def forward(x):\n        y = x\n\treturn y\n", "TabError", 3, "return y", "tabs"
    ),
    "not UTF-8": Raises(
        b"\ndef forward(x): return '\xe9'\n",
        "SyntaxError",
        2,
        "def forward(x): return '�'",
        "utf-8",
    ),
    "an unknown encoding": Raises(b"# coding: nonsense\n", "SyntaxError", 0, "", "nonsense"),
    "a missing function": Raises("def backward(x): return x", "AttributeError", 0, "", "forward"),
    "a stub": Raises(
        'def forward(x):\n    # YOUR CODE HERE\n    raise NotImplementedError("forward is not")',
        "NotImplementedError",
        3,
        'raise NotImplementedError("forward is not")',
        "forward is not",
    ),
    "an exit": Raises(
        "import sys\ndef forward(x):\n    sys.exit(0)", "SystemExit", 3, "sys.exit(0)", "0"
    ),
    "an exit while loading": Raises("import sys\nsys.exit(1)", "SystemExit", 2, "sys.exit(1)", "1"),
    "an interrupt": Raises(
        "def forward(x): raise KeyboardInterrupt",
        "KeyboardInterrupt",
        1,
        "def forward(x): raise KeyboardInterrupt",
    ),
    "endless recursion": Raises(
        "def forward(x):\n    return forward(x)",
        "RecursionError",
        2,
        "return forward(x)",
        "maximum recursion depth",
    ),
    "caught and raised again": Raises(
        "def forward(x):\n    try:\n        1 / 0\n    except ArithmeticError as e:\n"
        "        raise ValueError('again') from e",
        "ValueError",
        5,
        "raise ValueError('again') from e",
        "again",
    ),
    "one that cannot be printed": Raises(
        "class Mute(Exception):\n    def __str__(self): raise RuntimeError\n"
        "def forward(x): raise Mute",
        "Mute",
        3,
        "def forward(x): raise Mute",
    ),
    "in latin-1": Raises(
        b"# -*- coding: latin-1 -*-\ndef forward(x):\n    raise ValueError('\xe9')",
        "ValueError",
        3,
        "raise ValueError('é')",
        "é",
    ),
    "after a byte order mark, with carriage returns": Raises(
        b"\xef\xbb\xbfdef forward(x):\r\n    y = 1\r\n    raise ValueError('\xc3\xa9')\r\n",
        "ValueError",
        3,
        "raise ValueError('é')",
        "é",
    ),
    "a lone surrogate": Raises(
        "def forward(x): raise ValueError('\\ud800')",
        "ValueError",
        1,
        "def forward(x): raise ValueError('\\ud800')",
        "?",
    ),
}


@pytest.mark.parametrize("case", RAISES.values(), ids=RAISES)
def test_an_exception_is_told_with_the_student_s_own_line(zygote: Worker, case: Raises) -> None:
    failure = run(zygote, case.source).failure
    assert failure.kind == "exception"
    assert failure.type == case.type
    assert (failure.line, failure.code) == (case.line, case.code)
    assert case.message in failure.message
    assert failure.not_implemented == (case.type == "NotImplementedError")


def test_an_exception_is_told_alike_without_a_zygote(
    zygote: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "def forward(x):\n    return x / None\ndef backward(x): raise SystemExit(3)"
    calls = ("forward", "backward", "forward")
    expected = [a.failure for a in run(zygote, source, *calls).answers]
    monkeypatch.setattr(sys, "platform", "win32")
    with Worker(Limits(seconds=PATIENCE)) as solo:
        assert [a.failure for a in run(solo, source, *calls).answers] == expected
    assert [f and f.type for f in expected] == ["TypeError", "SystemExit", "TypeError"]


def test_an_exception_in_one_call_leaves_the_others_answered(zygote: Worker) -> None:
    source = "def forward(x): return x\ndef backward(x): raise ValueError"
    told = run(zygote, source, "forward", "backward", "forward")
    assert [a.failure and a.failure.type for a in told.answers] == [None, "ValueError", None]


@pytest.mark.parametrize("line", ["'a\\x0cb'", "'a\\x0b\\x1c\\x85'", "'a\\u2028b'"])
def test_characters_that_only_look_like_line_ends_do_not_shift_the_line(
    zygote: Worker, line: str
) -> None:
    first = "text = " + line.encode().decode("unicode_escape")
    failure = run(zygote, f"{first}\ndef forward(x):\n    raise ValueError(text)".encode()).failure
    assert (failure.line, failure.code) == (3, "raise ValueError(text)")


def test_a_long_message_is_cut(zygote: Worker) -> None:
    failure = run(zygote, "def forward(x): raise ValueError('m' * 10 ** 6)").failure
    assert failure.message == "m" * MESSAGE_LIMIT


@pytest.mark.parametrize("character", ["é", "字", "😀", "\\0", "\\x1b", "\\ud800", '"', "\\\\"])
def test_a_long_message_in_any_script_is_an_exception_still(zygote: Worker, character: str) -> None:
    """Whatever it takes in JSON, it stays below the cap on a reply's text."""
    name = "E" * 200
    source = f"""
        class {name}(Exception): pass
        def forward(x): raise {name}('{character}' * 5000)  # {character * 300}
    """
    failure = run(zygote, source).failure
    assert (failure.kind, failure.type, failure.line) == ("exception", name[:100], 3)
    assert 0 < len(failure.message) <= MESSAGE_LIMIT


# Imports


def test_everything_the_refusal_calls_allowed_can_be_imported(zygote: Worker) -> None:
    source = "".join(f"import {m}\n" for m in PRELOADED if m != "__future__")
    assert np.array_equal(run(zygote, f"{source}\ndef forward(x): return x").only.arrays["y"], X)


def test_everything_that_the_refusal_promises_can_be_imported(zygote: Worker) -> None:
    promised = set(re.findall(r"[a-z]+", ALLOWED)) - {"and", "of", "the", "standard", "library"}
    assert {"numpy", "math", "dataclasses", "typing", "functools", "time"} <= promised
    source = "".join(f"import {m}\n" for m in sorted(promised))
    assert np.array_equal(run(zygote, f"{source}\ndef forward(x): return x").only.arrays["y"], X)


@pytest.mark.parametrize(
    "module", ["torch", "scipy.signal", "http.client", "multiprocessing", "sqlite3", "rnn_unit"]
)
def test_other_modules_are_refused_by_name(zygote: Worker, module: str) -> None:
    failure = run(zygote, f"import numpy\nimport {module}\ndef forward(x): return x").failure
    assert (failure.kind, failure.line, failure.code) == ("refused", 2, f"import {module}")
    name = module.partition(".")[0]
    assert failure.message == f"{name} is not to be had here. Use {ALLOWED}."


def test_imports_are_refused_without_a_zygote_too(either: Worker) -> None:
    source = """
        def forward(x):
            import torch
        def backward(x):
            import grader.inputs
        def unchanged(x):
            import socket
    """
    probe = PROBE + b"def third(module, a): module.unchanged(a)\n"
    with either.open(probe, "m", code(source)) as session:
        session.give({"c": {"x": X}})
        answers = session.ask([Ask("c", call) for call in ("forward", "backward", "third")])
    assert [(a.failure.kind, a.failure.line) for a in answers if a.failure] == [
        ("refused", 3),
        ("refused", 5),
        ("refused", 7),
    ]


def test_an_import_in_a_function_is_refused_there(zygote: Worker) -> None:
    source = "def forward(x):\n    import torch\ndef backward(x): return x"
    first, second = run(zygote, source, "forward", "backward").answers
    assert first.failure is not None
    assert (first.failure.kind, first.failure.line) == ("refused", 2)
    assert second.failure is None


def test_an_import_that_the_student_provides_for_is_no_failure(zygote: Worker) -> None:
    source = (
        "try:\n    import torch\nexcept ImportError:\n    torch = None\ndef forward(x): return x"
    )
    assert np.array_equal(run(zygote, source).only.arrays["y"], X)


@pytest.mark.parametrize("module", ["grader", "grader.judge", "grader.sandbox.child"])
def test_the_grader_itself_may_not_be_imported(zygote: Worker, module: str) -> None:
    failure = run(zygote, f"import {module}\ndef forward(x): return x").failure
    assert failure.kind == "refused"
    assert failure.message == f"grader is not for submissions. Use {ALLOWED}."


@pytest.mark.parametrize("module", ["ctypes", "socket", "subprocess", "select", "_socket"])
def test_what_only_numpy_and_the_child_need_may_not_be_imported(
    zygote: Worker, module: str
) -> None:
    failure = run(zygote, f"import {module}\ndef forward(x): return x").failure
    assert failure.kind == "refused"


# Ends, loops and appetites


def test_a_process_that_ends_itself_died_with_its_exit_code(zygote: Worker) -> None:
    source = "import os\ndef forward(x): return x\ndef backward(x): os._exit(3)"
    told = run(zygote, source, "forward", "backward", "forward")
    assert np.array_equal(told.answers[0].arrays["y"], X)
    assert [a.failure and a.failure.kind for a in told.answers[1:]] == ["died", "died"]
    assert told.answers[1].failure == told.answers[2].failure
    assert how_it_died(zygote, source, "backward") == "exit code 3"


def how_it_died(through: Worker, source: str, call: str = "forward") -> str:
    """What is said of a process that ended itself. Nothing is, where the machine is so busy that
    the kernel takes more than a moment from closing its socket to its end; so more than one try."""
    tries = (run(through, source, call).failure.message for _ in range(10))
    return next(filter(None, tries), "")


def test_a_process_that_ends_itself_died_without_a_zygote_too(either: Worker) -> None:
    failure = run(either, "import os\ndef forward(x): os._exit(0)").failure
    assert failure.kind == "died"
    assert failure.message in ("exit code 0", "")  # the end may be noticed before it is complete


def test_a_crash_is_told_by_its_signal(zygote: Worker) -> None:
    source = """
        import numpy as np
        def forward(x):
            return np.lib.stride_tricks.as_strided(x, (10 ** 7,), (8 * 4096,)).sum()
    """
    assert run(zygote, source).failure.kind == "died"
    assert how_it_died(zygote, source) == "signal SIGSEGV"


def test_a_process_that_ends_while_loading_died(either: Worker) -> None:
    told = run(either, "import os\nos._exit(7)", "forward", "backward")
    assert [a.failure and a.failure.kind for a in told.answers] == ["died", "died"]


def test_an_endless_loop_times_out_and_earlier_answers_are_kept(either: Worker) -> None:
    source = "def forward(x): return x\ndef backward(x):\n    while True: pass"
    with either.open(PROBE, "m", source.encode()) as session:
        session.give({"c": {"x": X}})
        # The first round waits as long as it takes the process to start.
        (warm,) = session.ask([Ask("c", "forward")])
        calls = ["forward", "backward", "forward"]
        before = time.monotonic()
        answers = session.ask([Ask("c", call) for call in calls], 2 * SHORT)
        assert 2 * SHORT <= time.monotonic() - before < PATIENCE
        later = session.ask([Ask("c", "forward")])
    assert warm.failure is None
    assert answers[0].failure is None
    assert [a.failure for a in (*answers[1:], *later)] == [Failure("timeout")] * 3


def test_an_endless_loop_while_loading_times_out(either: Worker) -> None:
    told = run(either, "while True: pass", "forward", "backward", seconds=SHORT)
    assert [a.failure for a in told.answers] == [Failure("timeout")] * 2


@on_linux
def test_the_session_s_own_deadline_holds_over_all_rounds() -> None:
    with Worker(Limits(seconds=1)) as short:
        short.start()
        with short.open(PROBE, "m", b"def forward(x):\n    while True: pass") as session:
            before = time.monotonic()
            session.give({"c": {"x": X}})
            for _ in range(3):
                assert session.ask([Ask("c", "forward")])[0].failure == Failure("timeout")
            assert time.monotonic() - before < PATIENCE / 2


@pytest.mark.parametrize("source", ["[0] * 10 ** 9", "np.ones(10 ** 9)", "bytearray(2 ** 31)"])
def test_memory_beyond_the_limit_is_an_exception_and_the_process_goes_on(
    zygote: Worker, source: str
) -> None:
    told = run(
        zygote,
        f"import numpy as np\ndef forward(x): return {source}\ndef backward(x): return x",
        "forward",
        "backward",
    )
    first, second = told.answers
    assert first.failure is not None
    assert (first.failure.kind, first.failure.type) == ("exception", "MemoryError")
    assert np.array_equal(second.arrays["x"], X)


@on_linux
def test_the_memory_limit_is_the_course_s() -> None:
    source = "import numpy as np\ndef forward(x): return np.ones(400 << 17).sum(keepdims=True)"
    with Worker(Limits(seconds=PATIENCE, memory_mb=2048)) as roomy:
        assert run(roomy, source).only.failure is None
    with Worker(Limits(seconds=PATIENCE, memory_mb=400)) as tight:
        assert run(tight, source).failure.type == "MemoryError"


# Input and output


def test_what_is_printed_is_kept_apart_from_the_answers(either: Worker) -> None:
    source = """
        import sys
        print("loading")
        def forward(x):
            print("x is", x.sum(), end="!")
            sys.stderr.write("an error\\n")
            return x
    """
    told = run(either, source)
    assert told.printed == "loading\nx is 2.0!an error\n"
    assert np.array_equal(told.only.arrays["y"], X)


@pytest.mark.parametrize("text", ["'a' * 10 ** 7", "'😀' * 10 ** 6", "'\\udfff' * 10 ** 5"])
def test_what_is_printed_is_bounded(zygote: Worker, text: str) -> None:
    source = (
        f"print({text})\ndef forward(x):\n    for _ in range(999): print('again')\n    return x"
    )
    told = run(zygote, source, "forward", "forward")
    assert 0 < len(told.printed) <= PRINT_LIMIT
    assert told.answers[1].failure is None


def test_what_is_printed_in_parts_is_bounded_as_a_whole(zygote: Worker) -> None:
    source = """
        def forward(x):
            for letter, count in (("a", 3000), ("b", 3000), ("c", 9000)):
                print(letter * count, end="")
            return x
    """
    assert run(zygote, source).printed == "a" * 3000 + "b" * (PRINT_LIMIT - 3000)


def test_warnings_are_printed_not_raised(zygote: Worker) -> None:
    told = run(zygote, "import numpy as np\ndef forward(x): return np.log(x)")
    assert np.isnan(told.only.arrays["y"][1])
    assert "RuntimeWarning: invalid value" in told.printed


def test_standard_input_is_empty(either: Worker) -> None:
    source = """
        import os, sys
        def forward(x):
            assert sys.stdin.read() == "" and os.read(0, 1) == b""
            return input("Your name? ")
    """
    told = run(either, source)
    assert (told.failure.type, told.failure.line) == ("EOFError", 5)
    assert told.printed == "Your name? "


@on_linux
def test_no_descriptor_is_open_but_three_and_the_socket() -> None:
    source = """
        import os
        def forward(x):
            held = []
            for fd in range(1024):
                try:
                    os.get_inheritable(fd)
                    held.append(fd)
                except OSError:
                    pass
            raise ValueError(held)
    """
    with Worker(Limits(seconds=PATIENCE)) as fresh:
        for _ in range(3):
            assert run(fresh, source).failure.message == f"[0, 1, 2, {CHANNEL_FD}]"


@on_linux
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into a child")
def test_the_standard_streams_of_a_child_are_dev_null(other_streams: None) -> None:
    watch = Watch.begin()
    with Worker(Limits(seconds=PATIENCE)) as fresh:
        fresh.start()
        (zygote,) = watch.started()
        with fresh.open(PROBE, "m", b"") as session:
            session.ask([])
            (child, *_) = sorted(watch.started() - {zygote})
            for fd in "012":
                assert os.readlink(f"/proc/{child}/fd/{fd}") == os.devnull
            assert os.readlink(f"/proc/{child}/fd/{CHANNEL_FD}").startswith("socket:")


@pytest.fixture
def other_streams() -> Iterator[None]:
    """The judge's own standard streams are a pipe meanwhile, and could be told from /dev/null."""
    kept = [os.dup(fd) for fd in range(3)]
    ends = os.pipe()
    for fd in range(3):
        os.dup2(ends[fd > 0], fd)
    try:
        yield
    finally:
        for fd, copy in enumerate(kept):
            os.dup2(copy, fd)
        for fd in (*kept, *ends):
            os.close(fd)


def test_the_worker_says_whether_it_confines(
    zygote: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    zygote.start()
    assert zygote.isolation == "sandboxed"
    monkeypatch.setattr(sys, "platform", "darwin")
    with Worker(Limits(seconds=PATIENCE)) as solo:
        run(solo, "def forward(x): return x")
        assert solo.isolation == "not sandboxed"


@on_linux
def test_the_sandbox_can_be_left_open_on_request() -> None:
    """Answers and limits are as ever, and it says so."""
    with Worker(Limits(seconds=PATIENCE), Isolation(strict=False)) as loose:
        assert np.array_equal(run(loose, "def forward(x): return x").only.arrays["y"], X)
        source = "import numpy as np\ndef forward(x): return np.ones(10 ** 9)"
        assert run(loose, source).failure.type == "MemoryError"
        assert loose.isolation == "not sandboxed"


# Nothing to steal


@pytest.mark.parametrize("system", [sys.platform, "darwin"])
def test_the_judge_s_environment_is_not_visible(
    system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADER_SECRET", "kept from submissions")
    monkeypatch.setenv("PATH", os.environ["PATH"] + os.pathsep + "/kept/too")
    monkeypatch.setattr(sys, "platform", system)
    source = """
        import json, os
        def forward(x): raise ValueError(json.dumps(dict(os.environ)))
    """
    with Worker(Limits(seconds=PATIENCE)) as fresh:
        seen = json.loads(run(fresh, source).failure.message)
    assert seen.pop("PATH") == "/usr/bin:/bin"
    assert seen.pop("LC_ALL") == "C.UTF-8"
    memory = {
        "GLIBC_TUNABLES",
        "MALLOC_MMAP_THRESHOLD_",
        "MALLOC_TRIM_THRESHOLD_",
        "MALLOC_TOP_PAD_",
    }
    threads = {name: value for name, value in seen.items() if name not in memory}
    assert all(name.endswith("_THREADS") and value == "1" for name, value in threads.items())


def test_the_child_has_loaded_nothing_that_judges(either: Worker) -> None:
    source = """
        import sys
        def forward(x): raise ValueError(" ".join(m for m in sys.modules if "grader" in m))
    """
    loaded = set(run(either, source).failure.message.split())
    known = {"grader", "grader.errors", "grader.model", "grader.wire"}
    assert not [m for m in loaded - known if not f"{m}.".startswith("grader.sandbox.")]


def test_no_expected_value_is_sent_to_the_child(
    zygote: Worker, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything that is sent is recorded, while a wrong forward makes the judge ask for all it
    ever asks for, and no array that only the reference can compute is in it."""
    sent: list[bytes] = []
    send = wire.encode
    monkeypatch.setattr(wire, "encode", lambda frame: sent.append(send(frame)) or sent[-1])
    exercise = course.exercise()
    bench = exercise.hidden_bench(b"k" * 16, "ada")
    source = affine(y="x @ W - b", db="dy[0]").encode()
    with zygote.open(exercise.probe.source, "affine", source) as session:
        found = examine(session, exercise.assignment, bench)
    assert found.measurement.own, "the judge asked for everything"
    traffic = b"".join(sent)
    for case, inputs in bench.inputs.items():
        assert inputs["x"].tobytes() in traffic, "the recorder records"
        for call in ("forward", "backward"):
            for array in bench.expected[case, call].arrays.values():
                rows = [row.tobytes() for row in np.atleast_2d(array)]
                given = b"".join(a.tobytes() for a in inputs.values())  # db of one row is dy
                assert not any(row in traffic for row in rows if row not in given)
    assert exercise.source.encode() not in traffic
    assert b"bias-omitted" not in traffic


# Hostile processes

CHANNEL = """
import gc, json, os, struct, time
channel = next(o for o in gc.get_objects() if type(o).__name__ == "socket")
def forward(x): return x
def header(kind, count=0, text=0, body=0):
    return struct.pack("<4sBBIII", b"BPH1", kind, count, 0, text, body)
"""
"""How a submission gets at the socket: it is in the same process, so it can."""

HOSTILE = {
    "garbage": "channel.sendall(b'not a frame at all' * 100)",
    "garbage without end": "while True: channel.sendall(b'not a frame at all' * 5000)",
    "garbage through the descriptor": "os.write(channel.fileno(), b'x' * 4096)",
    "a header of 4 GiB": "channel.sendall(header(11, 1, 0, 2 ** 32 - 1) + bytes(1 << 20))",
    "a header with too much text": "channel.sendall(header(12, 0, 9000, 0) + bytes(9000))",
    "a full frame of one huge dimension": (
        "channel.sendall(header(11, 1, 0, 12) + bytes([1, 0, 1]) + b'y' + bytes([255] * 8))"
    ),
    "true frames without end": (
        "while True: channel.sendall(header(11, 1, 0, 12) + bytes([1, 0, 0]) + b'y' + bytes(8))"
    ),
    "true failures without end": "while True: channel.sendall(header(12, 0, 2, 0) + b'{}')",
    "printed text without end": "while True: channel.sendall(header(13, 0, 8192) + bytes(8192))",
    "a JSON bomb": ("t = b'[' * 8000\nwhile True: channel.sendall(header(12, 0, len(t), 0) + t)"),
    "a request of its own": "channel.sendall(header(6)); channel.sendall(header(2, 0, 1) + b'x')",
    "half a frame, and the end": "channel.sendall(header(11, 1, 0, 100)); os._exit(0)",
    "silence, and the end": "channel.close()",
    "a closed descriptor": "os.close(channel.fileno())",
}


@pytest.mark.parametrize("attack", HOSTILE.values(), ids=HOSTILE)
def test_whatever_a_submission_sends_each_ask_has_one_answer(zygote: Worker, attack: str) -> None:
    tracemalloc.start()
    try:
        told = run(zygote, f"{CHANNEL}\n{attack}", "forward", "backward", "forward", seconds=5)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(told.answers) == 3
    assert all((a.failure is None) == bool(a.arrays) for a in told.answers)
    assert peak < 2 * REPLY.body
    assert len(told.printed) <= REPLY.text
    # The next student's submission is none the worse for it.
    assert np.array_equal(run(zygote, "def forward(x): return x").only.arrays["y"], X)


@pytest.mark.parametrize(
    "dribble",
    [
        "channel.sendall(header(11, 1, 0, 1 << 20))\nwhile True: channel.send(b'x')",
        "channel.sendall(header(11, 1, 0, 1 << 20))\n"
        "while True: os.write(channel.fileno(), b'x'); time.sleep(0.01)",
    ],
    ids=["fast", "slow"],
)
def test_dribbling_bytes_does_not_stretch_the_deadline(either: Worker, dribble: str) -> None:
    told = run(either, f"{CHANNEL}\n{dribble}", "forward", seconds=SHORT)
    assert told.failure.kind in ("timeout", "died")  # a fast one may complete its false frame
    assert told.took < PATIENCE / 2


def test_a_full_socket_does_not_block_the_judge(zygote: Worker) -> None:
    """The child reads nothing, so what it is sent stays in the socket until that is full."""
    with zygote.open(PROBE, "m", b"while True: pass") as session:
        session._deadline = time.monotonic() + SHORT
        session.give({str(i): {"x": np.zeros(1 << 16)} for i in range(20)})
        assert session.ask([Ask("3", "forward")])[0].failure == Failure("timeout")


# Frames from a puppet


class Puppet:
    """A process that is none: what it answers is written into its socket beforehand."""

    def __init__(self, answers: bytes, *, hangs_up: bool = True) -> None:
        self.channel, self.far = socket.socketpair()
        self.far.sendall(answers)
        if hangs_up:
            self.far.shutdown(socket.SHUT_WR)
        self.ends = 0

    def end(self) -> str:
        self.ends += 1
        self.channel.close()
        return ""


def converse(
    answers: bytes, asks: int, *, hangs_up: bool = True, seconds: float = PATIENCE
) -> tuple[list[Answer], Puppet, Session]:
    """What a session makes of `answers` to so many asks; the process is ended."""
    puppet = Puppet(CONFINED + answers, hangs_up=hangs_up)
    with puppet.far, Session(puppet, b"", "m", b"", PATIENCE) as session:
        session.give({"c": {}})
        return session.ask([Ask("c", "forward")] * asks, seconds), puppet, session


CONFINED = encode(Frame(Kind.CONFINED))
VALUE = encode(Frame(Kind.VALUE, arrays={"y": X}))
PRINTED = encode(Frame(Kind.PRINTED, text=b"so far"))


def failing(text: bytes) -> bytes:
    return encode(Frame(Kind.FAILURE, text=text))


def test_replies_become_answers_one_by_one() -> None:
    told = {"kind": "exception", "type": "KeyError", "message": "'x'", "line": 4, "code": "a[x]"}
    raw = VALUE + failing(json.dumps(told).encode()) + VALUE + PRINTED
    (first, second, third), puppet, session = converse(raw, 3)
    assert np.array_equal(first.arrays["y"], X)
    assert second.failure == Failure("exception", "KeyError", "'x'", 4, "a[x]")
    assert third.failure is None
    assert session.printed == "so far"
    assert puppet.ends == 1


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (
            b'{"layer": "seccomp", "message": "no"}',
            r"the sandbox \(seccomp\) cannot .* place: no\.",
        ),
        (b"", r"the sandbox \(unknown\) cannot"),
        (b"[]", r"the sandbox \(unknown\) cannot"),
    ],
)
def test_a_process_that_is_not_confined_is_sent_nothing(reply: bytes, why: str) -> None:
    puppet = Puppet(failing(reply))
    with puppet.far:
        with pytest.raises(WorkerError, match=why):
            Session(puppet, PROBE, "m", b"a solution to be kept", PATIENCE)
        assert puppet.far.recv(1) == b"", "nothing was sent before the end"


@pytest.mark.parametrize("first", [b"", b"x" * 18, encode(Frame(Kind.RUN)), VALUE, CONFINED[:-1]])
def test_a_process_that_does_not_say_it_is_confined_is_sent_nothing(first: bytes) -> None:
    puppet = Puppet(first)
    with puppet.far:
        with pytest.raises(WorkerError, match="grader doctor"):
            Session(puppet, PROBE, "m", b"a solution to be kept", PATIENCE)
        assert puppet.far.recv(1) == b""
    assert puppet.ends > 0


def test_a_frame_of_no_reply_s_kind_is_a_failure() -> None:
    for kind in (Kind.PROBE, Kind.RUN, Kind.PRINTED):
        (answer,), *_ = converse(encode(Frame(kind)) + PRINTED, 1)
        assert answer.failure == Failure("died", message="unexpected reply")


BOMBS = {
    "nested arrays": b"[" * 8192,
    "closed nested arrays": b"[" * 4096 + b"]" * 4096,
    "nested objects": b'{"a":' * 1365 + b"1" + b"}" * 1365,
    "no object": b'["kind", "refused"]',
    "a number": b"1e999",
    "a long integer": b'{"line": ' + b"9" * 8000 + b"}",
    "an infinity": b'{"line": Infinity, "type": NaN}',
    "a negative line": b'{"line": -4}',
    "a line that is text": b'{"line": "first"}',
    "a line in superscript": '{"line": "²"}'.encode(),
    "a line of many digits": b'{"line": "1234567"}',
    "fields of other types": b'{"kind": [], "type": {}, "message": null, "line": true, "code": 1}',
    "no JSON": b"kind: refused",
    "no text": b"\xff\xfe\x00",
    "one key a thousand times": b"{" + b'"a":1,' * 1300 + b'"a":2}',
    "nothing": b"",
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_failure_s_text_is_read_or_passed_over(text: bytes) -> None:
    (first, second), _, session = converse(failing(text) + VALUE + PRINTED, 2)
    failure = first.failure
    assert failure is not None
    assert (failure.kind, failure.line) == ("exception", 0)
    assert all(type(t) is str for t in (failure.type, failure.message, failure.code))
    assert second.failure is None
    assert session.printed == "so far"


@pytest.mark.parametrize("close", [b"]", b""])
def test_json_nested_to_any_depth_is_read_or_passed_over(close: bytes) -> None:
    """Parsing it and printing it recurse to different depths; none may exceed the other's."""
    for depth in (*range(1, 50, 7), *range(850, 1010), 3000):
        text = b'{"type":' + b"[" * depth + close * depth + b"}"
        (answer,), *_ = converse(failing(text) + PRINTED, 1)
        assert answer.failure is not None
        assert answer.failure.kind == "exception"


def test_a_description_of_what_was_returned_is_flattened_to_text() -> None:
    raw = encode(Frame(Kind.VALUE, text=b'{"y": ["of type list"], "z": "of type int"}'))
    (answer,), *_ = converse(raw + PRINTED, 1)
    assert answer.returned == {"y": "['of type list']", "z": "of type int"}


def test_printed_text_of_any_bytes_is_decoded() -> None:
    *_, session = converse(VALUE + encode(Frame(Kind.PRINTED, text=b"\xff\x00\xf0\x9f")), 1)
    assert session.printed == "�\0�"


def test_a_broken_frame_ends_the_session_and_the_process_once() -> None:
    answers, puppet, session = converse(VALUE + b"BPH2" + VALUE * 3, 3)
    assert answers[0].failure is None
    why = Failure("died", message="The frame does not begin with the magic bytes.")
    assert [a.failure for a in answers[1:]] == [why, why]
    assert session.ask([Ask("c", "forward")])[0].failure == why
    session.give({"d": {"x": X}})
    assert puppet.ends == 2, "once when it was found out, once more on closing"


def test_a_process_that_hangs_up_has_died() -> None:
    answers, *_ = converse(VALUE + VALUE[:-1], 3)
    assert [a.failure and a.failure.kind for a in answers] == [None, "died", "died"]


def test_silence_is_a_timeout_and_what_came_before_is_kept() -> None:
    answers, _, session = converse(VALUE + VALUE[:-1], 3, hangs_up=False, seconds=0.05)
    assert [a.failure and a.failure.kind for a in answers] == [None, "timeout", "timeout"]
    assert session.ask([Ask("c", "forward")])[0].failure == Failure("timeout")
    assert session.printed == ""


def test_one_deadline_covers_every_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that sends a byte a second is cut off at the tenth second, not at the tenth byte
    of silence: by a clock that ticks when something is received."""
    clock = SimpleNamespace(now=0.0, monotonic=lambda: clock.now)
    monkeypatch.setattr(worker, "time", clock)
    left = list(CONFINED)
    waits: list[float] = []

    def recv(size: int) -> bytes:
        if left:
            return bytes([left.pop(0)])
        clock.now += 1.0
        return MAGIC[int(clock.now) - 1 :][:1] or b"\0"

    channel = SimpleNamespace(settimeout=waits.append, sendall=lambda raw: None, recv=recv)
    process = SimpleNamespace(channel=channel, end=lambda: "")
    session = Session(process, b"", "m", b"", 10.0)
    session.give({"c": {}})
    assert session.ask([Ask("c", "forward")])[0].failure == Failure("timeout")
    assert 10.0 < clock.now <= 11.0
    assert all(0 < wait <= 10.0 for wait in waits)


def test_a_thousand_mutated_conversations_are_answered() -> None:
    read = 0
    for seed in range(1_000):
        rng = random.Random(seed)
        raw = bytearray(VALUE + failing(b'{"type": "KeyError", "line": 3}') + VALUE + PRINTED)
        for _ in range(rng.randrange(1, 4)):
            mutate(raw, rng)
        answers, *_ = converse(bytes(raw), 3)
        assert len(answers) == 3
        assert all(isinstance(a.failure, Failure | None) for a in answers)
        read += answers[-1].failure is None
    assert 50 < read < 950, "mutants that always or never get through would show nothing"


# Processes and descriptors


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def parents() -> dict[int, int]:
    """The parent of every process, zombies too."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdecimal():
            with contextlib.suppress(OSError):
                text = Path("/proc", entry, "stat").read_text()
                found[int(entry)] = int(text.rpartition(")")[2].split()[1])
    return found


def below(ancestor: int, *, without: frozenset[int] = frozenset()) -> set[int]:
    """The descendants of a process, but for those `without` and what is below them."""
    tree, found = parents(), set[int]()
    while (
        more := {p for p, parent in tree.items() if parent in {ancestor, *found}} - found - without
    ):
        found |= more
    return found


@dataclass(frozen=True)
class Watch:
    """What this process had when the watch began, for asking what has come since.

    Nothing below a process that was there counts: another test's zygote comes and goes as it likes.
    """

    processes: frozenset[int]
    descriptors: int

    @classmethod
    def begin(cls) -> Watch:
        return cls(frozenset(below(os.getpid())), descriptors(os.getpid()))

    def started(self) -> set[int]:
        return below(os.getpid(), without=self.processes)

    def opened(self) -> int:
        return descriptors(os.getpid()) - self.descriptors


def ended(pidfds: list[int], seconds: float = PATIENCE) -> bool:
    """Whether all these processes end within so long."""
    deadline = time.monotonic() + seconds
    return all(
        select.select([fd], [], [], max(0.0, deadline - time.monotonic()))[0] for fd in pidfds
    )


@contextlib.contextmanager
def held(pids: set[int]) -> Iterator[list[int]]:
    """The pidfds of these processes. Those that are left are killed afterwards."""
    pidfds = []
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):  # it was a zombie, and reaped meanwhile
            pidfds.append(os.pidfd_open(pid))
    try:
        yield pidfds
    finally:
        for fd in pidfds:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(fd, signal.SIGKILL)
            os.close(fd)


FATES = (
    "def forward(x): return x",
    "def forward(x): raise ValueError",
    "import os\ndef forward(x): os._exit(1)",
    "while True: pass",
    f"{CHANNEL}\nchannel.sendall(b'x' * 100)",
)


@on_linux
def test_fifty_sessions_leave_no_process_and_no_descriptor() -> None:
    watch = Watch.begin()
    with Worker(Limits(seconds=PATIENCE)) as fresh:
        fresh.start()
        (zygote,) = watch.started()
        run(fresh, FATES[0])  # what is opened once and for all is opened now
        opened, in_zygote = watch.opened(), descriptors(zygote)
        for i in range(50):
            source = FATES[i % len(FATES)]
            with fresh.open(PROBE, "m", source.encode()) as session:
                session.give({"c": {"x": X}})
                if source != "while True: pass":  # that one is ended while it runs
                    session.ask([Ask("c", "forward")])
        # The zygote, the child that waits for the next session, and one that is being reaped.
        assert len(watch.started()) <= 3
        assert watch.opened() <= opened + 2
        assert descriptors(zygote) <= in_zygote + 2
    assert watch.started() == set()
    assert watch.opened() == 0


@on_linux
def test_a_session_may_be_closed_twice(zygote: Worker) -> None:
    session = zygote.open(PROBE, "m", b"")
    session.close()
    session.close()


@on_linux
@pytest.mark.parametrize("used", [False, True])
def test_the_zygote_ends_when_the_worker_closes(used: bool) -> None:
    watch = Watch.begin()
    opened = Worker(Limits(seconds=PATIENCE))
    assert watch.started() == set(), "nothing is started before it is needed"
    opened.start()
    if used:
        run(opened, FATES[0])
    with held(watch.started()) as processes:
        assert processes
        opened.close()
        opened.close()
        assert watch.started() == set()
        assert ended(processes), "nor is any left to somebody else"
    assert watch.opened() == 0


@on_linux
def test_starting_twice_starts_one_zygote() -> None:
    watch = Watch.begin()
    with Worker(Limits(seconds=PATIENCE)) as opened:
        opened.start()
        opened.start()
        assert len(watch.started()) == 1
    assert watch.started() == set()


@on_linux
def test_a_running_child_ends_when_its_worker_closes() -> None:
    watch = Watch.begin()
    opened = Worker(Limits(seconds=PATIENCE))
    session = opened.open(PROBE, "m", b"while True: pass")
    with held(watch.started()) as processes:
        assert len(processes) >= 2
        opened.close()
        assert ended(processes)
    with contextlib.suppress(WorkerError, ValueError):
        session.close()
    assert watch.opened() == 0


@on_linux
def test_a_session_that_is_closed_after_its_worker_is_an_error_of_the_worker_at_most() -> None:
    with Worker(Limits(seconds=PATIENCE)) as opened:
        session = opened.open(PROBE, "m", b"")
    with contextlib.suppress(WorkerError):
        session.close()


@on_linux
def test_when_the_judge_is_killed_the_zygote_and_its_child_end() -> None:
    judge = """
        import sys
        from grader.model import Limits
        from grader.worker import Worker
        opened = Worker(Limits(seconds=60))
        session = opened.open(b"", "m", b"while True: pass")
        print("open", flush=True)
        sys.stdin.read()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(judge)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[1],
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        with held(below(process.pid)) as processes:
            assert len(processes) >= 2, "the zygote and the child"
            process.kill()
            assert ended(processes)


# Processes that cannot be had


def not_python(folder: Path) -> str:
    """An interpreter that only complains."""
    path = folder / "python"
    path.write_text("#!/bin/sh\necho 'no such thing as numpy' >&2\nexit 1\n")
    path.chmod(0o755)
    return str(path)


@on_linux
def test_a_zygote_that_does_not_start_is_an_error_that_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", not_python(tmp_path))
    watch = Watch.begin()
    with Worker(Limits()) as broken:
        with pytest.raises(WorkerError, match=r"has ended \(no such thing as numpy\)\. Run the"):
            broken.open(PROBE, "m", b"")
        with pytest.raises(WorkerError):
            broken.open(PROBE, "m", b"")
    assert watch.started() == set()
    assert watch.opened() == 0


def killed(pids: set[int]) -> None:
    """Kill these processes, and wait until they are gone."""
    with held(pids) as processes:
        for fd in processes:
            signal.pidfd_send_signal(fd, signal.SIGKILL)
        assert ended(processes)


@on_linux
def test_a_zygote_that_was_killed_is_replaced_at_the_next_submission() -> None:
    watch = Watch.begin()
    with Worker(Limits(seconds=PATIENCE)) as opened:
        run(opened, FATES[0])
        killed(watch.started())
        assert np.array_equal(run(opened, FATES[0]).only.arrays["y"], X)
    assert watch.started() == set()
    assert watch.opened() == 0


@on_linux
def test_a_zygote_that_is_killed_as_a_session_opens_is_an_error_of_the_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Killed after it was looked at, that is, with a child of it waiting to be used."""
    monkeypatch.setattr(launcher.Zygote, "alive", True)
    watch = Watch.begin()
    with Worker(Limits(seconds=PATIENCE)) as opened:
        run(opened, FATES[0])
        killed(watch.started())
        with pytest.raises(WorkerError, match=r"has ended \(.*\)\. Run the command again"):
            opened.open(PROBE, "m", b"")
    assert watch.started() == set()
    assert watch.opened() == 0


@on_linux
def test_a_zygote_that_is_killed_during_a_session_is_an_error_of_the_worker() -> None:
    watch = Watch.begin()
    with Worker(Limits(seconds=PATIENCE)) as opened:
        session = opened.open(PROBE, "m", b"while True: pass")
        killed(watch.started())
        with pytest.raises(WorkerError):
            session.close()
        session.close()
    assert watch.opened() == 0


def test_a_subprocess_that_does_not_connect_is_an_error_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = subprocess.Popen

    def ended_at_once(*args: object, **options: object) -> subprocess.Popen[bytes]:
        process = start(*args, **options)  # type: ignore[call-overload]
        process.wait()
        return process

    monkeypatch.setattr(subprocess, "Popen", ended_at_once)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(sys, "executable", not_python(tmp_path))
    monkeypatch.setattr(launcher, "START_SECONDS", 0.2)
    with Worker(Limits()) as broken, pytest.raises(WorkerError, match=r"127\.0\.0\.1"):
        broken.open(PROBE, "m", b"")


def test_a_stranger_on_the_loopback_port_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who connects first, but without the token, gets neither the source nor a say in answers."""
    listen = socket.create_server
    stranger = socket.socket()

    def overheard(address: tuple[str, int]) -> socket.socket:
        server = listen(address)
        stranger.connect(server.getsockname())
        stranger.sendall(b"0" * 32)
        return server

    monkeypatch.setattr(socket, "create_server", overheard)
    monkeypatch.setattr(sys, "platform", "darwin")
    with stranger:
        with Worker(Limits()) as opened, pytest.raises(WorkerError, match="did not start"):
            opened.open(PROBE, "m", b"a solution to be kept")
        stranger.settimeout(1)
        with contextlib.suppress(ConnectionResetError):
            assert stranger.recv(1) == b""


def test_without_a_zygote_nothing_is_left_either(monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("descriptors are counted in /proc")
    monkeypatch.setattr(sys, "platform", "darwin")
    watch = Watch.begin()
    with Worker(Limits(seconds=PATIENCE)) as solo:
        for source in ("def forward(x): return x", "import os\nos._exit(1)", "while True: pass"):
            run(solo, source, seconds=SHORT)
    assert watch.started() == set()
    assert watch.opened() == 0
