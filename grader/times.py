"""Times as people and programs write them, and the one instant that each of them means.

ISO 8601, date and time, with an offset or without; nbgrader's `2026-10-12 23:59:00 UTC` too.
What has no offset is by the clock of the course's time zone. A time that a clock shows twice, or
never, is read in the student's favour.
"""

from __future__ import annotations

import difflib
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from grader.policy import instants

EARLIEST, LATEST = 1970, 2199
"""Years outside of which a time is a mistake, and arithmetic may overflow."""

_FORM = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ]+(\d\d:\d\d(?::\d\d)?)(?:[.,]\d{1,9})? ?([A-Za-z0-9_+:/-]*)", re.ASCII
)
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)?", re.ASCII)
_UTC = frozenset({"Z", "z", "UTC", "GMT"})


def zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name. Raises ValueError with what to write instead."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = available_timezones()
    if not known:
        raise ValueError("this machine knows no time zones; install them with pip install tzdata")
    near = difflib.get_close_matches(name, sorted(known), n=1)
    guess = f"; did you mean {near[0]}?" if near else ""
    raise ValueError(f"an IANA name such as Europe/Vienna is allowed{guess}")


def due_time(text: str, course: tzinfo) -> datetime:
    """A due time, in the zone `course`. Of an hour that comes twice it is the second.

    Raises ValueError for anything else, and for a time that the clocks leave out.
    """
    local, given = _parse(text)
    if given is not None:
        return local.replace(tzinfo=given).astimezone(course)
    first, second = instants(local, course)
    if first > second:
        raise ValueError(f"clocks in {course} go forward then and never show this time")
    return second.astimezone(course)


def submission_time(text: str, course: tzinfo) -> datetime:
    """The instant of a submission, in UTC: the earlier one if `text` may mean two.

    Raises ValueError if it means none.
    """
    local, given = _parse(text)
    return min(instants(local, given or course))


def file_time(nanoseconds: int) -> datetime:
    """The instant of a file's last change, to the second, in UTC; brought into the years in use."""
    first, last = (datetime(y, 1, 1, tzinfo=UTC).timestamp() for y in (EARLIEST, LATEST))
    return datetime.fromtimestamp(min(max(nanoseconds // 10**9, int(first)), int(last)), UTC)


def _parse(text: str) -> tuple[datetime, tzinfo | None]:
    """The date and time that `text` shows, and the zone or offset that it names."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError("a date and time such as 2026-10-12 23:59 is allowed")
    try:
        local = datetime.fromisoformat(f"{found[1]}T{found[2]}")
    except ValueError as e:
        raise ValueError(f"there is no such time: {e}") from None
    if not EARLIEST <= local.year <= LATEST:
        raise ValueError(f"a year from {EARLIEST} to {LATEST} is allowed")
    return local, _named(found[3]) if found[3] else None


def _named(name: str) -> tzinfo:
    if name in _UTC:
        return UTC
    if offset := _OFFSET.fullmatch(name):
        hours, minutes = int(offset[2]), int(offset[3] or 0)
        if hours > 14 or minutes > 59:
            raise ValueError(f"{name} is no offset")
        ahead = timedelta(hours=hours, minutes=minutes)
        return timezone(ahead if offset[1] == "+" else -ahead)
    if "/" not in name:  # CET, EST and the like mean different things in different places
        raise ValueError(f"{name} is no offset; write one such as +02:00")
    return zone(name)
