"""A million submissions at a deadline: how many workers return every one within ten minutes?

Usage: simulation.py [--seed N] [--submissions N]. Discrete events (simpy) with the costs that
cluster_costs.py has measured. The same seed gives the same tables; `docs/scaling.md` has them.

Modelled as it is built: the grading process takes submissions as they come, makes tasks of them,
and stores results; the scheduler handles one task at a time; each worker judges one task at a
time. Grading process and scheduler have one core each. A lane is one grading process with a
scheduler and workers of its own; a class of a million may be graded in several, by exercise or by
group. Not modelled: the network, workers that die, and machines of unequal speed.
"""

import argparse
import json
import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy

from cluster_costs import WRITTEN, Costs
from grader.cluster import AHEAD, BATCH_SECONDS, MOST_IN_BATCH

TURNAROUND = 600.0
DAY = 86_400.0
RUSH = 2 * 3600.0
"""In the rush, the last day's submissions come ever faster: e times as many, every two hours."""
ENOUGH = 0.01
"""The number of workers is found to within so much."""

Arrivals = Callable[[np.random.Generator, int], Any]


@dataclass(frozen=True)
class Answer:
    """Workers in each lane, and seconds until half, 99% and all submissions were returned."""

    workers: int
    median: float
    most: float
    all: float


def at_once(rng: np.random.Generator, n: int) -> Any:
    """Everything is there already, when grading begins after the deadline."""
    return np.zeros(n)


def in_a_rush(rng: np.random.Generator, n: int) -> Any:
    """Seconds into the last day, sorted; density grows as exp(t / RUSH)."""
    share = rng.random(n)
    first = math.exp(-DAY / RUSH)
    return np.sort(DAY + RUSH * np.log(first + share * (1 - first)))


class Server:
    """One core that does one thing after another, in the order of asking."""

    def __init__(self) -> None:
        self._free = 0.0

    def done(self, asked: float, seconds: float) -> float:
        """When what is asked for then, and takes so long, is done."""
        self._free = max(self._free, asked) + seconds
        return self._free


def turnarounds(costs: Costs, arrivals: Any, seconds: Any, size: int, workers: int) -> Any:
    """Seconds from arrival to stored result, of each task: `size` submissions, in order."""
    env = simpy.Environment()
    client, scheduler, tasks = Server(), Server(), simpy.Store(env)
    room = simpy.Container(env, AHEAD * workers, AHEAD * workers)
    took = np.empty(len(seconds))

    def grading() -> Generator[Any, Any, None]:
        if arrivals[-1] == 0:  # in a rush, workers have had the course for long
            yield env.timeout(costs.worker_start + costs.scheduler_worker * workers)
        for i, when in enumerate(arrivals):
            if when > env.now:
                yield env.timeout(when - env.now)
            yield room.get(1)
            sent = client.done(env.now, costs.client_task)
            yield tasks.put((i, scheduler.done(sent, costs.scheduler_task)))

    def worker() -> Generator[Any, Any, None]:
        while True:
            i, there = yield tasks.get()
            yield env.timeout(max(0.0, there - env.now) + seconds[i])
            took[i] = client.done(env.now, costs.result * size) - arrivals[i]
            yield room.put(1)

    for _ in range(workers):
        env.process(worker())
    env.process(grading())
    env.run()
    return took


def needed(costs: Costs, cost: Any, come: Arrivals, n: int, lanes: int, seed: int) -> Answer | None:
    """The fewest workers of a lane that return all in time; None if no number does."""
    own = n // lanes
    size = max(1, min(MOST_IN_BATCH, round(BATCH_SECONDS / float(np.mean(cost)))))
    rng = np.random.default_rng(seed)
    drawn = rng.choice(cost, size=(own // size, size)).sum(axis=1)
    arrivals = come(rng, own)[size - 1 :: size][: len(drawn)]
    serial = max(
        (costs.client_task + costs.result * size) * len(drawn), costs.scheduler_task * len(drawn)
    )
    if arrivals[-1] == 0 and serial > TURNAROUND:
        return None

    def took(workers: int) -> Any:
        return turnarounds(costs, arrivals, drawn, size, workers)

    low, high = 0, max(1, math.ceil(drawn.sum() / (TURNAROUND if not arrivals[-1] else DAY)))
    while (last := took(high)).max() > TURNAROUND:
        low, high = high, math.ceil(high * 1.5)
        if high > own:
            return None
    while high - low > max(1, ENOUGH * high):
        middle = (low + high) // 2
        tried = took(middle)
        if tried.max() > TURNAROUND:
            low = middle
        else:
            high, last = middle, tried
    return Answer(high, *(float(np.quantile(last, q)) for q in (0.5, 0.99, 1.0)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--submissions", type=int, default=1_000_000)
    given = parser.parse_args()
    costs = Costs(**json.loads(WRITTEN.read_text(encoding="utf-8")))
    every = np.array(costs.submissions)
    ends = every[every < every.max()]
    print("| measured | |\n|---|--:|")
    print(f"| submissions of the sample class | {len(every)} |")
    print(f"| of these until their deadline of 10 s | {len(every) - len(ends)} |")
    print(f"| a submission, mean | {1e3 * every.mean():.0f} ms |")
    print(f"| a submission that ends by itself, mean | {1e3 * ends.mean():.1f} ms |")
    print(f"| the grading process, a task | {1e3 * costs.client_task:.2f} ms |")
    print(f"| the grading process, a result | {1e3 * costs.result:.2f} ms |")
    print(f"| the scheduler, a task | {1e3 * costs.scheduler_task:.2f} ms |")
    print(f"| the scheduler, sending a worker the course | {1e3 * costs.scheduler_worker:.1f} ms |")
    print("\n| submissions | come | lanes | workers | half back | 99% back | all back |")
    print("|---|---|--:|--:|--:|--:|--:|")
    kinds = {"as in the sample class": every, "none that hangs": ends}
    patterns: dict[str, Arrivals] = {"in a rush": in_a_rush, "all at once": at_once}
    for what, cost in kinds.items():
        for how, come in patterns.items():
            for lanes in (1, 2, 4, 8):
                found = needed(costs, cost, come, given.submissions, lanes, given.seed)
                if found is None:
                    print(f"| {what} | {how} | {lanes} | no number is enough | | | |")
                    continue
                times = (f"{t:,.1f} s" for t in (found.median, found.most, found.all))
                workers = f"{lanes} × {found.workers:,}" if lanes > 1 else f"{found.workers:,}"
                print(f"| {what} | {how} | {lanes} | {workers} | {' | '.join(times)} |")
                break


if __name__ == "__main__":
    main()
