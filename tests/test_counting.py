"""From attempts to a gradebook: what lateness costs, which attempt counts, what is missing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import click
from hypothesis import given
from hypothesis import strategies as st

from grader import counting
from grader.class_table import class_table, entry
from grader.model import Assignment, Attempt, Check
from grader.policy import Extension, LatePolicy, Policy, Terms
from grader.results import document, duration_text, streamed
from grader.store import Row
from grader.verdict import CheckResult, Judgement, Result, Status

CHECKS = (
    Check("value", "The value", "matches", Fraction(7)),
    Check("slope", "The slope", "matches", Fraction(3)),
)
UNIT = Assignment("unit", "A unit", "unit", CHECKS)
NET = Assignment("net", "A net", "network", CHECKS)
ASSIGNMENTS = {"unit": UNIT, "net": NET}

DUE = datetime(2026, 10, 12, 23, 59, tzinfo=UTC)
TENTH = LatePolicy(penalty_per_day=Fraction(1, 10), cutoff_days=7)
POLICY = Policy(terms={"unit": Terms(DUE, Fraction(1), TENTH), "net": Terms(None, Fraction(3))})
LAST = Policy(counts="last", terms=POLICY.terms)

FULL, SEVEN, THREE = ("value", "slope"), ("value",), ("slope",)


def row(
    student: str,
    passed: tuple[str, ...] = FULL,
    *,
    number: int = 1,
    days: float = 0,
    of: str = "unit",
    problem: str = "",
) -> Row:
    """A stored attempt that came `days` after the due time."""
    statuses = {c.id: Status.PASSED if c.id in passed else Status.FAILED for c in CHECKS}
    checks = () if problem else tuple(CheckResult(*item) for item in statuses.items())
    came = Attempt(number, f"try-{number}", DUE + timedelta(days=days), "manifest")
    return Row(student, of, came, "k", "unit.py", b"", Judgement(checks, problem))


def counted(*rows: Row, policy: Policy = POLICY) -> list[Result]:
    return counting.results(rows, ASSIGNMENTS, policy)


def only(*rows: Row, policy: Policy = POLICY) -> Result:
    (result,) = counted(*rows, policy=policy)
    return result


# One attempt


def test_lateness_is_taken_off_what_was_earned_and_the_checks_keep_their_points() -> None:
    late = only(row("ada", SEVEN, days=1.5))
    assert (late.score, late.earned, late.max_score) == (Fraction(28, 5), 7, 10)
    assert sum(c.points for c in late.checks) == 7
    assert late.lateness is not None
    assert (late.lateness.days, late.lateness.penalty) == (2, Fraction(1, 5))


def test_an_extension_gives_the_points_back() -> None:
    more = Policy(terms=POLICY.terms, extensions=(Extension("ada", "unit", days=2),))
    assert only(row("ada", days=1.5), policy=more).score == 10
    assert only(row("bo", days=1.5), policy=more).score == 8


def test_times_are_told_by_the_course_s_clock() -> None:
    vienna = Policy(ZoneInfo("Europe/Vienna"), terms=POLICY.terms)
    assert str(only(row("ada"), policy=vienna).came) == "2026-10-13 01:59:00+02:00"


# Several attempts


def test_the_best_attempt_counts_after_lateness() -> None:
    attempts = row("ada", SEVEN), row("ada", number=2, days=2.5), row("ada", number=3, days=4)
    best = only(*attempts)
    assert (best.attempt.number, best.score) == (2, 7)
    assert [r.score for r in best.attempts] == [7, 7, 6]
    assert only(*attempts, policy=LAST).score == 6


def test_an_attempt_that_is_refused_takes_nothing_away_from_those_before() -> None:
    attempts = row("ada", THREE), row("ada", number=2, days=8)
    assert only(*attempts, policy=LAST).score == 3
    assert only(*attempts).score == 3
    assert only(row("ada", days=8), policy=LAST).score == 0


def test_of_attempts_worth_nothing_one_that_was_graded_counts() -> None:
    assert only(row("ada", problem="No file."), row("ada", (), number=2)).attempt.number == 2


# Missing work


def test_what_others_have_handed_in_is_missing_and_worth_nothing() -> None:
    found = counted(row("ada"), row("bo", of="net"))
    told = [(r.assignment, r.student, r.status, r.score) for r in found]
    assert told == [
        ("net", "ada", "missing", 0),
        ("net", "bo", "passed", 10),
        ("unit", "ada", "passed", 10),
        ("unit", "bo", "missing", 0),
    ]
    assert [r.max_score for r in found] == [10] * 4


def test_what_nobody_has_handed_in_is_not_missing() -> None:
    assert [r.assignment for r in counted(row("ada"), row("bo"))] == ["unit", "unit"]


# Totals


def test_a_total_is_by_weight_of_what_there_is_so_far() -> None:
    found = counted(row("ada"), row("bo", SEVEN), row("bo", of="net"))
    assert counting.totals(found, POLICY) == {"ada": Fraction(1, 4), "bo": Fraction(37, 40)}
    assert counting.totals(counted(row("ada")), POLICY) == {"ada": 1}
    nothing = Policy(terms={"unit": Terms(weight=Fraction(0))})
    assert counting.totals(counted(row("ada")), nothing) == {"ada": None}


def test_an_extension_for_nobody_is_pointed_out() -> None:
    policy = Policy(extensions=(Extension("adda", days=1), Extension("ada", days=1)))
    assert list(counting.strangers(counted(row("ada")), policy)) == [
        "extensions.yaml names adda, of whom nothing is graded. Check the name."
    ]


ROWS = st.lists(
    st.builds(
        row,
        st.sampled_from(["ada", "bo"]),
        st.sampled_from([FULL, SEVEN, THREE, ()]),
        days=st.floats(-3, 12),
        of=st.sampled_from(["unit", "net"]),
    ),
    max_size=8,
)


@given(ROWS, st.sampled_from([POLICY, LAST]), st.integers(1, 10))
def test_counting_again_changes_nothing_and_more_time_never_hurts(
    rows: list[Row], policy: Policy, days: int
) -> None:
    once = counted(*rows, policy=policy)
    assert counted(*rows, policy=policy) == once
    more = Policy(
        counts=policy.counts, terms=policy.terms, extensions=(Extension("ada", "unit", days=days),)
    )
    if policy.counts == "best":  # the last attempt may be accepted now, and be worse
        for before, after in zip(once, counted(*rows, policy=more), strict=True):
            assert after.score >= before.score
    for r in once:
        assert 0 <= r.score <= r.earned <= r.max_score
        assert all(a.score <= r.score for a in r.attempts) or policy.counts == "last"


def test_one_by_one_comes_to_the_same_whoever_is_added_meanwhile() -> None:
    rows = [row("ada", of="net"), row("cy", of="net"), row("bo"), row("cy", SEVEN)]
    whose = [(r.student, r.assignment) for r in rows]
    each = counting.each(iter(rows), whose, ASSIGNMENTS, POLICY)
    assert list(each) == counted(*reversed(rows))
    late = sorted([*rows, row("abe", of="net"), row("zoe", of="net")], key=lambda r: r.assignment)
    late.sort(key=lambda r: (r.assignment, r.student))
    assert list(counting.each(late, whose, ASSIGNMENTS, POLICY)) == counted(*rows)


# What is shown


def table(*rows: Row, policy: Policy = POLICY) -> list[str]:
    found = counted(*rows, policy=policy)
    lines = class_table([entry(r) for r in found], ["unit", "net"], counting.totals(found, policy))
    return [click.unstyle(line) for line in lines]


def test_the_table_marks_what_is_late_refused_and_missing() -> None:
    assert table(row("ada", days=1.5), row("bo", days=9), row("bo", of="net")) == [
        "student     unit       net     total   what to look at",
        "ada            8 L       –        20   unit: 1 day 12 hours late, −20%",
        "bo             0 R      10        75   unit: 9 days late, refused",
        "",
        "L: late. R: too late, refused. –: nothing handed in, counted as 0.",
        "unit: 2 submissions, mean 4.0, median 4.0, 0 with full marks, 2 late",
        "net: 1 submissions, mean 10.0, median 10.0, 1 with full marks, 1 missing",
    ]


def test_a_table_of_one_assignment_in_time_has_no_more_than_it_needs() -> None:
    assert table(row("ada"), row("bo", SEVEN)) == [
        "student     unit   what to look at",
        "ada           10",
        "bo             7   lost: slope",
        "",
        "unit: 2 submissions, mean 8.5, median 8.5, 1 with full marks",
    ]


def test_a_document_tells_attempts_lateness_and_totals() -> None:
    found = counted(row("ada", SEVEN), row("ada", number=2, days=0.5), row("bo", of="net"))
    told = document(found, [], counting.totals(found, POLICY))
    (ada,) = (r for r in told["results"] if (r["student"], r["assignment"]) == ("ada", "unit"))
    assert {k: v for k, v in ada.items() if k != "checks"} == {
        "student": "ada",
        "assignment": "unit",
        "score": 9,
        "max_score": 10,
        "status": "passed",
        "problem": "",
        "isolation": "",
        "attempt": 2,
        "attempt_name": "try-2",
        "submitted": "2026-10-13T11:59:00+00:00",
        "time_from": "manifest",
        "earned": 10,
        "late": {
            "due": "2026-10-12T23:59:00+00:00",
            "extended": False,
            "minutes": 720,
            "days": 1,
            "penalty_percent": 10,
            "refused": False,
        },
        "attempts": ada["attempts"],
    }
    assert [(a["attempt"], a["score"], a["counts"]) for a in ada["attempts"]] == [
        (1, 7, False),
        (2, 9, True),
    ]
    (gone,) = (r for r in told["results"] if (r["student"], r["assignment"]) == ("bo", "unit"))
    assert (gone["status"], gone["attempt"], gone["attempts"]) == ("missing", 0, [])
    assert told["totals"] == {"ada": 22.5, "bo": 75}
    json.dumps(told, allow_nan=False)


@given(st.lists(st.sampled_from(["ada", "bo", "Zoë \n\u2028"]), unique=True), st.booleans())
def test_a_document_that_is_streamed_has_the_same_bytes(names: list[str], broken: bool) -> None:
    found = counted(*(row(name, days=1.5) for name in names))
    errors = ["cy, unit: no process."] if broken else []
    totals = counting.totals(found, POLICY)
    whole = json.dumps(document(found, errors, totals), indent=1, ensure_ascii=False)
    assert "\n".join(streamed(iter(found), lambda: (errors, totals))) == whole


def test_time_spans_are_told_in_two_units() -> None:
    spans = {0: "0 minutes", 1: "1 minute", 61: "1 hour 1 minute", 1440: "1 day"}
    assert {m: duration_text(m) for m in spans} == spans
    assert duration_text(2 * 1440 + 121) == "2 days 2 hours"
    assert duration_text(2 * 1440 + 1) == "2 days 1 minute"
