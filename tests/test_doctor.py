"""`grader doctor`: blocked with the sandbox, open without it, and honest where that proves nothing.

The command is run as root and as an ordinary user, on stand-ins for other systems: a filter over
the whole command makes a kernel without Landlock, or a container that denies namespaces.
"""

from __future__ import annotations

import functools
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
import yaml
from course_kit import Course, affine

if not sys.platform.startswith("linux"):
    pytest.skip("the sandbox is Linux's", allow_module_level=True)

from grader import attempts, doctor
from grader.attempts import Outcome, State
from grader.errors import UsageError
from grader.launcher import Isolation
from grader.model import Limits
from grader.sandbox import intruder, landlock, namespaces, syscalls
from grader.worker import Worker

REPOSITORY = Path(__file__).parents[1]
SITE = sorted({str(Path(m.__file__).parents[1]) for m in (np, click, yaml)})
NOBODY = 65534
ROOT = os.geteuid() == 0
MISSING = ("bubblewrap", "Landlock", "namespaces")
LANDLOCK = landlock.abi() > 0
BUBBLEWRAP = namespaces.probe().usable

START = """
import errno, sys
sys.path[:0] = {paths!r}
from grader.sandbox import seccomp, syscalls
from grader.sandbox.seccomp import ALLOW, DENY, Argument, Policy, Rule, fails

landlock = ("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self")
rules = {{
    "Landlock": [Rule(name, action=fails(errno.ENOSYS)) for name in landlock],
    "namespaces": [
        Rule("unshare", action=DENY),
        Rule("clone", (Argument(0, 0, mask=0x7E020000),)),
        Rule("clone", action=DENY),
        Rule("clone3", action=fails(errno.ENOSYS)),
    ],
    "seccomp": [Rule("seccomp", action=fails(errno.EINVAL))],
    "loopback": [Rule("socket", action=DENY)],
}}
for name in {without!r}:
    if name in rules:
        program = seccomp.program(syscalls.machine(), Policy(tuple(rules[name]), default=ALLOW))
        seccomp.install(program)
sys.argv[1:] = {argv!r}
from grader.cli import main
main()
"""


def grader(
    *argv: str,
    without: tuple[str, ...] = (),
    ordinary: bool = False,
    package: Path = REPOSITORY,
    path: str = "/usr/local/bin:/usr/bin:/bin",
) -> subprocess.CompletedProcess[str]:
    """Run the command on a system `without` some things, as `nobody` or as who we are."""
    interpreter, user = sys.executable, {}
    if ordinary and ROOT:
        interpreter, user = public_interpreter(), as_nobody()
    start = START.format(paths=[str(package), *SITE], without=without, argv=list(argv))
    return subprocess.run(
        [interpreter, "-c", start],
        env={"PATH": "" if "bubblewrap" in without else path, "HOME": "/", "SOMETHING": "secret"},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **user,
    )


def as_nobody() -> dict[str, Any]:
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []}


