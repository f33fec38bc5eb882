"""Batches: what is judged is left alone, and nothing that ends on the way costs the rest."""

from __future__ import annotations

import os
import signal
import sys
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from course_kit import PROBE, SLUG, Course, affine
from golden.kit import children, grade, until

from grader import batch, counting
from grader import keys as deciding
from grader.batch import Job
from grader.class_table import entry
from grader.crowd import POOLS
from grader.errors import GraderError, WorkerError
from grader.exercise import Exercise
from grader.launcher import Isolation
from grader.model import COMMON, Case, Check, Submission, SubmissionProblem
from grader.policy import Policy
from grader.results import streamed
from grader.runs import Progress
from grader.store import Store
from grader.verdict import CheckResult, Judgement, Status

SECRET = b"a secret for the tests only"
RIGHT = affine().encode()

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="there are zygotes on Linux alone")


@pytest.fixture
def exercise(course: Course) -> Exercise:
    return course.exercise()


def by(student: str, source: bytes = RIGHT) -> Submission:
    return Submission(student, SLUG, f"{SLUG}.py", source)


def key(e: Exercise, secret: bytes, submission: Submission) -> str:
    return deciding.key(deciding.decides(e, secret, submission))


class Batch:
    """A batch over one course, with its store."""

    def __init__(self, course: Course) -> None:
        self.job = Job(course.load(), (SLUG,), SECRET, Isolation())
        self.exercises = {SLUG: course.exercise()}
        self.folder = course.root.parent / "results"

    def run(
        self, *submissions: Submission, workers: int = 1, force: bool = False
    ) -> dict[str, Judgement | GraderError | None]:
        return {s.student: done for s, done in self.each(submissions, workers, force)}

    def each(
        self, submissions: tuple[Submission, ...], workers: int = 1, force: bool = False
    ) -> Iterator[tuple[Submission, Judgement | GraderError | None]]:
        alone = batch.Alone(self.job, self.exercises)
        crowd = batch.Processes(self.job, workers) if workers > 1 else alone
        works: dict[str, list[Submission]] = {}
        for s in submissions:
            works.setdefault(s.student, []).append(s)
        with Store(self.folder, create=True) as store:
            yield from batch.grade(
                crowd, self.exercises, SECRET, works.values(), store, force=force
            )

    def stored(self) -> dict[str, Judgement]:
        with Store(self.folder) as store:
            return {row.student: row.judgement for row in store.attempts()}


@pytest.fixture
def graded(course: Course) -> Batch:
    return Batch(course)


def statuses(judged: object) -> set[Status]:
    assert isinstance(judged, Judgement)
    return {c.status for c in judged.checks}


# The key


@pytest.mark.parametrize(
    "change",
    [
        lambda a: replace(a, title="Another title"),
        lambda a: replace(a, follow_through=Fraction(1, 3)),
        lambda a: replace(a, public=()),
        lambda a: replace(
            a, checks=tuple(replace(c, points=c.points * 2, title="?") for c in a.checks)
        ),
    ],
)
def test_what_only_scores_a_judgement_asks_for_no_new_one(
    exercise: Exercise, change: Callable[..., object]
) -> None:
    other = replace(exercise, assignment=change(exercise.assignment))
    assert key(other, SECRET, by("ada")) == key(exercise, SECRET, by("ada"))


@pytest.mark.parametrize(
    "field", [f.name for f in fields(Check) if f.name not in ("title", "points")]
)
def test_every_other_field_of_a_check_asks_for_a_new_judgement(
    exercise: Exercise, field: str
) -> None:
    first, *rest = exercise.assignment.checks
    changed = replace(first, **{field: "something else"})
    other = replace(exercise, assignment=replace(exercise.assignment, checks=(changed, *rest)))
    assert key(other, SECRET, by("ada")) != key(exercise, SECRET, by("ada"))


