"""A crowd on a Dask cluster: whoever is in the cluster judges, and may come and go meanwhile.

Queueing, stealing, and running again what a worker that died had, are Dask's. Ours is to send each
worker the course once (`outpost`), to hand out no more than is soon needed, and to hear from a
worker that does not grade.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import ipaddress
import logging
import pickle
import queue
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any
from urllib.parse import urlsplit

from grader import shipment
from grader.crowd import Outcome
from grader.errors import GraderError, UsageError, WorkerError
from grader.exercise import Exercise
from grader.model import Course, Submission

Client = Any
"""Dask's. Its methods have no types, or those of coroutines as well."""

CONNECT_SECONDS = 5
BATCH_SECONDS = 0.1
MOST_IN_BATCH = 16
"""A task is about so much work: Dask takes some milliseconds for each, whatever is in it."""
AHEAD = 4
"""Tasks under way for each worker: one runs, the next ones are there when it is done."""
RETRIES = 2
LOOK_SECONDS = 1.0
"""How often to look who is there."""
PREFIX = "grader-"

Todo = Iterable[Submission]
Done = Iterator[tuple[Submission, Outcome]]


@dataclass(frozen=True)
class Cluster:
    """The workers of the scheduler at `address`. `tell` is told what a person should know.

    With `unsafe`, workers that cannot confine anybody grade all the same.
    """

    course: Course
    exercises: Mapping[str, Exercise]
    secret: bytes = field(repr=False)
    address: str
    unsafe: bool
    tell: Callable[[str], None]

    def judged(self, todo: Todo) -> Done:
        """As `Crowd` says. Raises UsageError if there is no scheduler, if a worker that is there
        at the start does not grade, or if none is left that does; WorkerError if the scheduler is
        lost on the way."""
        todo = iter(todo)
        first = next(todo, None)
        if first is None:
            return
        with _connected(self.address) as client, self._manned(client) as name:
            run = _Run(client, client.get_executor(pure=False, retries=RETRIES), name, self.tell)
            try:
                yield from run.over(chain([first], todo))
            finally:
                run.executor.shutdown(wait=False)  # cancels what is left, if anything is

    @contextlib.contextmanager
    def _manned(self, client: Client) -> Iterator[str]:
        """The name of the outposts that the workers have, for as long as they are needed."""
        from grader import outpost

        here = outpost.versions()
        told = client.get_versions(packages=outpost.PACKAGES)
        there = {"The scheduler": told["scheduler"], **_named(told["workers"])}
        problems = {
            who: outpost.differences(here, outpost.versions(t)) for who, t in there.items() if t
        }
        _none_of(problems)
        for left in client.run_on_scheduler(_left_behind):
            client.unregister_worker_plugin(left)
        name = PREFIX + client.id
        course = shipment.pack(self.course, self.exercises, self.secret)
        client.register_plugin(outpost.Outpost(name, here, course, self.unsafe), name=name)
        try:
            _none_of(_named(client.run(outpost.refusal, name)))
            self._remark(client)
            yield name
        finally:
            with contextlib.suppress(Exception):  # the scheduler may be gone, and its workers
                client.unregister_worker_plugin(name)

    def _remark(self, client: Client) -> None:
        if in_the_clear(self.address):
            self.tell(
                "Solutions and secret go over the network in the clear. Give the scheduler "
                "certificates, and its tls:// address."
            )
        threads = client.nthreads()
        if any(n > 1 for n in threads.values()):
            self.tell(
                "A worker has several threads, and judges one submission at a time all the same. "
                "Start workers with --nthreads 1, and as many as there are cores."
            )


