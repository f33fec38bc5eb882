"""Hostile submissions, one a file in tests/attacks: none gets more than it must, or leaves a trace.

Each file begins with comments that say what it tries and what must come of it; tests/attacks/README
says how they are read. Every attack is handed in three times: to `grader grade` with all others, to
one worker whose next submission is a good one, and, if it must be blocked, without the sandbox,
where it has to succeed. Each of the three is done once, whichever tests of a run want it.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import json
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from grader import doctor, exercise, known
from grader.course import load_course
from grader.diagnose import Recogniser
from grader.judge import judge
from grader.launcher import Isolation, Zygote
from grader.model import Limits
from grader.score import score
from grader.verdict import Judgement
from grader.worker import Worker

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")

REPOSITORY = Path(__file__).resolve().parent.parent
FOLDER = REPOSITORY / "tests" / "attacks"
SLUG = "rnn_unit"

SECONDS = 1.5
"""The course's limit of time in these tests; `make test-slow` keeps to the course's own."""

SHORT = 0.6
"""The limit for an attack that is judged only to see what becomes of the next submission."""

PATIENCE = 60.0
"""The limit for what takes milliseconds unless the machine is very busy."""

LATE = 4.0
"""Seconds beyond its limit that a busy machine may take to judge one submission."""

MEGABYTES = 600
"""More than the judge ever needs, for one submission or many."""

FULL = 100
NO_CONTROL = "none"


@dataclass(frozen=True)
class Must:
    """What has to come of an attack: at most, or exactly, `points`; statuses of single checks; a
    word of the reason. `blocked`: no points here, and full marks without the sandbox."""

    points: int = 0
    exactly: bool = True
    blocked: bool = False
    statuses: Mapping[str, str] = field(default_factory=dict)
    says: str = ""


@dataclass(frozen=True)
class Attack:
    """One file of tests/attacks."""

    name: str
    tries: str
    must: Must
    why: str
    hole: str
    control: str
    raw: bytes

    def handed_in(self, course: Path, canary: Path) -> bytes:
        """The submission, with the paths in it and a right implementation where it asks for one."""
        paths = {b"@COURSE@": course, b"@CANARY@": canary}
        source = self.raw
        for mark, path in paths.items():
            source = source.replace(mark, str(path).encode())
        return source.replace(b"from solution import RNNUnit\n", _right())


def read(path: Path) -> Attack:
    """The attack in a file. Raises ValueError for a header that is not as the README says."""
    raw = path.read_bytes()
    found: dict[str, str] = {}
    key = ""
    for line in raw.decode("utf-8").splitlines():
        if continued := re.match(r"#   (.+)", line):
            found[key] += " " + continued[1]
        elif entry := re.match(r"# (\w+): (.+)", line):
            key = entry[1]
            found[key] = entry[2]
        else:
            break
    unknown = found.keys() - {"tries", "must", "why", "hole", "control", "where", "becomes"}
    if unknown or not found.get("tries"):
        raise ValueError(f"{path.name}: tries is missing, or there is an unknown {unknown}")
    if becomes := found.get("becomes"):
        raw = eval(becomes)
    must = _must(found["must"])
    if must.points and not found.get("why"):
        raise ValueError(f"{path.name}: say why it may keep {must.points} points")
    if found.get("where", platform.machine()) != platform.machine():
        found["control"] = NO_CONTROL
    return Attack(
        path.stem,
        found["tries"],
        must,
        found.get("why", ""),
        found.get("hole", ""),
        found.get("control", ""),
        raw,
    )


def _must(text: str) -> Must:
    must, statuses = Must(), {}
    for part in text.split("; "):
        if part == "blocked":
            must = replace(must, blocked=True)
        elif points := re.fullmatch(r"score (<=|==) (\d+)", part):
            must = replace(must, points=int(points[2]), exactly=points[1] == "==")
        elif says := re.fullmatch(r"says (.+)", part):
            must = replace(must, says=says[1])
        elif status := re.fullmatch(r"([\w-]+) (passed|failed|error|timeout|skipped)", part):
            statuses[status[1]] = status[2]
        else:
            raise ValueError(f"not understood: {part}")
    return replace(must, statuses=statuses)


def _right() -> bytes:
    """The reference's code, without its handout."""
    lines = (
        (REPOSITORY / "solutions" / SLUG / f"{SLUG}.py").read_text(encoding="utf-8").splitlines()
    )
    return "\n".join([*(line for line in lines if not line.startswith("#")), ""]).encode()


ATTACKS = {path.stem: read(path) for path in sorted(FOLDER.glob("*.py"))}
HOLES = {name for name, attack in ATTACKS.items() if attack.hole}
BLOCKED = [
    name
    for name, attack in ATTACKS.items()
    if attack.must.blocked
    and not attack.control.startswith(NO_CONTROL)
    and (attack.control != "root" or os.geteuid() == 0)
]