@pytest.mark.parametrize(
    "change",
    [
        lambda e: replace(e, source=e.source + "\n"),
        lambda e: replace(e, probe=replace(e.probe, source=e.probe.source + b"\n")),
        lambda e: replace(e, cases=e.cases[1:]),
        lambda e: replace(e, cases=(Case("typical", {"batch": 6}, COMMON), *e.cases[1:])),
        lambda e: replace(e, mistakes=e.mistakes[1:]),
        lambda e: replace(e, mistakes=(replace(e.mistakes[0], hint="?"), *e.mistakes[1:])),
        lambda e: replace(e, assignment=replace(e.assignment, module="other")),
        lambda e: replace(e, assignment=replace(e.assignment, requires=("forward",))),
        lambda e: replace(
            e, assignment=replace(e.assignment, limits=replace(e.assignment.limits, seconds=1.0))
        ),
    ],
)
def test_whatever_decides_a_judgement_asks_for_a_new_one(
    exercise: Exercise, change: Callable[[Exercise], Exercise]
) -> None:
    assert key(change(exercise), SECRET, by("ada")) != key(exercise, SECRET, by("ada"))


def test_another_file_secret_or_obstacle_asks_for_a_new_judgement(exercise: Exercise) -> None:
    ada = by("ada")
    assert key(exercise, SECRET, ada) == key(exercise, SECRET, by("ada"))
    keys = {
        key(exercise, SECRET, ada),
        key(exercise, b"another secret, as long", ada),
        key(exercise, SECRET, by("ada", RIGHT + b"\n")),
        key(exercise, SECRET, replace(ada, problem=SubmissionProblem("missing", {"want": "a"}))),
        key(exercise, SECRET, replace(ada, problem=SubmissionProblem("missing", {"want": "b"}))),
    }
    assert len(keys) == 5


def test_why_a_case_is_there_is_not_worth_a_rerun(exercise: Exercise) -> None:
    other = replace(exercise, cases=tuple(replace(c, why="?") for c in exercise.cases))
    assert key(other, SECRET, by("ada")) == key(exercise, SECRET, by("ada"))


# One worker


def test_force_judges_again_what_is_judged_already(graded: Batch) -> None:
    graded.run(by("ada"))
    assert statuses(graded.run(by("ada"), force=True)["ada"]) == {Status.PASSED}


