"""A class graded on a Dask cluster whose workers are killed, come late, lie or cannot confine."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from course_kit import COURSE, SLUG, Course, affine
from golden.kit import Ran, children, command, grader, started, until

from grader import cluster, inputs, shipment
from grader.model import Submission
from grader.store import Store

if sys.platform != "linux":
    pytest.skip("others' code is graded on Linux only", allow_module_level=True)

pytest.importorskip("distributed")

from dask_kit import Dask

CLASS = 300
WAITING = "The cluster has no worker now. Waiting for one; Ctrl-C stops."
KINDS = (
    affine(),
    affine(dW="x.T @ dy / len(x)"),
    affine(y="x @ W"),
    "def forward(\n",
    affine(first="__import__('os')._exit(0)"),
)
"""What the students of a class have written, in turn."""

NO_FILTER = """
import errno
from grader.sandbox import seccomp, syscalls
from grader.sandbox.seccomp import ALLOW, Policy, Rule, fails

def dask_setup(worker):
    refuse = Policy((Rule("seccomp", action=fails(errno.EINVAL)),), default=ALLOW)
    seccomp.install(seccomp.program(syscalls.machine(), refuse))
"""
"""Makes of a worker one whose kernel takes no filter."""

OLD = """
from distributed import versions

def dask_setup(worker):
    real = versions._version_cached
    versions._version_cached = lambda name: "0.0.1" if name == "rnn-grader" else real(name)
"""
"""Makes of a worker one with an old package."""


FRAIL = """
import os

from grader.crowd import Judge

def dask_setup(worker):
    real = Judge.__call__
    def judge(self, submission):
        if b"the last straw" in submission.source:
            os._exit(9)
        return real(self, submission)
    Judge.__call__ = judge
