"""One job, several graders, one run: what does it cost to mark a submission?

Usage: run.py [--others VENV] [--rounds N], or run.py --only preprocessors. Writes results.md, and
the parts of README.md and docs/nbgrader.md between `<!-- benchmarks -->` markers. `make bench`
calls it.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import yaml

import check_cold
import isolation
import preprocessors
import throughput
from classroom import SLUG, doubtful, require_fair_marks, students
from graders import Grader, Loop, Ours
from gradescope import Gradescope
from notebooks import Nbgrader, Otter

HERE = Path(__file__).parent
ROOT = HERE.parent
CLASS = 300
BEGIN, END = "<!-- benchmarks -->", "<!-- /benchmarks -->"


@dataclass(frozen=True)
class Cost:
    """Seconds of wall clock for the first student of a class alone, and for the class."""

    grader: Grader
    size: int
    first: float
    whole: float

    @property
    def submission(self) -> float:
        """Seconds that one more submission adds."""
        return (self.whole - self.first) / (self.size - 1)

    @property
    def start_up(self) -> float:
        """Seconds that do not depend on the size of the class."""
        return max(0.0, self.first - self.submission)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--others", type=Path, help="holds the environments of other graders")
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many counts")
    parser.add_argument("--course", type=Path, default=ROOT)
    parser.add_argument("--class-size", type=int, default=120, help="for grader and the floors")
    parser.add_argument("--slow-class-size", type=int, default=12, help="for the other graders")
    parser.add_argument("--only", choices=["preprocessors"], help="leave the other tables alone")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        course = options.course.absolute()
        support = lay_support_files(course, folder / "support")
        stock_and_ours = preprocessors.table(preprocessors.measure(course, support, folder))
        if options.only:
            publish(between(HERE / "results.md"), stock_and_ours, between(ROOT / "README.md"))
            return
        entries: list[tuple[Grader, int]] = [(Ours(course), options.class_size)]
        if options.others:
            others, size = options.others.absolute(), options.slow_class_size
            entries.append((Nbgrader(support, others / "nbgrader"), size))
            entries.append((Otter(support, others / "otter"), size))
            entries.append((Gradescope(support, others / "gradescope"), size))
        judged = [(i, grader) for i, (grader, _) in enumerate(entries)]
        same = Loop("`grader grade`'s checks, bare", "bare.py", course)
        job = Loop("the notebooks' tests, bare", "loop.py", support)
        entries += [(same, options.class_size), (job, options.class_size)]
        costs = measure(entries, folder, options.rounds)
        earned = {g.name: marks_of_doubtful(g, folder / f"doubtful-{i}") for i, g in judged}
        pace = throughput.measure(course, folder / "pace", options.class_size, options.rounds)
        cold = check_cold.measure(course, folder)
        layers = isolation.measure(course)

    told = [about(options.rounds), *table(costs, earned), "", *throughput.table(pace)]
    more = ["", *isolation.table(layers), "", *check_cold.table(cold)]
    publish("\n".join([*told, *more]), stock_and_ours, "\n".join(told))


def publish(text: str, of_nbgrader: list[str], in_readme: str) -> None:
    """Write results.md and what quotes it; `of_nbgrader` is a table for docs/nbgrader.md too."""
    text = with_table(text, of_nbgrader)
    (HERE / "results.md").write_text(f"# Benchmarks\n\n{BEGIN}\n{text}\n{END}\n", encoding="utf-8")
    quote(with_table(in_readme, of_nbgrader), ROOT / "README.md")
    if of_nbgrader:
        quote("\n".join(of_nbgrader), ROOT / "docs" / "nbgrader.md")
    print(text)


def between(page: Path) -> str:
    """What stands between the markers of a page."""
    return page.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0].strip()


def with_table(text: str, table: list[str]) -> str:
    """`text` with `table` in the place of the one that has the same columns, or at its end."""
    if not table:
        return text
    blocks = text.split("\n\n")
    columns = table[0].partition(" | ")[2]
    kept = [b for b in blocks if b.split("\n", 1)[0].partition(" | ")[2] != columns]
    at = next((i for i, b in enumerate(blocks) if b not in kept), len(blocks))
    return "\n\n".join([*kept[:at], "\n".join(table), *kept[at:]])


def lay_support_files(course: Path, folder: Path) -> Path:
    """What the job needs, side by side: itself, the exercise's probe, reference and cases."""
    folder.mkdir()
    solution = course / "solutions" / SLUG
    shutil.copy(HERE / "job.py", folder / "job.py")
    shutil.copy(course / "assignments" / SLUG / "probe.py", folder / "probe.py")
    shutil.copy(solution / f"{SLUG}.py", folder / "reference.py")
    hidden = yaml.safe_load((solution / "hidden.yaml").read_text(encoding="utf-8"))
    cases = [
        {"sizes": case["sizes"], "regime": case.get("regime", "common")} for case in hidden["cases"]
    ]
    (folder / "cases.json").write_text(json.dumps(cases))
    return folder