@dataclass(frozen=True)
class Place:
    """A copy of the course, and a folder in which nothing may change. Anybody may enter both, so
    that nothing but the sandbox keeps an attack out."""

    root: Path
    course: Path
    canary: Path

    def source(self, name: str) -> bytes:
        return ATTACKS[name].handed_in(self.course, self.canary)

    def refresh(self) -> None:
        """Make the canary as it was at first."""
        shutil.rmtree(self.canary, ignore_errors=True)
        self.canary.mkdir()
        self.canary.chmod(0o777)
        (self.canary / "kept").write_text("kept")

    def state(self) -> list[str]:
        """All that an attack could have changed in the canary."""
        found = []
        for path in sorted(self.canary.iterdir()):
            status = path.lstat()
            content = path.read_text() if path.name == "kept" else ""
            found.append(f"{path.name} {status.st_mode:o} {status.st_size} {content}")
        return found


@contextlib.contextmanager
def place(seconds: float | None = SECONDS) -> Iterator[Place]:
    """A `Place` for one run; `seconds` is the course's limit, None for the one it has."""
    with tempfile.TemporaryDirectory(prefix="attacks-") as temporary:
        root = Path(temporary)
        here = Place(root, root / "course", root / "canary")
        here.course.mkdir()
        for name in ("assignments", "solutions"):
            shutil.copytree(REPOSITORY / name, here.course / name)
        text = (REPOSITORY / "course.yaml").read_text(encoding="utf-8")
        if seconds is not None:
            text, changed = re.subn(r"seconds: \d+", f"seconds: {seconds}", text)
            assert changed == 1
        text = re.sub(r", due: [^,}]*", "", text)  # an attack is never late
        (here.course / "course.yaml").write_text(text, encoding="utf-8")
        (here.course / "results").mkdir()
        (here.course / "results" / "results.db").write_bytes(b"")
        (here.course / ".grader").mkdir()
        (here.course / ".grader" / "secret").write_text("a secret of these tests alone\n")
        here.refresh()
        for path in (root, here.course):
            path.chmod(0o777)
        yield here


# Through the command line


def grade_all(names: Sequence[str], seconds: float | None = SECONDS) -> dict[str, Any]:
    """All attacks through `grader grade`, then once more for a person to read, and the report.

    An attack with a known hole is graded by itself, so that it cannot spoil the rest.
    """
    with place(seconds) as here:
        rows: dict[str, Any] = {}
        together = [n for n in names if n not in HOLES]
        written = [_grade(here, "all", together, rows)]
        written += [_grade(here, name, [name], rows) for name in names if name in HOLES]
        results = ("--results", f"{here.root / 'all'}-r")
        shown = _grader(here, "grade", str(here.root / "all"), *results)
        report = here.root / "report"
        made = _grader(here, "report", *results, "--hand-out", "--out", str(report))
        pages = {p.relative_to(report).as_posix(): p.read_text() for p in report.rglob("*.html")}
        return {
            "rows": rows,
            "errors": written,
            "terminal": [shown.stdout, shown.stderr, made.stdout, made.stderr],
            "pages": pages,
            "canary": here.state(),
        }


def _grade(here: Place, folder: str, names: Sequence[str], rows: dict[str, Any]) -> str:
    """Grade `names` in one run and add their rows. Returns what was written to stderr."""
    for name in names:
        path = here.root / folder / name / f"{SLUG}.py"
        path.parent.mkdir(parents=True)
        path.write_bytes(here.source(name))
    handed_in = here.root / folder
    handed_in.mkdir(exist_ok=True)
    results = ("--results", f"{handed_in}-r")
    done = _grader(here, "grade", str(handed_in), *results, "--workers", "2", "--json")
    with contextlib.suppress(ValueError):
        rows |= {row["student"]: row for row in json.loads(done.stdout)["results"]}
    return done.stderr


def _grader(here: Place, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from grader.cli import main; main()", *arguments],
        cwd=here.course,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )


# Through one worker


@dataclass(frozen=True)
class Bench:
    """What one submission of the exercise is judged with."""

    exercise: exercise.Exercise
    recogniser: Recogniser

    def judge(self, worker: Worker, source: bytes) -> Judgement:
        e = self.exercise
        bench = e.hidden_bench(b"a secret of these tests alone", "everybody")
        return judge(worker, source, e.probe.source, e.assignment, bench, self.recogniser)

    def points(self, judgement: Judgement) -> float:
        return float(score("everybody", self.exercise.assignment, judgement).score)


def _bench(here: Place) -> Bench:
    loaded = exercise.load(load_course(here.course), SLUG)
    return Bench(loaded, known.recogniser_of(loaded))


