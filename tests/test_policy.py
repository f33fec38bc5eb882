"""Lateness: what is due when, and what it costs; and course.yaml's word on it."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from course_kit import COURSE, Course
from hypothesis import given
from hypothesis import strategies as st

from grader import times
from grader.errors import ConfigError
from grader.policy import (
    Extension,
    Lateness,
    LatePolicy,
    Policy,
    Terms,
    lateness,
    weighted,
    which_counts,
)

VIENNA = ZoneInfo("Europe/Vienna")
ZONES = [VIENNA, ZoneInfo("America/New_York"), ZoneInfo("Pacific/Apia"), UTC]
DUE = datetime(2026, 10, 12, 23, 59, tzinfo=VIENNA)
TENTH = Fraction(1, 10)

MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(
    lambda t: t.replace(tzinfo=UTC, microsecond=0)
)
SHARES = st.fractions(0, 1, max_denominator=100)
LATE = st.builds(
    LatePolicy,
    grace_minutes=st.integers(0, 3000),
    penalty_per_day=SHARES,
    floor=SHARES,
    cutoff_days=st.none() | st.integers(0, 20),
)


@st.composite
def due_times(draw):
    """One due time or several, by a clock that is changed twice a year."""
    zone = draw(st.sampled_from(ZONES))
    return tuple(m.astimezone(zone) for m in draw(st.lists(MOMENTS, min_size=1, max_size=3)))


def late_by(late: LatePolicy, *, due: datetime = DUE, **after: int) -> Lateness:
    return lateness(due.astimezone(UTC) + timedelta(**after), [due], late)


# What holds of every policy


@given(LATE, due_times(), MOMENTS, st.timedeltas(timedelta(0), timedelta(days=30)))
def test_later_never_costs_less(late, due, submitted, more):
    first, second = (lateness(at, due, late) for at in (submitted, submitted + more))
    assert first.penalty <= second.penalty
    assert first.days <= second.days
    assert first.minutes <= second.minutes


@given(LATE, due_times(), MOMENTS, SHARES)
def test_a_score_is_never_above_what_was_earned_nor_below_the_floor_unless_refused(
    late, due, submitted, earned
):
    found = lateness(submitted, due, late)
    left = earned * (1 - found.penalty)
    assert 0 <= left <= earned
    if found.refused:
        assert left == 0
    else:
        assert left >= earned * late.floor


@given(LATE, due_times(), MOMENTS, MOMENTS)
def test_more_time_never_hurts(late, due, submitted, more):
    extended = lateness(submitted, (*due, more.astimezone(due[0].tzinfo)), late)
    plain = lateness(submitted, due, late)
    assert extended.penalty <= plain.penalty
    assert extended.minutes <= plain.minutes


@given(LATE, due_times(), st.timedeltas(timedelta(0), timedelta(days=300)))
def test_what_is_in_time_costs_nothing(late, due, before):
    found = lateness(max(due, key=lambda d: d.astimezone(UTC)).astimezone(UTC) - before, due, late)
    assert (found.minutes, found.days, found.penalty, found.refused) == (0, 0, 0, False)


@given(LATE, due_times(), MOMENTS)
def test_everything_is_exact(late, due, submitted):
    assert isinstance(lateness(submitted, due, late).penalty, Fraction)


@given(st.sampled_from(ZONES), MOMENTS, st.integers(1, 40), st.integers(0, 120))
def test_a_late_day_ends_at_the_due_time_of_day_whatever_the_clocks_do(zone, due, days, grace):
    local = due.astimezone(zone).replace(hour=12)  # an hour that no clock is changed in
    nth = local + timedelta(days=days)
    late = LatePolicy(grace_minutes=grace)
    end = nth.astimezone(UTC) + timedelta(minutes=grace)
    assert lateness(end, [local], late).days <= days
    assert lateness(end + timedelta(minutes=1), [local], late).days >= days
    if zone is not ZONES[2]:
        assert lateness(end, [local], late).days == days
        assert lateness(end + timedelta(minutes=1), [local], late).days == days + 1


# By example


@pytest.mark.parametrize(
    ("after", "days", "penalty"),
    [
        (dict(seconds=0), 0, 0),
        (dict(seconds=59), 0, 0),  # 23:59:59 is still 23:59
        (dict(minutes=15, seconds=59), 0, 0),
        (dict(minutes=16), 1, TENTH),
        (dict(days=1, minutes=15), 1, TENTH),
        (dict(days=1, minutes=16), 2, 2 * TENTH),
        (dict(days=4, minutes=30), 5, Fraction(1, 2)),
        (dict(days=6, minutes=30), 7, Fraction(1, 2)),
        (dict(days=7, minutes=15), 7, Fraction(1, 2)),
        (dict(days=7, minutes=16), 8, 1),
    ],
)
def test_a_day_begun_counts_whole_after_the_time_of_grace(after, days, penalty):
    found = late_by(LatePolicy(15, TENTH, Fraction(1, 2), 7), **after)
    assert (found.days, found.penalty) == (days, penalty)
    assert found.refused == (days > 7)


def test_a_cut_off_of_no_days_refuses_all_that_is_late():
    late = LatePolicy(grace_minutes=5, cutoff_days=0)
    assert not late_by(late, minutes=5).refused
    assert late_by(late, minutes=6).refused


def test_the_day_on_which_clocks_go_back_has_25_hours():
    due = datetime(2026, 10, 24, 23, 59, tzinfo=VIENNA)
    assert late_by(LatePolicy(), due=due, hours=25).days == 1
    assert late_by(LatePolicy(), due=due, hours=25, minutes=1).days == 2


POLICY = Policy(
    VIENNA,
    terms={"unit": Terms(DUE), "free": Terms()},
    extensions=(
        Extension("ada", "unit", days=3),
        Extension("bo", "", DUE + timedelta(days=30)),
        Extension("cy", "unit", DUE - timedelta(days=30)),
        Extension("di", "", days=2),
        Extension("di", "unit", days=5),
    ),
)


@pytest.mark.parametrize(
    ("student", "days", "extended"),
    [("ada", 3, True), ("bo", 30, True), ("cy", 0, False), ("di", 5, True), ("eve", 0, False)],
)
def test_the_latest_due_time_that_a_student_has_holds(student, days, extended):
    found = POLICY.lateness(student, "unit", DUE.astimezone(UTC))
    assert found is not None
    assert (found.due, found.extended) == (DUE + timedelta(days=days), extended)
    assert f"{found.due:%H:%M}" == "23:59"


def test_without_a_due_time_or_a_time_nothing_is_late():
    assert POLICY.lateness("ada", "free", DUE) is None
    assert POLICY.lateness("ada", "unit", None) is None
    assert POLICY.lateness("ada", "unheard of", DUE) is None


@pytest.mark.parametrize(
    ("scores", "accepted", "best", "last"),
    [
        ([(5, True), (7, True), (6, True)], [True] * 3, 1, 2),
        ([(5, True), (7, True), (7, True)], [True] * 3, 2, 2),
        ([(0, False), (0, True)], [True] * 2, 1, 1),
        ([(5, True), (0, True)], [True, False], 0, 0),
        ([(0, True), (0, True)], [False] * 2, 1, 1),
    ],
)
def test_the_best_is_the_latest_of_the_best_and_the_last_is_one_that_was_accepted(
    scores, accepted, best, last
):
    assert which_counts(scores, accepted, "best") == best
    assert which_counts(scores, accepted, "last") == last


def test_a_time_that_is_not_certain_refuses_nothing():
    late = DUE.astimezone(UTC) + timedelta(days=3650)
    policy = Policy(terms={"unit": Terms(DUE, late=LatePolicy(cutoff_days=7))})
    sure = policy.lateness("ada", "unit", late)
    unsure = policy.lateness("ada", "unit", late, certain=False)
    assert sure.refused
    assert not unsure.refused
    assert unsure.days == sure.days
    assert unsure.penalty < sure.penalty == 1


def test_weights_share_out_a_course():
    policy = Policy(terms={"a": Terms(weight=Fraction(1)), "b": Terms(weight=Fraction(3))})
    assert weighted({"a": Fraction(1), "b": Fraction(1, 3)}, policy) == Fraction(1, 2)
    assert weighted({"a": Fraction(1, 3)}, policy) == Fraction(1, 3)
    none = Policy(terms={"a": Terms(weight=Fraction(0))})
    assert weighted({"a": Fraction(1)}, none) is None


# Times


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-10-12 23:59", "2026-10-12T21:59:00"),
        ("2026-10-12T23:59:30", "2026-10-12T21:59:30"),
        ("2026-12-12 23:59", "2026-12-12T22:59:00"),
        ("2026-10-12T23:59:00Z", "2026-10-12T23:59:00"),
        ("2026-10-12 23:59:00 UTC", "2026-10-12T23:59:00"),
        ("2026-10-12 23:59:00.123456 UTC\n", "2026-10-12T23:59:00"),
        ("2026-10-12T23:59:00-0500", "2026-10-13T04:59:00"),
        ("2026-10-12 23:59 +02:00", "2026-10-12T21:59:00"),
        ("2026-10-12 23:59:00 America/New_York", "2026-10-13T03:59:00"),
        ("2026-10-25 02:30", "2026-10-25T00:30:00"),  # comes twice: the first
        ("2026-03-29 02:30", "2026-03-29T00:30:00"),  # never comes: as early as it can be read
    ],
)
def test_a_submission_s_time_is_read_in_its_favour(text, meant):
    assert times.submission_time(text, VIENNA) == datetime.fromisoformat(meant + "+00:00")


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "2026-10-12", "23:59", "12.10.2026 23:59", "2026-13-01 10:00"),
        *("2026-10-12 24:01", "2026-10-12 23:59 CEST", "2026-10-12 23:59 +99:00", "1791842340"),
        *("0001-01-01 00:00", "9999-12-31 23:59", "2026-10-12 23:59 ../../etc/passwd"),
        *("2026-10-12 23:59 Nowhere/At_All", "\x00", "२०२६-१०-१२ २३:५९", "2026-10-12 23:59" * 50),
    ],
)
def test_what_is_no_time_is_no_time(text):
    with pytest.raises(ValueError, match=r".+"):
        times.submission_time(text, VIENNA)


@given(st.text(max_size=40))
def test_no_text_makes_reading_a_time_fail_in_another_way(text):
    with contextlib.suppress(ValueError):
        assert times.submission_time(text, VIENNA).tzinfo is UTC


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_date_of_a_file_is_a_time(nanoseconds):
    assert times.EARLIEST <= times.file_time(nanoseconds).year <= times.LATEST


def test_a_due_time_that_comes_twice_is_the_second():
    assert times.due_time("2026-10-25 02:30", VIENNA).astimezone(UTC).hour == 1
    assert times.due_time("2026-10-25 02:30+02:00", VIENNA).astimezone(UTC).hour == 0


# course.yaml and extensions.yaml

DATES = """\
schema: 1
id: a-small-course
title: A small course
timezone: Europe/Vienna
attempts: last
late: {grace_minutes: 15, penalty_per_day: 10%, floor: 1/2, cutoff_days: 7}
assignments:
  - {slug: affine, due: 2026-10-12 23:59, weight: 1.5, late: {floor: 0, cutoff_days: null}}