def measure(entries: list[tuple[Grader, int]], folder: Path, rounds: int) -> list[Cost]:
    """Time every grader in every round, so that a busy moment hits all; keep each one's best."""
    homes = []
    for i, (grader, size) in enumerate(entries):
        home = folder / str(i)
        home.mkdir()
        grader.prepare(students(size), home)
        homes.append(home)
    best = {grader.name: [float("inf"), float("inf")] for grader, _ in entries}
    for n in range(rounds):
        for (grader, size), home in zip(entries, homes, strict=True):
            print(f"round {n + 1} of {rounds}: {grader.name}", file=sys.stderr)
            for k, only_first in enumerate((True, False)):
                start = time.perf_counter()
                grader.mark(home, only_first)
                best[grader.name][k] = min(best[grader.name][k], time.perf_counter() - start)
            require_fair_marks(grader.name, size, grader.marks(home))
    return [Cost(grader, size, *best[grader.name]) for grader, size in entries]


def marks_of_doubtful(grader: Grader, home: Path) -> str:
    """What a wrong submission earns, and what it earns with the line that `doubtful` adds."""
    home.mkdir()
    grader.prepare(doubtful(), home)
    grader.mark(home, only_first=False)
    marks = grader.marks(home)
    return f"{marks['student-wrong']:.0%} → {marks['student-cheat']:.0%}"


def table(costs: list[Cost], earned: dict[str, str]) -> list[str]:
    """The comparison as lines of Markdown; ratios are to the first of `costs`."""
    ours = costs[0]
    lines = [
        f"| | start-up, s | a submission, ms | ratio | a class of {CLASS}, s | wrong → and bent "
        "| isolation |",
        "|---|--:|--:|--:|--:|--:|---|",
    ]
    for c in costs:
        ratio, everyone = c.submission / ours.submission, c.start_up + CLASS * c.submission
        lines.append(
            f"| {c.grader.name} | {c.start_up:.2f} | {1000 * c.submission:,.1f} | {_ratio(ratio)} "
            f"| {everyone:,.1f} | {earned.get(c.grader.name, '')} | {c.grader.isolation} |"
        )
    return lines


def _ratio(x: float) -> str:
    return f"{x:,.0f}" if x >= 10 else f"{x:.2g}"


def about(rounds: int) -> str:
    """What was measured and on what: the text in front of the table."""
    versions = f"Python {platform.python_version()}, numpy {importlib.metadata.version('numpy')}"
    return f"""\
What it costs to mark a submission of `{SLUG}`: the forward pass, and the gradients with respect to
all five tensors, on every hidden case of the exercise. In the notebooks, hidden tests compare with
the reference's forward and with the full numerical gradients, entry by entry. `grader grade` marks
the exercise's whole rubric, against the reference and against a directional derivative with an
error bar, and diagnoses what is wrong. One in six submissions is wrong, and a grader is timed only
if it gives full marks to the right ones and to no other. "Wrong → and bent" is what a wrong
submission earns, and what it earns with one line more, `np.linalg.norm = lambda *a, **k: 0.0`. The
last two rows are floors: what `grader grade` checks without isolation and database, and what the
notebooks check without notebook.

One worker and one BLAS thread each, wall clock, best of {rounds} rounds side by side;
{os.cpu_count()} cores, {platform.system()} {platform.machine()}, {versions}.
"""


def quote(text: str, page: Path) -> None:
    """Put `text` between the markers of a page; one without them is left as it is."""
    old = page.read_text(encoding="utf-8") if page.exists() else ""
    before, begin, rest = old.partition(BEGIN)
    _, end, after = rest.partition(END)
    if begin and end:
        page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