def judge_each(names: Sequence[str]) -> dict[str, Any]:
    """Each attack through one worker, and a good submission after each, by the same zygote.

    The attacks get less time than in a course, and the good one more: it must not be late because
    the machine is busy.
    """
    short, long = Limits(seconds=SHORT), Limits(seconds=PATIENCE)
    isolation = doctor.isolation(short, unsafe=False)
    told: dict[str, Any] = {}
    with place() as here, contextlib.ExitStack() as stack:
        bench, zygote = _bench(here), Zygote(short, isolation)
        stack.callback(zygote.close)
        hostile, friendly = Worker(short, isolation, zygote), Worker(long, isolation, zygote)
        good = _right()
        before = bench.judge(friendly, good)
        assert bench.points(before) == FULL
        canary, processes, descriptors = here.state(), _settled(2**30), _descriptors()
        for name in names:
            source = here.source(name)
            start = time.monotonic()
            raised = ""
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    bench.judge(hostile, source)
            except Exception as e:
                raised = f"{type(e).__name__}: {e}"
            seconds = time.monotonic() - start
            after = bench.judge(friendly, good)
            told[name] = {
                "raised": raised,
                "seconds": seconds,
                "good": [] if after == before else [repr(before), repr(after)],
                "canary": [line for line in here.state() if line not in canary],
                "processes": _settled(processes) - processes,
                "descriptors": _descriptors() - descriptors,
                "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
            }
    return told


def judge_unconfined(names: Sequence[str]) -> dict[str, Any]:
    """The points of each attack without the sandbox."""
    with place() as here, Worker(Limits(seconds=PATIENCE), Isolation(strict=False)) as worker:
        bench = _bench(here)
        told = {}
        for name in names:
            here.refresh()
            judgement = bench.judge(worker, here.source(name))
            told[name] = [bench.points(judgement), judgement.problem, judgement.isolation]
        return told


def _settled(expected: int) -> int:
    """How many processes there are below this one, once there are no more than expected.

    Children that have ended may still be about to be reaped.
    """
    deadline = time.monotonic() + 5
    while (n := len(_descendants())) > expected and time.monotonic() < deadline:
        time.sleep(0.02)
    return n