def test_a_second_run_starts_no_process(graded: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    submissions = (by("ada"), by("bo", b"x = (\n"))
    graded.run(*submissions)
    monkeypatch.setattr("grader.launcher.subprocess.Popen", None)
    assert graded.run(*submissions) == {"ada": None, "bo": None}


def test_a_hand_in_that_could_not_be_read_is_judged_without_a_process(
    graded: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.launcher.subprocess.Popen", None)
    broken = replace(by("ada", b""), problem=SubmissionProblem("missing", {"want": "affine.py"}))
    judged = graded.run(broken)["ada"]
    assert isinstance(judged, Judgement)
    assert (judged.checks, judged.problem) == ((), "There is no file affine.py.")
    assert graded.stored() == {"ada": judged}


def test_closing_a_batch_keeps_what_is_done_and_ends_its_processes(graded: Batch) -> None:
    run = graded.each((by("ada"), by("bo"), by("cy")))
    assert next(run)[0].student == "ada"
    run.close()
    assert list(graded.stored()) == ["ada"]
    assert next(iter(graded.run(by("ada"), by("bo"), by("cy")).values())) is None


def test_a_submission_without_a_process_is_tried_again_by_the_next_run(
    graded: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("grader.launcher.sys.executable", "/bin/false")
        told = graded.run(by("ada"))["ada"]
    assert isinstance(told, WorkerError)
    assert graded.stored() == {}
    assert statuses(graded.run(by("ada"))["ada"]) == {Status.PASSED}


@linux_only
def test_a_zygote_that_is_killed_between_two_submissions_is_made_anew(graded: Batch) -> None:
    run = graded.each((by("ada"), by("bo")))
    next(run)
    for zygote in children(os.getpid()):
        os.kill(zygote, signal.SIGKILL)
    (_, judged) = next(run)
    assert statuses(judged) == {Status.PASSED}
    run.close()


@linux_only
def test_a_child_that_is_killed_from_outside_is_made_good(graded: Batch) -> None:
    """Whatever killed it may be short of memory for a moment: the submission is run once more."""
    run = graded.each((by("ada"), by("bo")))
    next(run)
    (spare,) = until_there(lambda: list(youngest(os.getpid())))
    os.kill(spare, signal.SIGKILL)
    (_, judged) = next(run)
    assert statuses(judged) == {Status.PASSED}
    run.close()


# Several workers


@linux_only
def test_workers_that_are_killed_are_replaced_and_nothing_is_judged_twice(graded: Batch) -> None:
    class_ = tuple(by(f"student-{n}") for n in range(8))
    run = graded.each(class_, workers=2)
    seen = [next(run)[0].student]
    for worker in workers_of(os.getpid()):
        os.kill(worker, signal.SIGKILL)
    for s, judged in run:
        assert statuses(judged) == {Status.PASSED}
        seen.append(s.student)
    assert sorted(seen) == sorted(s.student for s in class_)
    assert len(graded.stored()) == 8
    until(lambda: not workers_of(os.getpid()), "the workers to end")


@linux_only
def test_workers_that_die_again_and_again_are_given_up(
    graded: Batch, course: Course, tmp_path: Path
) -> None:
    """The exercise's own probe ends the judge's worker as soon as it is loaded there."""
    started = tmp_path / "started"
    ends = (
        "import multiprocessing, os\n"
        "if multiprocessing.parent_process() is not None:\n"
        f"    open({str(started)!r}, 'a').write('.')\n"
        "    os._exit(9)\n\n"
    )
    text = course.path(PROBE).read_text(encoding="utf-8")
    course.write(PROBE, text.replace("def inputs(", ends + "\ndef inputs("))
    told = graded.run(by("ada"), by("bo"), workers=2)
    assert all(isinstance(t, WorkerError) for t in told.values())
    assert "killed again and again" in str(told["ada"])
    assert len(started.read_text()) >= POOLS
    assert graded.stored() == {}


def test_workers_and_no_workers_come_to_the_same(graded: Batch, course: Course) -> None:
    class_ = (by("ada"), by("bo", affine(dW="x.T @ dy / len(x)").encode()), by("cy", b"(\n"))
    several = graded.run(*class_, workers=3)
    other = Batch(course)
    other.folder = graded.folder.with_name("others")
    assert other.run(*class_) == several


# How far it reads, what it tells, when it stops


class Echo:
    """A crowd that passes everything, `ahead` at a time and the last of them first."""

    def __init__(self, ahead: int = 1) -> None:
        self.ahead = ahead

    def judged(self, todo: Iterable[Submission]) -> Iterator[tuple[Submission, Judgement]]:
        todo = iter(todo)
        while few := list(islice(todo, self.ahead)):
            for s in reversed(few):
                yield s, Judgement((CheckResult("value", Status.PASSED, reason="x" * 900),))


def works(
    count: int, read: list[str] | None = None, size: int = 0
) -> Iterator[Sequence[Submission]]:
    """Works of one attempt each, as they are asked for; who was read is written to `read`."""
    for n in range(count):
        if read is not None:
            read.append(f"student-{n:05}")
        yield [by(f"student-{n:05}", b"#" * size + RIGHT)]


def test_works_are_read_as_there_is_room_for_them(exercise: Exercise, tmp_path: Path) -> None:
    read: list[str] = []
    with Store(tmp_path, create=True) as store:
        run = batch.grade(Echo(3), {SLUG: exercise}, SECRET, works(100, read), store)
        assert (next(run)[0].student, len(read)) == ("student-00002", 3)
        assert [next(run)[0].student for _ in range(3)] == [f"student-{n:05}" for n in (1, 0, 5)]
        assert len(read) == 6


def test_the_log_tells_what_is_busy_done_and_broken(exercise: Exercise, tmp_path: Path) -> None:
    class Broken(Echo):
        def judged(self, todo: Iterable[Submission]) -> Iterator[tuple[Submission, Any]]:
            for n, (s, judged) in enumerate(super().judged(todo)):
                yield s, WorkerError("No process.") if n == 1 else judged

    told: list[Progress] = []
    with Store(tmp_path, create=True) as store:
        for _ in range(2):
            told.clear()
            run = batch.grade(
                Broken(2), {SLUG: exercise}, SECRET, works(4), store, total=4, log=told.append
            )
            list(run)
    assert told[-1].done == told[-1].total == 4
    assert (told[-1].worked, told[-1].failed) == (1, 0)  # the second run tried what had failed
    assert told[0].busy == (("student-00000", SLUG),)
    assert told[-1].busy == ()


def test_a_run_that_is_stopped_finishes_what_was_taken_and_begins_no_more(
    exercise: Exercise, tmp_path: Path
) -> None:
    told: list[Progress] = []
    with Store(tmp_path, create=True) as store:
        run = batch.grade(
            Echo(4),
            {SLUG: exercise},
            SECRET,
            works(100),
            store,
            stop=lambda: bool(told) and told[-1].done >= 2,
            total=100,
            log=told.append,
        )
        assert len(list(run)) == 4
        assert len(list(store.attempts())) == 4
        again = batch.grade(Echo(), {SLUG: exercise}, SECRET, works(100), store)
        assert sum(done is None for _, done in again) == 4


def test_memory_does_not_grow_by_what_was_handed_in(exercise: Exercise, tmp_path: Path) -> None:
    """A run, its gradebook and its document: some bytes for each student, not the 20,000 given."""

    def peak(count: int) -> int:
        tracemalloc.start()
        policy, assignments = Policy(), {SLUG: exercise.assignment}
        with Store(tmp_path / str(count), create=True) as store:
            graded = batch.grade(Echo(), {SLUG: exercise}, SECRET, works(count, size=20_000), store)
            assert sum(1 for _ in graded) == count
            entries = []
            results = counting.of_store(store, assignments, policy)
            for _ in streamed((entries.append(entry(r)) or r for r in results), lambda: ([], {})):
                pass
        assert len(entries) == count
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(20)  # what is loaded and cached once
    few, many = peak(50), peak(350)
    assert (many - few) / 300 < 4_000


# The command


@pytest.mark.parametrize(
    ("asked", "code"), [("50", 0), ("70%", 0), ("70.5", 1), ("100%", 1), ("none", 2)]
)
def test_fail_under_decides_how_the_command_ends(course: Course, asked: str, code: int) -> None:
    course.submit("ada", affine()).submit("bo", affine(dW="x.T @ dy / len(x)"))
    ran = grade(course, "--json", "--fail-under", asked)
    assert ran.code == code, ran.err
    if code < 2:
        assert ran.scores == {"ada": 100, "bo": 70}
    assert ("bo: affine: 70 of 100 points" in ran.err) == (code == 1)
    assert "ada" not in ran.err


def youngest(pid: int) -> Iterator[int]:
    """The processes below `pid` that have no children: those that run submissions, or will."""
    for child in children(pid):
        below = list(youngest(child))
        yield from below or [child]


def until_there(find: Callable[[], list[int]]) -> list[int]:
    until(find, "a process")
    return find()


def workers_of(pid: int) -> list[int]:
    """The worker processes of a pool: those that Python spawned, its tracker left out."""
    lines = {c: Path(f"/proc/{c}/cmdline").read_bytes() for c in children(pid)}
    return [c for c, line in lines.items() if b"spawn_main" in line]
