from __future__ import annotations

import re
from pathlib import Path

import pytest
from course_kit import HIDDEN, RUBRIC, SLUG, Course, affine
from golden.kit import built, grader

from grader import crew as crews
from grader import mutants, mutate, source
from grader.crew import Crew, Task
from grader.errors import WorkerError
from grader.mutants import MutationProof
from grader.trial import Fate, Marker
from grader.worker import Worker

SOLUTIONS = Path(__file__).parent.parent / "solutions"
EQUIVALENT = f"solutions/{SLUG}/equivalent.yaml"


@pytest.fixture
def blind(course: Course) -> Course:
    """The tiny course, in which nobody looks at the values of the bias's gradient."""
    return course.edit(
        RUBRIC,
        "kind: gradient, input: b, points: 15}",
        "kind: shaped, of: [backward.b], points: 15}",
    )


KNOWN: dict[str, dict[str, Fate]] = {}
"""The fates of all mutants by rubric, which is all that differs between the courses here."""


def proof(course: Course, workers: int = 0) -> MutationProof:
    """What the mutants prove. Without `workers`, what is known of the rubric is not run again."""
    e = course.exercise()
    made = mutants.of(e)
    rubric = course.path(RUBRIC).read_text(encoding="utf-8")
    if workers or rubric not in KNOWN:
        tasks = {Task(SLUG, m.source.encode(), trial=True): m.id for m in made}
        with Crew(course.load(), workers) as crew:
            done = [(tasks[t], fate) for t, fate in crew.outcomes(list(tasks))]
        KNOWN[rubric] = {key: fate for key, fate in done if isinstance(fate, Fate)}
    return mutants.conclude(course.load(), e, made, KNOWN[rubric])


def listed(course: Course, found: MutationProof, **changed: str) -> Course:
    """`course` with all survivors listed as equivalent, the first with values `changed`."""
    entries = [{"mutant": m.id, "was": m.was, "now": m.now, "reason": "r"} for m in found.survivors]
    entries[0] |= changed
    rows = "".join(
        f"  - mutant: {e['mutant']}\n    was: '{e['was']}'\n"
        f"    now: '{e['now']}'\n    reason: {e['reason']}\n"
        for e in entries
    )
    return course.write(EQUIVALENT, f"schema: 1\nmutants:\n{rows}")


def test_a_rubric_that_sees_everything_lets_no_mutant_survive(course: Course) -> None:
    found = proof(course)
    assert found.total == found.killed > 50
    assert (found.equivalent, list(found.survivors), list(found.failures)) == (0, [], [])


def test_a_blind_rubric_is_found_out(blind: Course) -> None:
    found = proof(blind)
    assert "db = np.mean(dy, axis=0)" in [m.now for m in found.survivors]
    assert all("db = " in m.now for m in found.survivors)
    assert found.killed + len(found.survivors) == found.total
    told = next(line for line in found.failures if "np.mean" in line)
    assert re.match(r"solutions/affine/affine\.py:24:13: .* \(exchanged-function\)", told)
    assert "- db = np.sum(dy, axis=0)" in told
    assert "+ db = np.mean(dy, axis=0)" in told


def test_processes_side_by_side_find_the_same(blind: Course) -> None:
    assert proof(blind, workers=2) == proof(blind, workers=1)


def test_survivors_that_are_listed_are_equivalent(blind: Course) -> None:
    before = proof(blind)
    found = proof(listed(blind, before))
    assert found.equivalent == len(before.survivors)
    assert (list(found.survivors), list(found.failures)) == ([], [])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"mutant": "backward/constant/00000000"}, ":3:13: there is no mutant backward/constant"),
        ({"now": "db = dy"}, "Write these for now and was."),
        ({"mutant": "backward"}, ":3:13: mutants.1.mutant: 'backward' is not allowed."),
        ({"reason": '""'}, ":6:13: mutants.1.reason: this is empty. Fill it in."),
    ],
)
def test_a_list_that_is_not_true_is_a_failure(
    blind: Course, changed: dict[str, str], said: str
) -> None:
    failures = proof(listed(blind, proof(blind), **changed)).failures
    assert failures[0].startswith(EQUIVALENT)
    assert said in failures[0]