def _descendants() -> set[int]:
    """All processes below this one, zombies too."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdecimal():
            with contextlib.suppress(OSError):
                text = Path("/proc", entry, "stat").read_text()
                parents[int(entry)] = int(text.rpartition(")")[2].split()[1])
    found: set[int] = set()
    while more := {p for p, parent in parents.items() if parent in {os.getpid(), *found}} - found:
        found |= more
    return found


def _descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


# Each of the three once a run, whichever tests want it


def _once(
    factory: pytest.TempPathFactory, parts: Mapping[str, Callable[[], dict[str, Any]]]
) -> dict[str, Any]:
    """What the parts return, together; each is made by one of the processes of the test run.

    A part that another process is making is left to it, and waited for at the end.
    """
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    for wait in (fcntl.LOCK_NB, 0):
        for name, make in parts.items():
            path, lock = (shared / f"attacks-{name}.{kind}" for kind in ("json", "lock"))
            with lock.open("w") as held, contextlib.suppress(BlockingIOError):
                fcntl.flock(held, fcntl.LOCK_EX | wait)
                if not path.exists():
                    path.write_text(json.dumps(make()), encoding="utf-8")
    told: dict[str, Any] = {}
    for name in parts:
        told |= json.loads((shared / f"attacks-{name}.json").read_text(encoding="utf-8"))
    return told


def _selected(request: pytest.FixtureRequest) -> list[str]:
    """The attacks that the selected tests are about, so that `-k` saves time."""
    of = (getattr(item, "callspec", None) for item in request.session.items)
    return sorted(
        {spec.params["name"] for spec in of if spec and "name" in spec.params} & {*ATTACKS}
    )


@pytest.fixture(scope="session")
def graded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    names = _selected(request) or sorted(ATTACKS)
    return _once(tmp_path_factory, {"graded": lambda: grade_all(names)})


@pytest.fixture(scope="session")
def judged(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    names = _selected(request)
    halves = {f"judged-{i}": functools.partial(judge_each, names[i::2]) for i in range(2)}
    return _once(tmp_path_factory, halves)


@pytest.fixture(scope="session")
def unconfined(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return _once(tmp_path_factory, {"unconfined": lambda: judge_unconfined(BLOCKED)})


each = pytest.mark.parametrize("name", sorted(ATTACKS))


def _with_holes() -> list[Any]:
    """All attacks; those whose `must` does not hold yet are expected to fail."""
    return [
        pytest.param(n, marks=[pytest.mark.xfail(strict=True, reason=a.hole)] if a.hole else [])
        for n, a in sorted(ATTACKS.items())
    ]


def verdict(attack: Attack, row: Mapping[str, Any] | None) -> list[str]:
    """In what way a row of results is not what the attack must get; nothing if it is."""
    if not row:
        return ["there is no result"]
    must, wrong = attack.must, []
    points = row["score"]
    if points > must.points or (must.exactly and points != must.points):
        passed = [c["id"] for c in row["checks"] if c["points"]]
        wrong.append(f"{points} points instead of {must.points}, for {', '.join(passed)}")
    statuses = {c["id"]: c["status"] for c in row["checks"]}
    wrong += [
        f"{check} is {statuses.get(check)} instead of {status}"
        for check, status in must.statuses.items()
        if statuses.get(check) != status
    ]
    told = " ".join([row["problem"], *(line for c in row["checks"] for line in _told(c))])
    if must.says not in told:
        wrong.append(f"it says {told[:200]!r} instead of {must.says!r}")
    if row["isolation"] not in ("sandboxed", ""):
        wrong.append(f"it ran {row['isolation']}")
    return wrong


def _told(check: Mapping[str, Any]) -> list[str]:
    return [check["reason"], *check["detail"]]


# The tests


@pytest.mark.parametrize("name", _with_holes())
def test_an_attack_gets_what_it_must_and_no_more(name: str, graded: Mapping[str, Any]) -> None:
    assert not verdict(ATTACKS[name], graded["rows"].get(name))


@each
def test_after_an_attack_a_good_submission_is_judged_as_before(
    name: str, judged: Mapping[str, Any]
) -> None:
    assert not judged[name]["good"]


@each
def test_an_attack_ends_in_time_and_leaves_nothing(name: str, judged: Mapping[str, Any]) -> None:
    told = judged[name]
    assert told["seconds"] < SHORT + LATE
    assert told["canary"] == []
    assert told["processes"] <= 0
    assert told["descriptors"] <= 0
    assert told["megabytes"] < MEGABYTES


@each
def test_the_judge_raises_nothing_because_of_an_attack(
    name: str, judged: Mapping[str, Any]
) -> None:
    assert not judged[name]["raised"]


@pytest.mark.parametrize("name", BLOCKED)
def test_without_the_sandbox_the_same_attack_succeeds(
    name: str, unconfined: Mapping[str, Any]
) -> None:
    points, problem, isolation = unconfined[name]
    assert isolation == "not sandboxed"
    assert points == FULL, problem


def test_no_attack_leaves_anything_in_a_batch(graded: Mapping[str, Any]) -> None:
    assert graded["canary"] == [f"kept {0o100644:o} 4 kept"]


def test_nothing_that_an_attack_says_repaints_the_terminal(graded: Mapping[str, Any]) -> None:
    for text in graded["terminal"]:
        assert not {c for c in text if c != "\n" and not _harmless(c)}


def test_the_judge_complains_of_nothing(graded: Mapping[str, Any]) -> None:
    assert not [line for text in graded["errors"] for line in text.splitlines()]


def test_nothing_that_an_attack_says_is_code_in_the_report(graded: Mapping[str, Any]) -> None:
    assert len(graded["pages"]) > len(graded["rows"])
    for page, text in graded["pages"].items():
        assert not {c for c in text if c not in "\n\t" and not _harmless(c)}, page
        _Code(page).feed(text)


class _Code(HTMLParser):
    """Fails for anything in a page that a browser would run or fetch, but for the page's own."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("img", "iframe", "object", "embed", "base", "form"), self.page
        assert not [name for name, _ in attrs if name.startswith("on")], self.page

    def handle_data(self, data: str) -> None:
        if self.lasttag == "script":
            assert "alert" not in data, self.page


def test_no_student_is_told_hidden_inputs(graded: Mapping[str, Any]) -> None:
    for page, text in graded["pages"].items():
        if page.startswith("students/"):
            assert "TELL" not in text, page


def _harmless(c: str) -> bool:
    return unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


@pytest.mark.slow
def test_an_attack_gets_no_more_with_the_time_of_a_course() -> None:
    graded = grade_all([n for n in sorted(ATTACKS) if n not in HOLES], seconds=None)
    wrong = {name: verdict(ATTACKS[name], row) for name, row in graded["rows"].items()}
    assert not {name: found for name, found in wrong.items() if found}
    assert len(wrong) == len(ATTACKS) - len(HOLES)


def test_a_header_that_says_too_little_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "attack.py"
    for text, wrong in (
        ("# must: blocked\n", "tries is missing"),
        ("# tries: x\n# must: score <= 5\n", "say why"),
        ("# tries: x\n# must: nothing\n", "not understood"),
        ("# tries: x\n# must: blocked\n# so: y\n", "unknown"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=wrong):
            read(path)