"""
"""Makes of a worker one that a certain submission ends."""


# Without a cluster


@pytest.fixture
def class_(course: Course) -> Course:
    return course.submit("ada", affine())


def on(address: str, course: Course, *more: str | Path) -> tuple[str | Path, ...]:
    """The arguments that grade the class of `course` on a cluster."""
    where = ("--course", course.root, "--results", course.root.parent / "results")
    return ("grade", course.handed_in, *where, "--cluster", address, *more)


@pytest.mark.slow
def test_no_scheduler_is_said_within_seconds_and_nothing_else(class_: Course) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        ran = command(*on(address, class_), patience=30)
    *_, last = ran.err.splitlines()
    assert (ran.code, ran.out) == (2, "")
    assert last == f"grader: No scheduler answers at {address}. Start one with: dask scheduler"
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("address", ["nowhere", "http://127.0.0.1:1", "tcp://127.0.0.1:port", ""])
def test_what_is_no_address_of_a_scheduler_is_said(class_: Course, address: str) -> None:
    ran = grader(*on(address, class_))
    assert ran.code == 2
    assert "Traceback" not in ran.err
    assert "cannot be used" in ran.err or "No scheduler answers" in ran.err


def test_tls_without_certificates_is_said(class_: Course) -> None:
    ran = grader(*on("tls://127.0.0.1:1", class_))
    assert ran.code == 2
    assert "with certificates in Dask's configuration" in ran.err


def test_without_dask_the_command_says_how_to_get_it(
    class_: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.cluster.importlib.util.find_spec", lambda name: None)
    ran = grader(*on("tcp://127.0.0.1:1", class_))
    assert ran.code == 2
    assert 'Run: python -m pip install "rnn-grader[cluster]"' in ran.err


def test_workers_of_this_machine_and_a_cluster_exclude_each_other(class_: Course) -> None:
    ran = grader(*on("tcp://127.0.0.1:1", class_, "--workers", "2"))
    assert ran.code == 2
    assert "Leave out --workers, or --cluster." in ran.err


@pytest.mark.parametrize(
    ("address", "clear"),
    [
        ("tcp://127.0.0.1:8786", False),
        ("127.0.0.1:8786", False),
        ("tcp://localhost:8786", False),
        ("tcp://[::1]:8786", False),
        ("tls://10.0.0.7:8786", False),
        ("tcp://10.0.0.7:8786", True),
        ("10.0.0.7:8786", True),
        ("tcp://scheduler:8786", True),
        ("ws://scheduler:8786", True),
    ],
)
def test_what_can_be_read_on_the_way_is_known(address: str, clear: bool) -> None:
    assert cluster.in_the_clear(address) is clear


def test_a_shipment_decides_as_the_course_itself_and_names_no_place_or_person(
    course: Course,
) -> None:
    from grader import keys

    secret, e = b"a secret for the tests only", course.exercise()
    raw = shipment.pack(course.load(), {SLUG: e}, secret)
    arrived = shipment.unpack(raw)
    (other,) = arrived.exercises().values()
    one = Submission("ada", SLUG, "affine.py")
    assert keys.decides(other, arrived.secret, one) == keys.decides(e, secret, one)
    assert str(course.root).encode() not in raw
    assert "secret" not in repr(arrived)
    assert "return x @ W + b" not in repr(arrived)


# With one


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Dask]:
    with Dask(tmp_path / "dask") as one:
        yield one


def of_many(course: Course, students: int = CLASS) -> Course:
    for i in range(students):
        course.submit(f"s{i:03}", KINDS[i % len(KINDS)])
    return course


def local(course: Course) -> Ran:
    """The class graded by one process here, with the same secret."""
    others = course.root.parent / "others"
    where = ("--course", course.root, "--results", others, "--workers", "1", "--json")
    return command("grade", course.handed_in, *where, patience=120)


def rows(course: Course) -> int:
    """How many submissions are graded by now."""
    results = course.root.parent / "results"
    if not (results / "results.db").is_file():
        return 0
    with Store(results) as store:
        return sum(1 for _ in store.attempts())


def preload(folder: Path, script: str) -> tuple[str, str]:
    path = folder / "preload.py"
    path.write_text(script, encoding="utf-8")
    return ("--preload", str(path))


@pytest.mark.slow
def test_a_killed_worker_and_a_new_one_lose_nothing_of_a_class(course: Course, own: Dask) -> None:
    """One of two is killed, the other goes on and is killed too; a third one does what is left."""
    of_many(course)
    for i in (150, 151):  # so that there is a middle, however fast the machine
        course.submit(f"s{i:03}", affine(first="while True: pass"))
    alone = local(course)
    first, second = own.worker("first"), own.worker("second")
    with started(*on(own.address, course, "--json")) as run:
        until(lambda: rows(course) >= CLASS // 10, "the first results")
        zygotes = list(children(first))
        assert zygotes
        os.kill(first, signal.SIGKILL)
        until(lambda: own.ended("first"), "its end")
        before = rows(course)
        until(lambda: rows(course) >= before + CLASS // 10, "results of the second worker")
        os.kill(second, signal.SIGKILL)
        assert rows(course) < CLASS
        own.worker("third")
        out, err = run.communicate(timeout=120)
    assert run.returncode == 1
    assert set(err.splitlines()) <= {WAITING}
    assert out == alone.out
    assert len(alone.document["results"]) == CLASS
    until(lambda: not any(Path(f"/proc/{z}/cmdline").exists() for z in zygotes), "the zygote")


@pytest.mark.slow
def test_the_course_is_sent_to_a_worker_once_and_forgotten_after_the_run(
    course: Course, own: Dask
) -> None:
    of_many(course, 40)
    worker = own.worker("only", "--nthreads", "3")
    ran = command(*on(own.address, course), patience=120)
    assert ran.code == 1
    assert "A worker has several threads" in ran.err
    said = own.said("only")
    assert said.count("Starting Worker plugin grader-") == 1
    assert said.count("Removing Worker plugin grader-") == 1
    assert list(children(worker)) == []


@pytest.mark.slow
def test_a_worker_under_a_nanny_grades_and_what_a_killed_client_left_is_forgotten(
    course: Course, own: Dask
) -> None:
    of_many(course, 100)
    own.start_worker("nannied")
    with started(*on(own.address, course)) as run:
        until(lambda: rows(course) >= 3, "the first results")
        run.kill()
    ran = command(*on(own.address, course, "--json"), patience=120)
    assert ran.document == local(course).document
    said = own.said("nannied")
    assert said.count("Starting Worker plugin grader-") == 2
    assert said.count("Removing Worker plugin grader-") == 2


@pytest.mark.slow
def test_a_worker_that_cannot_confine_anybody_is_named_and_grades_nobody(
    class_: Course, own: Dask, tmp_path: Path
) -> None:
    own.worker("bare", *preload(tmp_path, NO_FILTER))
    ran = command(*on(own.address, class_))
    assert (ran.code, ran.out) == (2, "")
    assert f"Worker {own.workers()['bare']} does not grade: " in ran.err
    assert "seccomp" in ran.err
    assert "Traceback" not in ran.err
    assert rows(class_) == 0
    ran = command(*on(own.address, class_, "--unsafe-no-sandbox"))
    assert "not sandboxed" in ran.out + ran.err


@pytest.mark.slow
def test_a_worker_that_comes_late_and_cannot_confine_is_sent_home(
    course: Course, own: Dask, tmp_path: Path
) -> None:
    of_many(course.edit(COURSE, "seconds: 5", "seconds: 3"))
    for i in range(20, 26):  # time enough for another worker to come
        course.submit(f"s{i:03}", affine(first="while True: pass"))
    own.worker("good")
    with started(*on(own.address, course, "--json")) as run:
        until(lambda: rows(course) >= 3, "the first results")
        own.worker("bare", *preload(tmp_path, NO_FILTER))
        out, err = run.communicate(timeout=120)
    assert run.returncode == 1
    assert "does not grade and is sent home: " in err
    assert out == local(course).out
    until(lambda: own.ended("bare"), "the worker to leave")


@pytest.mark.slow
def test_a_submission_that_ends_worker_after_worker_is_given_up_and_costs_no_other(
    course: Course, own: Dask, tmp_path: Path
) -> None:
    of_many(course, 6).submit("last", affine() + "# the last straw\n")
    frail = preload(tmp_path, FRAIL)
    workers = (f"frail-{i}" for i in count())
    with started(*on(own.address, course, "--json")) as run:
        while run.poll() is None:  # whatever brings workers back, as a nanny or SLURM does
            name = next(workers)
            own.start_worker(name, "--no-nanny", *frail)
            until(lambda name=name: own.ended(name) or run.poll() is not None, "its end")
        out, err = run.communicate()
    assert run.returncode == 1
    assert WAITING in err
    document = json.loads(out)
    (error,) = document["errors"]
    assert error.startswith("last, affine: Workers ended or failed while judging it")
    graded = {r["student"] for r in document["results"]}
    assert graded >= {f"s{i:03}" for i in range(6)}


@pytest.mark.slow
def test_a_worker_with_another_version_is_named(class_: Course, own: Dask, tmp_path: Path) -> None:
    own.worker("old", *preload(tmp_path, OLD))
    ran = command(*on(own.address, class_))
    assert ran.code == 2
    assert f"Worker {own.workers()['old']} does not grade: rnn-grader is 0.0.1 and not" in ran.err
    assert "Install the same versions everywhere." in ran.err


@pytest.mark.slow
def test_a_scheduler_that_ends_costs_the_run_but_no_result(course: Course, own: Dask) -> None:
    of_many(course)
    own.worker("first")
    with started(*on(own.address, course)) as run:
        until(lambda: rows(course) >= 10, "the first results")
        own.kill("scheduler")
        _, err = run.communicate(timeout=60)
    assert run.returncode == 2
    assert "The connection to the scheduler was lost." in err
    assert "Traceback" not in err
    kept = rows(course)
    assert kept >= 10
    with Dask(own.folder.with_name("next")) as other:
        other.worker("first")
        ran = command(*on(other.address, course, "--json"), patience=120)
    assert ran.document == local(course).document


@pytest.mark.slow
def test_ctrl_c_finishes_what_is_under_way_and_the_next_run_goes_on(
    course: Course, own: Dask
) -> None:
    of_many(course)
    own.worker("first")
    with started(*on(own.address, course)) as run:
        until(lambda: rows(course) >= 3, "the first results")
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "To go on: " in err
    assert 3 <= rows(course) < CLASS
    ran = command(*on(own.address, course, "--json"), patience=120)
    assert ran.document == local(course).document


@pytest.mark.slow
def test_over_tls_a_class_is_graded_and_strangers_are_not_heard(
    course: Course, tmp_path: Path
) -> None:
    of_many(course, 10)
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    names = ("-subj", "/CN=grader", "-addext", "subjectAltName=IP:127.0.0.1")
    make = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *names)
    made = (*make, "-keyout", str(key), "-out", str(certificate))
    subprocess.run(made, check=True, capture_output=True)
    tls = {
        "DASK_DISTRIBUTED__COMM__TLS__CA_FILE": str(certificate),
        "DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT": str(certificate),
        "DASK_DISTRIBUTED__COMM__TLS__CLIENT__KEY": str(key),
    }
    files = ("--tls-ca-file", certificate, "--tls-cert", certificate, "--tls-key", key)
    with Dask(tmp_path / "dask", *map(str, files), protocol="tls") as own:
        own.start_worker("first")
        ran = command(*on(own.address, course, "--json"), patience=120, env=tls)
        assert ran.document == local(course).document
        bare = own.address.replace("tls://", "tcp://")
        stranger = command(*on(bare, course, "--force"))
    assert stranger.code == 2
    assert "No scheduler answers" in stranger.err


def test_the_secret_is_not_printed_by_what_holds_it() -> None:
    held = cluster.Cluster(
        course=None,  # type: ignore[arg-type]
        exercises={},
        secret=inputs.PUBLIC,
        address="",
        unsafe=False,
        tell=print,
    )
    assert repr(inputs.PUBLIC) not in repr(held)