def test_a_listed_mutant_that_loses_marks_is_a_failure(blind: Course) -> None:
    found = proof(blind)
    listed(blind, found).edit(
        RUBRIC,
        "kind: shaped, of: [backward.b], points: 15}",
        "kind: gradient, input: b, points: 15}",
    )
    failures = proof(blind).failures
    assert len(failures) == len(found.survivors)
    assert all("loses grad-b. Take it off the list." in line for line in failures)


def test_a_mutant_is_listed_once(blind: Course) -> None:
    first, second, *_ = (found := proof(blind)).survivors
    assert first.id != second.id
    (line,) = proof(listed(blind, found, mutant=second.id)).failures
    assert "is taken by item 1" in line


# A trial stops early; it must not come to another conclusion than the judge.


def test_a_trial_agrees_with_the_judge(blind: Course) -> None:
    e = blind.exercise()
    bench = e.hidden_bench(crews.SECRET, crews.STUDENT)
    with Worker(e.assignment.limits) as worker:
        marker = Marker(e, bench, worker, crews.STUDENT)
        for m in mutants.of(e):
            marks = marker.mark(m.source.encode())
            lost = {c.result.id for c in marks.checks if c.points < c.max_points}
            assert bool(marker.fate(m.source.encode()).lost) == bool(lost), m.now


@pytest.fixture
def marker(course: Course) -> Marker:
    e = course.exercise()
    bench = e.hidden_bench(crews.SECRET, crews.STUDENT)
    return Marker(e, bench, Worker(e.assignment.limits), crews.STUDENT)


@pytest.mark.parametrize(
    ("source", "lost"),
    [
        (affine(), ""),
        (affine(y="x @ W"), "forward-value"),
        (affine(db="dy.mean(axis=0)"), "grad-b"),
        (affine(y="np.squeeze(x @ W + b)"), "one-row"),
        (affine(dx="(dy.fill(0), dy @ W.T)[1]"), "grad-x"),
        (affine(first="y = undefined"), "forward-value"),
        ("x = (", "forward-value"),
    ],
)
def test_one_lost_check_is_named(marker: Marker, source: str, lost: str) -> None:
    with marker.worker:
        assert marker.fate(source.encode()) == Fate(lost)


def test_a_mutant_that_hangs_loses_its_marks(
    marker: Marker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.trial.PATIENCE", (0.1, 0.3))
    source = affine(top="def forever():\n    while True:\n        pass\n", first="forever()")
    with marker.worker:
        assert marker.fate(source.encode()) == Fate("forward-value", hung=True)
        # Nothing of it is left over for the next.
        assert marker.fate(affine().encode()) == Fate("")


def test_a_mutant_that_was_slow_once_gets_another_try(
    marker: Marker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.trial.PATIENCE", (0.0, 5.0))
    monkeypatch.setattr("grader.trial.RATIO", 0.0)
    with marker.worker:
        assert marker.fate(affine().encode()) == Fate("")


def test_a_crew_that_loses_a_member_says_so(course: Course) -> None:
    with Crew(course.load(), 2) as crew:
        course.remove(HIDDEN)
        with pytest.raises(WorkerError, match=r"hidden\.yaml: The file is missing"):
            list(crew.outcomes([Task(SLUG, affine().encode())]))


# The command.


def test_the_command_reports_survivors(blind: Course) -> None:
    ran = grader("verify", "--course", built(blind).root, "--json", "--workers", "1")
    (assignment,) = ran.document["assignments"]
    found = assignment["mutants"]
    assert ran.code == 1
    assert found["killed"] + len(found["survivors"]) == found["total"]
    first = found["survivors"][0]
    assert set(first) == {"id", "line", "column", "operator", "was", "now"}
    assert any(first["id"] in line for line in assignment["failures"])


def test_a_proof_for_reading_shows_what_the_survivor_changed(blind: Course) -> None:
    ran = grader("verify", "--course", built(blind).root, "--workers", "1")
    assert ran.code == 1
    assert re.search(r"mutants +\d+ of \d+ lose marks", ran.out)
    assert "+ db = np.mean(dy, axis=0)" in ran.out


def test_the_course_has_more_than_five_hundred_mutants() -> None:
    made = 0
    for path in SOLUTIONS.glob("*/*.py"):
        if path.stem == path.parent.name:
            parsed = source.parse(path.read_text(encoding="utf-8"), path)
            made += len(mutate.mutants(parsed.text, parsed.regions))
    assert made >= 500