"""
MORE_TIME = """\
schema: 1
extensions:
  - {student: ada, assignment: affine, days: 3}
  - {student: bo, due: 2027-01-31 12:00}
"""


@pytest.fixture
def dated(course: Course) -> Course:
    return course.write(COURSE, DATES).write("extensions.yaml", MORE_TIME)


def test_a_course_has_due_times_weights_a_late_policy_and_extensions(dated: Course) -> None:
    policy = dated.load().policy
    assert (str(policy.zone), policy.counts) == ("Europe/Vienna", "last")
    assert policy.of("affine") == Terms(
        DUE, Fraction(3, 2), LatePolicy(15, TENTH, Fraction(0), None)
    )
    assert policy.extensions == (
        Extension("ada", "affine", None, 3),
        Extension("bo", "", datetime(2027, 1, 31, 12, tzinfo=VIENNA)),
    )


def test_a_course_without_any_of_it_has_a_policy_that_costs_nothing(course: Course) -> None:
    policy = course.load().policy
    assert policy.of("affine") == Terms()
    assert (policy.counts, policy.extensions) == ("best", ())


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "Europe/Vienna",
            "Europe/Wien",
            "course.yaml:4:11: timezone: 'Europe/Wien' is not allowed: an IANA name such as "
            "Europe/Vienna is allowed; did you mean Europe/",
        ),
        ("timezone: Europe/Vienna\n", "", "course.yaml:7:25: a due time needs a `timezone`"),
        ("23:59", "24:59", "course.yaml:8:25: due: '2026-10-12 24:59' is not allowed: there is no"),
        ("2026-10-12 23:59", "2026-10-12", "8:25: due: '2026-10-12' is not allowed: a date and t"),
        ("2026-10-12 23:59", "2026-03-29 02:30", "clocks in Europe/Vienna go forward then"),
        ("attempts: last", "attempts: first", "course.yaml:5:11: attempts: 'first' is not allowed"),
        ("10%", "10", "6:44: late.penalty_per_day: 10 is not allowed: a share such as 10%, 0.1"),
        ("10%", "101%", "late.penalty_per_day: '101%' is not allowed: a share such as 10%"),
        ("10%", "-10%", "late.penalty_per_day: '-10%' is not allowed: a share such as 10%"),
        ("grace_minutes: 15", "grace_minutes: -1", "6:23: late.grace_minutes: -1 is not allowed."),
        ("cutoff_days: 7", "cut_off: 7", "late.cut_off: there is no such key. Did you mean `cuto"),
        ("weight: 1.5", "weight: -1", "8:51: assignments.1.weight: -1 is not allowed"),
        ("weight: 1.5", "due: 2026-10-12 23:59", "`due` is given twice."),
    ],
)
def test_what_is_wrong_has_its_place(dated: Course, old: str, new: str, told: str) -> None:
    with pytest.raises(ConfigError) as error:
        dated.edit(COURSE, old, new).load()
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("affine", "afine", "extensions.yaml:3:32: there is no assignment `afine`. Allowed: aff"),
        ("days: 3", "days: 0", "extensions.yaml:3:46: extensions.1.days: 0 is not allowed."),
        (", days: 3", "", "extensions.yaml:3:5: extensions.1: "),
        (", days: 3", ", days: 3, due: 2027-01-31 12:00", "either `due` or `days` is allowed"),
        ("2027-01-31 12:00", "soon", "extensions.yaml:4:24: due: 'soon' is not allowed: a date"),
        ("student: bo", "student: ada, assignment: affine", "4:15: item 1 is for the same stud"),
        ("schema: 1", "schema: 2", "extensions.yaml:1:9: schema: 2 is not allowed: 1 is allowed."),
    ],
)
def test_what_is_wrong_with_an_extension_has_its_place(
    dated: Course, old: str, new: str, told: str
) -> None:
    with pytest.raises(ConfigError) as error:
        dated.edit("extensions.yaml", old, new).load()
    assert told in str(error.value)


def test_an_extension_of_what_is_never_due_is_pointed_out(dated: Course) -> None:
    with pytest.raises(ConfigError, match=r"3:32: `affine` has no due time to extend\."):
        dated.edit(COURSE, " due: 2026-10-12 23:59,", "").load()


def test_students_names_have_no_place_in_the_course_file(dated: Course) -> None:
    text = dated.path(COURSE).read_text() + "extensions: [{student: ada, days: 3}]\n"
    with pytest.raises(ConfigError, match="extensions: there is no such key"):
        dated.write(COURSE, text).load()