@dataclass
class _Run:
    """One run's tasks under way, and what came of those that are done."""

    client: Client
    executor: Executor
    name: str
    tell: Callable[[str], None]
    _there: int = 1
    _workers: int = 1
    _under_way: int = 0
    _size: int = 1
    _judged: int = 0
    _looked: float = 0.0
    _began: float = field(default_factory=time.monotonic)
    _done: queue.SimpleQueue[tuple[Future[Any], list[Submission]]] = field(
        default_factory=queue.SimpleQueue
    )

    def over(self, todo: Iterator[Submission]) -> Done:
        self._look()
        more = True
        while more or self._under_way:
            while more and self._under_way < AHEAD * self._workers:
                batch = list(islice(todo, self._size))
                more = bool(batch)
                if batch:
                    self._send(batch)
            if self._under_way:
                yield from self._next()

    def _send(self, batch: list[Submission]) -> None:
        from grader import outpost

        # As bytes, which Dask does not look into: neither here nor in the scheduler.
        future = self.executor.submit(outpost.judged, self.name, pickle.dumps(batch))
        future.add_done_callback(lambda done: self._done.put((done, batch)))
        self._under_way += 1

    def _next(self) -> Done:
        """The outcomes of the next task that is done; none, if it has to be done again."""
        from grader.outpost import Refusal

        if time.monotonic() > self._looked + LOOK_SECONDS:
            self._look()
        try:
            future, batch = self._done.get(timeout=LOOK_SECONDS)
        except queue.Empty:
            return
        self._under_way -= 1
        try:
            outcomes = future.result()
        except CancelledError:
            raise _lost() from None
        except Exception as e:
            yield from self._mishap(batch, e)
            return
        if isinstance(outcomes, Refusal):
            self._send_home(outcomes)
            self._send(batch)
            return
        for s, outcome in zip(batch, outcomes, strict=True):
            yield s, WorkerError(outcome) if isinstance(outcome, str) else outcome
        self._judged += len(batch)
        each = (time.monotonic() - self._began) * self._workers / self._judged
        self._size = max(1, min(MOST_IN_BATCH, round(BATCH_SECONDS / each)))

    def _mishap(self, batch: list[Submission], e: Exception) -> Done:
        """Several workers died over this task, or failed at it: each submission by itself, then."""
        if len(batch) > 1:
            for s in batch:
                self._send([s])
        else:
            why = f"Workers ended or failed while judging it ({type(e).__name__}). Run again later."
            yield batch[0], WorkerError(why)

    def _send_home(self, refusal: Any) -> None:
        """A worker that came later does not grade: say so, and take it out of the cluster."""
        workers = self.client.nthreads()
        if refusal.worker not in workers:
            return  # done already
        self.tell(f"Worker {refusal.worker} does not grade and is sent home: {refusal.why}")
        if len(workers) == 1:
            raise UsageError(f"No worker is left that grades. The last one said: {refusal.why}")
        self.client.retire_workers([refusal.worker])

    def _look(self) -> None:
        """How many workers are there? Raises WorkerError if the scheduler is not."""
        self._looked = time.monotonic()
        if self.client.status != "running":
            raise _lost()
        try:
            workers = len(self.client.nthreads())
        except OSError:
            raise _lost() from None
        if not workers and self._there:
            self.tell("The cluster has no worker now. Waiting for one; Ctrl-C stops.")
        self._there, self._workers = workers, max(workers, 1)


@contextlib.contextmanager
def _connected(address: str) -> Iterator[Client]:
    """A client of the scheduler. Raises UsageError if there is no Dask, or no scheduler."""
    if importlib.util.find_spec("distributed") is None:
        raise UsageError(
            'Dask is not installed here. Run: python -m pip install "rnn-grader[cluster]"'
        )
    import distributed

    for name in list(logging.root.manager.loggerDict):  # Dask sets levels for some of its modules
        if name.partition(".")[0] in ("distributed", "tornado", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # what matters, we say
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Dask's own about versions: ours says what to do
            asyncio.run(_knock(address))
            make: Any = distributed.Client
            client = make(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except OSError:
        raise UsageError(
            f"No scheduler answers at {address}. Start one with: dask scheduler"
        ) from None
    except (TypeError, ValueError) as e:
        raise UsageError(
            f"{address} cannot be used ({e}). Give an address like tcp://host:8786, or "
            "tls://host:8786 with certificates in Dask's configuration."
        ) from None
    try:
        yield client
    finally:
        with contextlib.suppress(Exception):
            client.close(timeout=CONNECT_SECONDS)


async def _knock(address: str) -> None:
    """Raises OSError if nobody answers: a client would wait for one who hears and says nothing."""
    import distributed
    from distributed import comm

    untyped: Any = distributed, comm
    arguments = untyped[0].Security().get_connection_args("client")
    answer = await asyncio.wait_for(untyped[1].connect(address, **arguments), CONNECT_SECONDS)
    answer.abort()


def in_the_clear(address: str) -> bool:
    """Whether what is sent to `address` can be read on the way: no TLS, and not this machine."""
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if parts.scheme == "tls":
        return False
    with contextlib.suppress(ValueError):
        return not ipaddress.ip_address(parts.hostname or "").is_loopback
    return parts.hostname != "localhost"


def _left_behind(dask_scheduler: Any) -> list[str]:
    """Outposts of runs whose client is gone, killed perhaps: they hold a course and a process."""
    clients = {PREFIX + client for client in dask_scheduler.clients}
    return [n for n in dask_scheduler.worker_plugins if n.startswith(PREFIX) and n not in clients]


def _named(by_address: Mapping[str, Any]) -> dict[str, Any]:
    return {f"Worker {address}": value for address, value in by_address.items()}


def _none_of(problems: Mapping[str, str]) -> None:
    """Raises UsageError that says who does not grade, and why."""
    told = [f"{who} does not grade: {why}" for who, why in problems.items() if why]
    if told:
        raise UsageError("\n".join(told))


def _lost() -> GraderError:
    return WorkerError(
        "The connection to the scheduler was lost. What is finished is kept: run the command again."
    )