@functools.cache
def public_interpreter() -> str:
    """A Python of our version that an ordinary user may run, with numpy and this package."""
    name = f"python3.{sys.version_info.minor}"
    start = f"import sys; sys.path[:0] = {[str(REPOSITORY), *SITE]}; import click, grader, numpy"
    for python in (sys.executable, f"/usr/local/bin/{name}", f"/usr/bin/{name}"):
        try:
            subprocess.run(
                [python, "-c", start], cwd="/", check=True, stderr=subprocess.DEVNULL, **as_nobody()
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        return python
    pytest.skip("no interpreter here that an ordinary user may run")


def states(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """The state of each attempt, by name."""
    assert done.stderr == ""
    return {a["attempt"]: a["state"] for a in json.loads(done.stdout)["attempts"]}


def two_sentences(text: str) -> bool:
    return bool(re.fullmatch(r"[^\n]+[.)] [A-Z][^\n]+\.", text))


def without_layers(folder: Path, *names: str) -> Path:
    """A copy of the package in which a child does not put these layers around itself."""
    shutil.copytree(
        REPOSITORY / "grader", folder / "grader", ignore=shutil.ignore_patterns("__pycache__")
    )
    confine = folder / "grader" / "sandbox" / "confine.py"
    with confine.open("a", encoding="utf-8") as file:
        file.write(
            "\n\ndef _some(memory_bytes, seconds, channel, all_of=steps):\n"
            "    every = all_of(memory_bytes, seconds, channel)\n"
            f"    return [step for step in every if step[0] not in {names!r}]\n\n\n"
            "steps = _some\n"
        )
    return folder


# On every system


SYSTEMS = [
    without for n in range(len(MISSING) + 1) for without in itertools.combinations(MISSING, n)
]
FAST = {(False, ()), (True, ()), (True, MISSING)}


@pytest.mark.parametrize(
    ("ordinary", "without"),
    [
        pytest.param(o, w, marks=() if (o, w) in FAST else pytest.mark.slow)
        for o in (False, True)
        for w in SYSTEMS
    ],
    ids=lambda value: " ".join(value) or "nothing missing" if isinstance(value, tuple) else None,
)
def test_every_attempt_is_blocked_and_its_control_is_open(
    ordinary: bool, without: tuple[str, ...]
) -> None:
    done = grader("doctor", "--json", without=without, ordinary=ordinary)
    found = states(done)
    assert done.returncode == 0
    assert set(found) == set(attempts.all_attempts())
    assert State.OPEN not in found.values()
    assert all(found[a] == State.BLOCKED for a in doctor.DECISIVE)
    if "namespaces" in without:
        assert found["make_namespaces"] == State.VACUOUS
    told = json.loads(done.stdout)
    root = ROOT and not ordinary
    assert ("Landlock" in told["isolation"]) == (LANDLOCK and "Landlock" not in without)
    if not BUBBLEWRAP or {"bubblewrap", "namespaces"} & set(without):
        assert "namespaces" not in told["isolation"]
    assert ("spare uid" in told["isolation"]) == root
    assert {*told["isolation"], *told["missing"]} == {
        *("limits", "seccomp", "Landlock", "namespaces", "spare uid"),
    }
    assert all(two_sentences(why) for why in told["missing"].values())


def test_what_proves_nothing_is_said_to_and_is_no_failure() -> None:
    done = grader("doctor", without=("bubblewrap", "namespaces"))
    assert done.returncode == 0
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("make namespaces")]
    assert line.split("(")[0].split() == ["make", "namespaces", "blocked", "EPERM"]
    assert line.endswith("(proves nothing here: blocked without the sandbox too, EPERM)")
    assert "no namespaces: bubblewrap is not installed." in done.stdout
    assert re.search(r"^\d+ attempts: \d+ blocked, 0 open, [1-9]\d* that prove", done.stdout, re.M)


def test_a_fork_is_shown_with_its_control() -> None:
    done = grader("doctor")
    assert re.search(r"^fork +blocked EPERM +\(open without the sandbox\)$", done.stdout, re.M)
    assert f"Landlock    ABI {landlock.abi()}" in done.stdout or not LANDLOCK


@pytest.mark.parametrize("ordinary", [False, True])
def test_where_loopback_is_forbidden_fewer_controls_are_open(ordinary: bool) -> None:
    found = states(grader("doctor", "--json", without=("loopback",), ordinary=ordinary))
    assert found["open_an_internet_socket"] == State.VACUOUS
    assert found["take_too_much_memory"] == State.VACUOUS
    assert found["map_executable_memory"] == State.BLOCKED


def test_nothing_is_left_behind() -> None:
    before = set(os.listdir("/proc/self/fd")), children()
    assert doctor.examine(Limits()).tight
    assert (set(os.listdir("/proc/self/fd")), children()) == before
    assert not list(Path("/tmp").glob("grader-doctor-*"))


def children() -> set[str]:
    """The ids of this process's children, those that are dead and not reaped among them."""
    threads = Path("/proc/self/task").glob("*/children")
    return {pid for path in threads for pid in path.read_text().split()}


# Where the sandbox does not hold


@pytest.mark.parametrize(
    ("layer", "attempt", "others"),
    [
        ("seccomp", "open_a_unix_socket", True),
        ("limits", "take_too_much_memory", False),
        ("descriptors", "use_an_inherited_descriptor", False),
    ],
)
def test_a_missing_layer_is_found_open(
    tmp_path: Path, layer: str, attempt: str, others: bool
) -> None:
    done = grader("doctor", "--json", package=without_layers(tmp_path, layer))
    found = states(done)
    assert done.returncode == 1
    assert found[attempt] == State.OPEN
    assert others or [a for a, state in found.items() if state == State.OPEN] == [attempt]
    assert not json.loads(done.stdout)["tight"]


def test_an_open_attempt_is_shown_as_such(tmp_path: Path) -> None:
    done = grader("doctor", package=without_layers(tmp_path, "seccomp", "landlock"))
    assert done.returncode == 1
    assert re.search(r"^open a unix socket +OPEN +\(open without the sandbox\)$", done.stdout, re.M)
    assert re.search(r"^\d+ attempts: \d+ blocked, [1-9]\d* open", done.stdout, re.M)


def test_grading_is_refused_where_the_sandbox_is_open(tmp_path: Path) -> None:
    course = Course(tmp_path).submit("ada", affine())
    package = without_layers(tmp_path / "package", "seccomp")
    arguments = ["grade", str(course.handed_in), "--course", str(course.root)]
    done = grader(*arguments, package=package)
    assert done.returncode == 2
    assert re.search(
        r"^grader: The sandbox does not hold here: a submission could open a unix socket, map "
        r"executable memory\. Run `grader doctor`",
        done.stderr,
        re.M,
    )
    assert done.stdout == ""
    assert grader(*arguments, "--unsafe-no-sandbox", package=package).returncode == 0


def test_a_kernel_without_filters_confines_nothing(tmp_path: Path) -> None:
    done = grader("doctor", without=("seccomp",))
    assert done.returncode == 1
    assert "isolation   none" in done.stdout
    assert "system-call filter (Invalid argument)" in done.stdout
    assert "attempts:" not in done.stdout
    course = Course(tmp_path).submit("ada", affine())
    refused = grader(
        *("grade", str(course.handed_in), "--course", str(course.root)), without=("seccomp",)
    )
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "seccomp" in refused.stderr


def test_a_bubblewrap_that_python_does_not_start_in_is_done_without(tmp_path: Path) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text('#!/bin/sh\ncase "$*" in *python*) echo no such file >&2; exit 1;; esac\n')
    fake.chmod(0o755)
    done = grader("doctor", "--json", path=f"{tmp_path}:/usr/bin:/bin")
    told = json.loads(done.stdout)
    assert done.returncode == 0
    assert told["facts"]["bubblewrap"] == f"{fake} is of no use"
    assert "no such file" in told["missing"]["namespaces"]
    assert two_sentences(told["missing"]["namespaces"])
    assert "seccomp" in told["isolation"]


# The short form


def test_the_short_form_is_one_process_and_gives_the_isolation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened = []

    def counted(self: Worker, *arguments: bytes) -> Any:
        opened.append(arguments)
        return real(self, *arguments)

    real = Worker.open
    monkeypatch.setattr(Worker, "open", counted)
    found = doctor.isolation(Limits(), unsafe=False)
    assert found == Isolation(strict=True, bwrap=shutil.which("bwrap") if BUBBLEWRAP else "")
    assert len(opened) == 1


def test_the_short_form_finds_what_is_open() -> None:
    with Worker(Limits(), Isolation(strict=False)) as loose:
        found = attempts.gaps(loose, doctor.DECISIVE)
    always = [a for a in doctor.DECISIVE if a != "fork"]  # an ordinary user has a limit left there
    assert [a for a in found if a != "fork"] == always


def test_other_systems_are_refused_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(UsageError, match="on Linux only") as e:
        doctor.isolation(Limits(), unsafe=False)
    assert two_sentences(str(e.value))
    assert doctor.isolation(Limits(), unsafe=True) == Isolation(strict=False)
    found = doctor.examine(Limits())
    assert not found.tight
    assert "on Linux only" in "\n".join(found.lines())


# What an outcome means


@pytest.mark.parametrize(
    ("attempt", "inside", "outside", "state"),
    [
        ("open_a_file", "EPERM", "", State.BLOCKED),
        ("open_a_file", "EACCES", "", State.BLOCKED),
        ("change_the_root", "EPERM", "ENOENT", State.BLOCKED),
        ("open_a_file", "EPERM", "EACCES", State.VACUOUS),
        ("use_io_uring", "EPERM", "ENOSYS", State.VACUOUS),
        ("open_a_file", "", "", State.OPEN),
        ("open_a_file", "", "EPERM", State.OPEN),
        ("open_a_file", "ENOENT", "", State.OPEN),
        ("open_a_file", "NameError", "", State.OPEN),
        ("open_a_file", "timeout", "", State.OPEN),
        ("open_a_file", "signal SIGSEGV", "", State.OPEN),
        ("run_past_the_deadline", "timeout", "", State.BLOCKED),
        ("take_too_much_memory", "MemoryError", "MemoryError", State.VACUOUS),
        ("fork", "EAGAIN", "", State.BLOCKED),
    ],
)
def test_only_a_stop_that_the_sandbox_makes_counts(
    attempt: str, inside: str, outside: str, state: State
) -> None:
    assert Outcome(attempt, inside, outside).state == state


def test_an_attempt_that_kills_its_process_is_told_by_the_signal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = b"import os\ndef die():\n    os.kill(os.getpid(), 11)\n"
    monkeypatch.setattr(attempts, "_source", lambda: source)
    with Worker(Limits(), Isolation(strict=False)) as loose:
        (outcome,) = attempts.outcomes(loose, loose, ["die"])
    assert outcome.inside == "signal SIGSEGV"
    assert outcome.state is State.OPEN


@pytest.mark.parametrize("arch", ["x86_64", "aarch64"])
def test_both_machines_have_all_calls_of_the_intruder(arch: syscalls.Arch) -> None:
    source = Path(intruder.__file__).read_text(encoding="utf-8")
    calls = set(re.findall(r'_call\("(\w+)"', source))
    assert len(calls) > 15
    assert all(syscalls.number(name, arch) is not None for name in calls)
