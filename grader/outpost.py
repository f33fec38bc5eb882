"""The judge in a worker of a Dask cluster: proven on arrival, one submission at a time.

An outpost is a plugin of Dask's: it is sent to each worker once, and to each that joins later, and
is there before the worker takes a task. It holds the course in memory, and ONE thread, in which
everything is done. That thread is why:
- one submission at a time is judged in a process, however many threads the worker has;
- the zygote lives as long as the outpost: the kernel ends it with the *thread* that started it, so
  that it ends with a worker that is killed, and not with a thread that Dask no longer needs;
- judging begins after the proof and ends before the course is forgotten, since both are in line.
"""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from distributed import Worker, WorkerPlugin, get_worker
from distributed.versions import get_versions

from grader import doctor, shipment
from grader.crowd import Job, Judge
from grader.errors import GraderError
from grader.model import Submission
from grader.verdict import Judgement

PACKAGES = ("rnn-grader", "numpy", "distributed")
"""What must be of one version everywhere, besides Python."""


@dataclass(frozen=True)
class Refusal:
    """A worker that does not grade, and why."""

    worker: str
    why: str


Outcomes = list[Judgement | str]
"""What became of each submission of a task, in order: a string says why it could not be judged."""


class Outpost(WorkerPlugin):
    """The judge of one run. `versions` are the sender's, `course` is a packed shipment."""

    def __init__(self, name: str, versions: Mapping[str, str], course: bytes, unsafe: bool) -> None:
        self.name = name
        self._versions = versions
        self._course = course
        self._unsafe = unsafe

    async def setup(self, worker: Worker) -> None:
        self._thread = ThreadPoolExecutor(1, "judge")
        self._judge: Judge | None = None
        self.refusal = ""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._open)

    async def teardown(self, worker: Worker) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown(wait=False)

    def judged(self, batch: list[Submission]) -> Outcomes | str:
        """What became of them, or why nothing is judged here. Waits for whoever is before."""
        return self._thread.submit(self._judged, batch).result()

    def _open(self) -> None:
        """Be able to judge, or say why not: Dask would go on after an exception."""
        try:
            self.refusal = differences(self._versions, versions())
            if not self.refusal:
                sent = shipment.unpack(self._course)
                isolation = doctor.isolation(sent.course.limits, unsafe=self._unsafe)
                exercises = sent.exercises()
                job = Job(sent.course, tuple(exercises), sent.secret, isolation)
                self._judge = Judge(job, exercises)
        except GraderError as e:
            self.refusal = str(e)
        except Exception as e:
            self.refusal = f"The course does not load there ({type(e).__name__}: {e})."

    def _close(self) -> None:
        if self._judge is not None:
            self._judge.worker.close()
        self._judge, self._course = None, b""

    def _judged(self, batch: list[Submission]) -> Outcomes | str:
        if self._judge is None:
            return self.refusal or "The run that it was sent for is over."
        return [_try(self._judge, s) for s in batch]


def judged(name: str, batch: bytes) -> Outcomes | Refusal:
    """The task: judge the pickled submissions in this worker, at the outpost of that name."""
    worker = get_worker()
    outpost = worker.plugins.get(name)
    if not isinstance(outpost, Outpost):
        return Refusal(worker.address, "It has not been sent the course.")
    done = outpost.judged(pickle.loads(batch))
    return Refusal(worker.address, done) if isinstance(done, str) else done


def refusal(name: str, dask_worker: Worker) -> str:
    """Why this worker does not judge, or "". Dask fills in the argument of that name."""
    outpost = dask_worker.plugins.get(name)
    return outpost.refusal if isinstance(outpost, Outpost) else "It has not been sent the course."


def versions(told: Mapping[str, Mapping[str, object]] | None = None) -> dict[str, str]:
    """What has to be equal, here or in what another process has `told` of itself."""
    told = told or get_versions(packages=PACKAGES)
    python = str(told["host"]["python"]).rpartition(".")[0].rpartition(".")[0]  # 3.11.9.final.0
    found = {name: str(told["packages"].get(name) or "missing") for name in PACKAGES}
    return {"Python": python.rpartition(".")[0], **found}


def differences(wanted: Mapping[str, str], there: Mapping[str, str]) -> str:
    """What is of another version there, in words; empty if nothing is."""
    differ = [f"{n} is {there[n]} and not {wanted[n]}" for n in wanted if there[n] != wanted[n]]
    return f"{', '.join(differ)}. Install the same versions everywhere." if differ else ""


def _try(judge: Judge, submission: Submission) -> Judgement | str:
    """One that cannot be judged, for whatever reason, is not to cost the others of its task."""
    try:
        return judge(submission)
    except GraderError as e:
        return str(e)
    except Exception as e:
        return f"The judge failed ({type(e).__name__}: {e}). Grade it alone to see why."
